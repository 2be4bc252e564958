// What a proof is, and the one line it prints: ok or FAIL, its name, its figures.
import type { World } from './world.ts';

export interface Proof {
  name: string;
  /** Runs in a world of its own if it wants to leave nothing behind for the next. */
  run(world: World, report: Report): Promise<void>;
}

/** One that needs no world, because it makes all of what it looks at. */
export interface LoneProof {
  name: string;
  runAlone(report: Report): Promise<void>;
}

export class Report {
  passed = 0;
  failed = 0;

  line(ok: boolean, name: string, figures: string): void {
    if (ok) this.passed++;
    else this.failed++;
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(44)} ${figures.replaceAll('\n', ' ')}`);
  }
}

/** The middle of a list of figures; 0 of none. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
