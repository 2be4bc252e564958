// What every proof of a helper does: the same attempt with the helper on, which must work and be counted, and with it off,
// which must fail; and an offer that is open when it is switched off, which must be closed at once.
import type { EngineConfig, HelperState, MasqueradeConfig } from '../../../engine/contract.ts';
import type { Report } from '../report.ts';
import type { World } from '../world.ts';

/** What else stands in the configuration during a trial. */
export type Around = Partial<Omit<EngineConfig, 'masquerade' | 'helpers'>> & {
  masquerade?: Partial<MasqueradeConfig>;
};

/** Exactly these helpers on, each at its own ports. */
export function only(...names: string[]): EngineConfig['helpers'] {
  return {
    ftp: { on: false, ports: [] },
    ...Object.fromEntries(names.map((name) => [name, { on: true, ports: [] }])),
  };
}

/** As the engine told it last, at most a second ago. */
export function stateOf(world: World, name: string): HelperState {
  const state = world.helpers.find((one) => one.name === name);
  if (!state) throw new Error(`the engine has no helper ${name}`);
  return state;
}

/** Switches exactly these helpers on or off and waits until the engine tells so: states are then those of this moment. */
export async function switchTo(
  world: World,
  helper: string,
  on: boolean,
  around: Around = {},
): Promise<void> {
  await world.configure({ ...around, helpers: on ? only(helper) : only() });
  await world.until(`${helper} ${on ? 'on' : 'off'}`, 3_000, () =>
    world.helpers.some((state) => state.name === helper && state.on === on),
  );
}

/** How often a reason was counted whose text matches. */
export function refusalsOf(world: World, name: string, reason: RegExp): number {
  return stateOf(world, name)
    .refusals.filter((refusal) => reason.test(refusal.reason))
    .reduce((sum, { count }) => sum + count, 0);
}

/** Waits until the engine has told a state of the helper that fits; whether it did. */
export async function tells(
  world: World,
  name: string,
  fits: (state: HelperState) => boolean,
  limitMs = 3_000,
): Promise<boolean> {
  return world
    .until(`the state of ${name}`, limitMs, () => fits(stateOf(world, name)))
    .then(
      () => true,
      () => false,
    );
}

export interface Outcome {
  ok: boolean;
  figures: string;
}

export interface Trial {
  /** The programs, and what they do. */
  what: string;
  attempt(): Promise<Outcome>;
  /** Why it works without the helper as well. */
  worksWithout?: string;
}

/** Something that leaves sessions awaited, and what tries to use them after the helper has been switched off. */
export interface Open {
  offer(): Promise<void>;
  take(): Promise<Outcome>;
}

/**
 * Makes each attempt with the helper on, where it must work and be counted, and with it off, where it must fail. Between the
 * two the helper is switched off while what `open` offers is still awaited: that must be closed at once.
 */
export async function onAndOff(
  world: World,
  report: Report,
  helper: string,
  trials: readonly Trial[],
  open: Open | null,
  around: Around = {},
): Promise<void> {
  await switchTo(world, helper, true, around);
  const before = stateOf(world, helper).hits;
  for (const { what, attempt } of trials) {
    const { ok, figures } = await attempt();
    report.line(ok, what, figures);
  }
  const uses = trials.filter(({ worksWithout }) => worksWithout === undefined).length;
  const counted = await tells(world, helper, ({ hits }) => hits - before >= uses);
  const { hits, lastUse } = stateOf(world, helper);
  if (uses > 0)
    report.line(counted && lastUse !== null, `  ${helper}: what it counted`, `${hits - before} uses`);
  if (open) await open.offer();
  const awaits = open === null || (await tells(world, helper, ({ expectations }) => expectations > 0));
  const awaited = stateOf(world, helper).expectations;
  await switchTo(world, helper, false, around);
  const off = stateOf(world, helper);
  if (open) {
    const taken = await open.take();
    const figures = `${awaited} awaited, then ${off.expectations}: ${taken.figures}`;
    report.line(awaits && off.expectations === 0 && !taken.ok, '  switched off with an offer open', figures);
  }
  for (const { attempt, worksWithout } of trials) {
    const { ok, figures } = await attempt();
    if (worksWithout === undefined) report.line(!ok, '  off: fails', figures);
    else report.line(ok, '  off: works too', ok ? worksWithout : figures);
  }
  const after = stateOf(world, helper);
  if (after.hits !== off.hits || after.expectations > 0)
    report.line(
      false,
      '  off: nothing is read',
      `${after.hits - off.hits} uses, ${after.expectations} awaited`,
    );
}
