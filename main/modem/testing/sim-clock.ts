/** Simulated time for tests: sleeps end in order as soon as nothing else can happen, so minutes pass in milliseconds. */
import type { Clock } from '../clock.ts';

interface Sleeper {
  at: number;
  wake: () => void;
}

export class SimClock implements Clock {
  private time = 0;
  private sleepers: Sleeper[] = [];

  now(): number {
    return this.time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const cancel = this.at(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve(true);
      });
      const onAbort = () => {
        cancel();
        resolve(false);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Runs `wake` in `ms`; returns its removal. */
  at(ms: number, wake: () => void): () => void {
    const sleeper = { at: this.time + Math.max(0, ms), wake };
    this.sleepers.push(sleeper);
    return () => {
      this.sleepers = this.sleepers.filter((other) => other !== sleeper);
    };
  }

  /** How many sleeps have not ended. */
  get pending(): number {
    return this.sleepers.length;
  }

  /** Lets time pass until `promise` is settled; fails if nothing is left that could settle it. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = () => {
      settled = true;
    };
    promise.then(done, done);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (settled) return promise;
      if (!this.step()) throw new Error('simulated time has run out with the promise still waiting');
    }
  }

  /** Lets `ms` pass. */
  async pass(ms: number): Promise<void> {
    await this.run(this.sleep(ms));
  }

  private step(): boolean {
    let next: Sleeper | undefined;
    for (const sleeper of this.sleepers) if (!next || sleeper.at < next.at) next = sleeper;
    if (!next) return false;
    this.sleepers = this.sleepers.filter((other) => other !== next);
    this.time = Math.max(this.time, next.at);
    next.wake();
    return true;
  }
}
