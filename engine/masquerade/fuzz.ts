// How long the property tests run: once as often as they say, or MASQ_FUZZ times that on a long night (`npm run fuzz`), which is told how
// many inputs they took: packets and events given to a router, and runs of the properties without one.

const LONGER = Math.max(1, Number(process.env.MASQ_FUZZ ?? 1));
/** No test may fall out of patience on a long night. */
export const PATIENCE_MS = LONGER > 1 ? 7_200_000 : 60_000;
let inputs = 0;

/** `n` repetitions of something, or more. */
export function times(n: number): number {
  return n * LONGER;
}

/** What fast-check is to run of a property whose every run is one input. */
export function runs(n: number): { numRuns: number } {
  inputs += times(n);
  return { numRuns: times(n) };
}

/** The same of one that makes a router, with all its tables, for a few inputs each time: longer by a quarter of the factor. */
export function routerRuns(n: number): { numRuns: number } {
  return { numRuns: Math.max(n, Math.ceil(times(n) / 4)) };
}

/** Further inputs. */
export function count(more: number): void {
  inputs += more;
}

/** To be called when a file's tests are done. */
export function tellInputs(): void {
  if (LONGER > 1) process.stdout.write(`masq-gate fuzz inputs: ${inputs}\n`);
  inputs = 0;
}
