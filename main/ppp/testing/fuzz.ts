/**
 * How long the property tests of PPP run: as often as they say, or MASQ_FUZZ times that in `npm run fuzz`, which counts what
 * they were given. (The engine's tests have the same of their own: main imports nothing of theirs.)
 */
const LONGER = Math.max(1, Number(process.env.MASQ_FUZZ ?? 1));
let inputs = 0;

/** For fast-check: a property whose every run is one input. */
export function runs(n: number): { numRuns: number } {
  inputs += n * LONGER;
  return { numRuns: n * LONGER };
}

/** The same of one whose every run is a whole call of some `inputsEach`: longer by a tenth of the factor. */
export function callRuns(n: number, inputsEach: number): { numRuns: number } {
  const numRuns = Math.max(n, Math.ceil((n * LONGER) / 10));
  inputs += numRuns * inputsEach;
  return { numRuns };
}

/** To be called when a file's tests are done. */
export function tellInputs(): void {
  if (LONGER > 1) process.stdout.write(`masq-gate fuzz inputs: ${inputs}\n`);
}
