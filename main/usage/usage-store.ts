/**
 * The counted calls on disk: `usage.json` with months and calls, rewritten when a call ends, and `usage-now.json` with the calls
 * under way, rewritten twice a minute. After a crash what stood there is a call that ended then; an id that is in
 * `usage.json` already was written just before the crash and is not counted twice.
 */
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Fault } from '../contract.ts';
import { type WriteFile, WriteQueue, writeAtomically } from '../settings/atomic-file.ts';
import { notSaved } from '../settings/store.ts';
import { callRecordSchema, monthTotalSchema } from './usage-schema.ts';

/** Calls kept one by one; months are kept for good. */
const CALLS_KEPT = 2_000;
const MONTHS_KEPT = 1_200;

/** A call and what each calendar month has of it. */
const sharedCallSchema = z.object({ call: callRecordSchema, months: z.array(monthTotalSchema).max(100) });
export type SharedCall = z.infer<typeof sharedCallSchema>;
const fileSchema = z.object({
  version: z.literal(1),
  months: z.array(monthTotalSchema),
  calls: z.array(callRecordSchema),
});
type File = z.infer<typeof fileSchema>;
const nowSchema = z.object({ version: z.literal(1), open: z.array(sharedCallSchema).max(16) });

export interface UsageStoreOptions {
  directory: string;
  /** Milliseconds since the epoch, for the name of a file kept aside. */
  now: () => number;
  write?: WriteFile;
}

export class UsageStore {
  readonly #paths: { file: string; now: string };
  readonly #write: WriteFile;
  readonly #queue = new WriteQueue();
  #file: File;

  private constructor(directory: string, file: File, write: WriteFile) {
    this.#paths = pathsOf(directory);
    this.#file = file;
    this.#write = write;
  }

  /** Never fails: a damaged file is kept aside and told. */
  static async open(options: UsageStoreOptions): Promise<{ store: UsageStore; fault: Fault | null }> {
    const paths = pathsOf(options.directory);
    const file = await readOr(paths.file, fileSchema, { version: 1, months: [], calls: [] }, options.now);
    const cut = await readOr(paths.now, nowSchema, { version: 1, open: [] }, options.now);
    const store = new UsageStore(options.directory, file.value, options.write ?? writeAtomically);
    let fault = file.fault ?? cut.fault;
    for (const shared of cut.value.open) fault = (await store.add(shared)) ?? fault;
    if (cut.value.open.length > 0) fault = (await store.keep([])) ?? fault;
    return { store, fault };
  }

  get months(): File['months'] {
    return this.#file.months;
  }

  /** The oldest first. */
  get calls(): File['calls'] {
    return this.#file.calls;
  }

  /** A call is over. */
  async add({ call, months }: SharedCall): Promise<Fault | null> {
    if (this.#file.calls.some(({ id }) => id === call.id)) return null;
    let totals = this.#file.months;
    for (const share of months) totals = withShare(totals, share);
    this.#file = {
      version: 1,
      months: totals.slice(-MONTHS_KEPT),
      calls: [...this.#file.calls, call].slice(-CALLS_KEPT),
    };
    return this.#save(this.#paths.file, () => this.#file);
  }

  /** The calls under way, in case of a crash. */
  keep(open: readonly SharedCall[]): Promise<Fault | null> {
    return this.#save(this.#paths.now, () => ({ version: 1, open }));
  }

  #save(path: string, content: () => unknown): Promise<Fault | null> {
    return this.#queue.add(async () => {
      try {
        await this.#write(path, `${JSON.stringify(content())}\n`);
        return null;
      } catch (error) {
        return {
          ...notSaved('usage', path, error),
          sentence: 'What your calls cost could not be saved.',
          remedy: 'Make room or mend the folder; it is tried again with the next call.',
        };
      }
    });
  }
}

const pathsOf = (directory: string) => ({
  file: join(directory, 'usage.json'),
  now: join(directory, 'usage-now.json'),
});

/** A month's totals with a call's share of it added; names and currency are the newest. */
export function withShare(totals: readonly File['months'][number][], share: File['months'][number]) {
  const known = totals.find(
    ({ month, providerId }) => month === share.month && providerId === share.providerId,
  );
  if (known === undefined) return [...totals, share];
  const sum = {
    ...share,
    calls: known.calls + share.calls,
    seconds: known.seconds + share.seconds,
    bytesUp: known.bytesUp + share.bytesUp,
    bytesDown: known.bytesDown + share.bytesDown,
    cost: known.cost === null && share.cost === null ? null : (known.cost ?? 0) + (share.cost ?? 0),
    currency: share.currency === '' ? known.currency : share.currency,
  };
  return totals.map((total) => (total === known ? sum : total));
}

async function readOr<S extends z.ZodType>(
  path: string,
  schema: S,
  otherwise: z.infer<S>,
  now: () => number,
): Promise<{ value: z.infer<S>; fault: Fault | null }> {
  try {
    return { value: schema.parse(JSON.parse(await readFile(path, 'utf8'))), fault: null };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return { value: otherwise, fault: null };
    // Aside also when it could not be read: else the next call would write over it.
    const aside = `${path}.broken-${new Date(now()).toISOString().replace(/[:.]/g, '-')}`;
    await rename(path, aside).catch(() => undefined);
    const fault: Fault = {
      code: 'usage-broken',
      sentence: 'The record of your calls and their cost could not be read; counting begins anew.',
      cause: 'The file was damaged, edited by hand with a slip, or is another user’s.',
      remedy: `The old record was kept as ${aside}.`,
      detail: String(error).slice(0, 2000),
    };
    return { value: otherwise, fault };
  }
}
