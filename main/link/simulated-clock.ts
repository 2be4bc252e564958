/** For tests: time that stands until `runUntil` moves it from one event to the next; events at one moment keep their order. Times ms. */
import type { LinkClock } from './parts.ts';

interface Event {
  at: number;
  order: number;
  /** Null once cancelled. */
  run: (() => void) | null;
}

export class SimulatedClock implements LinkClock {
  time = 0;
  readonly #heap: Event[] = [];
  readonly #soon: (() => void)[] = [];
  #order = 0;
  #cancelled = 0;

  now(): number {
    return this.time;
  }

  /** Timers that have not rung. */
  get armed(): number {
    return this.#heap.length - this.#cancelled;
  }

  after(ms: number, run: () => void): () => void {
    const event: Event = { at: this.time + ms, order: this.#order++, run };
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(event, heap[parent] as Event)) break;
      heap[at] = heap[parent] as Event;
      at = parent;
    }
    heap[at] = event;
    return () => {
      if (event.run === null) return;
      event.run = null;
      this.#cancelled += 1;
    };
  }

  soon(run: () => void): void {
    this.#soon.push(run);
  }

  runUntil(time: number): void {
    this.#settle();
    for (let first = this.#heap[0]; first !== undefined && first.at <= time; first = this.#heap[0]) {
      this.#pop();
      const { run } = first;
      if (run === null) {
        this.#cancelled -= 1;
        continue;
      }
      first.run = null;
      this.time = first.at;
      run();
      this.#settle();
    }
    this.time = time;
  }

  #settle(): void {
    for (let run = this.#soon.shift(); run !== undefined; run = this.#soon.shift()) run();
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child += 1;
      if (!before(heap[child] as Event, last)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
