// The traffic's history for the graph: samples of bit/s from the meter, binned for the time shown, with honest gaps where
// nothing was measured. Pure; time in milliseconds since the epoch.
import type { Meter } from '../../main/contract.ts';

export interface Sample {
  at: number;
  up: number;
  down: number;
}

export const HISTORY_MS = 15 * 60_000;
/** Two samples further apart than this have a gap between them. */
export const GAP_MS = 3500;

export function addSample(samples: readonly Sample[], meter: Pick<Meter, 'at' | 'up' | 'down'>): Sample[] {
  const last = samples.at(-1);
  // A clock set back makes the old samples meaningless on this axis.
  const kept = last && meter.at < last.at ? [] : samples.filter((s) => s.at > meter.at - HISTORY_MS);
  return [...kept, { at: meter.at, up: meter.up, down: meter.down }];
}

export const binMs = (minutes: number) => (minutes <= 1 ? 1000 : minutes <= 5 ? 2000 : 5000);

export interface Series {
  /** Seconds since the epoch, as the graph's axis wants them. */
  at: number[];
  down: (number | null)[];
  up: (number | null)[];
}

/** Averages over bins from `minutes` ago to `now`; null where a whole gap went unmeasured. */
export function series(samples: readonly Sample[], minutes: number, now: number): Series {
  const step = binMs(minutes);
  const end = Math.floor(now / step) * step;
  const begin = end - minutes * 60_000;
  const bins = Math.round((end - begin) / step) + 1;
  const sums = Array.from({ length: bins }, () => ({ n: 0, up: 0, down: 0 }));
  for (const sample of samples) {
    const bin = sums[Math.floor((sample.at - begin) / step)];
    if (!bin || sample.at < begin) continue;
    bin.n++;
    bin.up += sample.up;
    bin.down += sample.down;
  }
  const out: Series = { at: [], down: [], up: [] };
  let held: { n: number; up: number; down: number } | null = null;
  let heldAt = Number.NEGATIVE_INFINITY;
  sums.forEach((bin, index) => {
    const at = begin + index * step;
    // An empty bin right after a measured one is the meter's rhythm, not a gap.
    if (bin.n > 0) {
      held = bin;
      heldAt = at;
    }
    const from = held && at - heldAt <= GAP_MS - 1000 ? held : null;
    out.at.push(at / 1000);
    out.down.push(from ? from.down / from.n : null);
    out.up.push(from ? from.up / from.n : null);
  });
  return out;
}

export interface Figures {
  now: number;
  average: number;
  peak: number;
}

/** What the graph shows, in figures, for those who do not see it. bit/s. */
export function figures(
  samples: readonly Sample[],
  key: 'up' | 'down',
  minutes: number,
  now: number,
): Figures {
  const shown = samples.filter((s) => s.at > now - minutes * 60_000 && s.at <= now + 1000);
  const last = shown.at(-1);
  const sum = shown.reduce((total, s) => total + s[key], 0);
  return {
    now: last && now - last.at < GAP_MS ? last[key] : 0,
    average: shown.length > 0 ? sum / shown.length : 0,
    peak: shown.reduce((most, s) => Math.max(most, s[key]), 0),
  };
}

const RUNGS = [2400, 9600, 14_400, 28_800, 33_600, 56_000, 128_000, 256_000, 512_000];

/** Top of the graph, bit/s: the carrier rate's rung, or more when compression goes beyond it. */
export function scaleTop(carrierRate: number | null, peak: number): number {
  const need = Math.max(carrierRate ?? 0, peak * 1.05, peak > 0 ? 0 : 33_600);
  const rung = RUNGS.find((r) => r >= need);
  if (rung) return rung;
  const decade = 10 ** Math.floor(Math.log10(need));
  return ([1, 2, 5, 10].find((m) => m * decade >= need) ?? 10) * decade;
}
