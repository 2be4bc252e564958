/**
 * CoDel (RFC 8289): says when the packet at the head of a queue should be given up, by how long packets have waited.
 *
 * The parameters are those of CAKE for slow lines: the target is never below one and a half packets' time, or a queue of
 * one packet would count as standing. Among several flows each waits its turn, so that a turn takes as many packets' times
 * as there are flows; CAKE leaves that out, and drops most of what four uploads send. Times are ms.
 */
import { adjustChecksum, put16, u16 } from './packet-view.ts';

export interface CodelParameters {
  target: number;
  interval: number;
}

/** `mtuMs`: how long one full packet takes on the line; `flows` share it. Written into `into`. */
export function setCodelParameters(into: CodelParameters, mtuMs: number, flows: number): void {
  into.target = Math.max(5, 1.5 * mtuMs * Math.max(1, flows));
  into.interval = Math.max(100 + into.target - 5, 2 * into.target);
}

export class Codel {
  #aboveSince = -1;
  #dropping = false;
  #nextDrop = 0;
  #count = 0;
  #lastCount = 0;

  /**
   * Whether to drop (or mark) the packet just taken from the head. `waited`: its time in the queue; `standing`: there is
   * more than a packet left behind it, so that the queue is a queue.
   */
  shouldDrop(waited: number, standing: boolean, now: number, { target, interval }: CodelParameters): boolean {
    const above = this.#above(waited, standing, now, target, interval);
    if (!this.#dropping) {
      if (!above) return false;
      this.#dropping = true;
      const recent = now - this.#nextDrop < 16 * interval;
      const more = this.#count - this.#lastCount;
      this.#count = recent && more > 1 ? more : 1;
      this.#lastCount = this.#count;
      this.#nextDrop = now + interval / Math.sqrt(this.#count);
      return true;
    }
    if (!above) {
      this.#dropping = false;
      return false;
    }
    if (now < this.#nextDrop) return false;
    this.#count += 1;
    this.#nextDrop += interval / Math.sqrt(this.#count);
    return true;
  }

  reset(): void {
    this.#aboveSince = -1;
    this.#dropping = false;
  }

  #above(waited: number, standing: boolean, now: number, target: number, interval: number): boolean {
    if (waited < target || !standing) {
      this.#aboveSince = -1;
      return false;
    }
    if (this.#aboveSince < 0) {
      this.#aboveSince = now;
      return false;
    }
    return now - this.#aboveSince >= interval;
  }
}

/** Sets Congestion Experienced where the packet is ECN-capable (RFC 3168 §5); false: it is not. `at`: its IP header. */
export function markCongestion(buffer: Uint8Array, at: number): boolean {
  const ecn = (buffer[at + 1] as number) & 3;
  if (ecn === 0) return false;
  if (ecn === 3) return true;
  const before = u16(buffer, at);
  put16(buffer, at, before | 3);
  put16(buffer, at + 10, adjustChecksum(u16(buffer, at + 10), before, before | 3));
  return true;
}
