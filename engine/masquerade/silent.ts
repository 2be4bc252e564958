// SYNs from outside to nothing (RFC 5382 REQ-4): silence for 6 s, in case our own SYN crosses, then ICMP port unreachable. A
// bounded ring of what must be answered later; when it is full the newest is simply never answered.

export const SILENCE_MS = 6000;
const PLACES = 128;
const QUOTED = 68;

interface Place {
  at: number;
  used: boolean;
  slot: number;
  length: number;
  readonly bytes: Uint8Array;
}

export class SilentSyns {
  readonly #places: Place[] = [];
  #oldest = 0;
  #count = 0;

  note(b: Uint8Array, o: number, length: number, slot: number, now: number): boolean {
    if (this.#count >= PLACES) return false;
    const at = (this.#oldest + this.#count) % PLACES;
    let place = this.#places[at];
    if (!place) {
      place = { at: 0, used: true, slot: 0, length: 0, bytes: new Uint8Array(QUOTED) };
      this.#places[at] = place;
    }
    place.at = now;
    place.slot = slot;
    place.length = Math.min(length, QUOTED);
    for (let i = 0; i < place.length; i++) place.bytes[i] = b[o + i] as number;
    this.#count++;
    return true;
  }

  /** Hands over, in order, the SYNs whose silence is over. */
  due(now: number, answer: (bytes: Uint8Array, length: number, slot: number) => void): void {
    while (this.#count > 0) {
      const place = this.#places[this.#oldest] as Place;
      if (now - place.at < SILENCE_MS) return;
      this.#oldest = (this.#oldest + 1) % PLACES;
      this.#count--;
      answer(place.bytes, place.length, place.slot);
    }
  }
}
