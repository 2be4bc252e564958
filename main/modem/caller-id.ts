/** Caller ID as modems print it between the first and second ring, and distinctive ring. Pure. */

export interface CallerId {
  /** As sent by the exchange; null if withheld (`P`), out of area (`O`) or not sent. */
  number: string | null;
  name: string | null;
  /** `withheld`: the caller asked for it. `unavailable`: the exchange did not know. */
  why: 'withheld' | 'unavailable' | null;
}

export const NO_CALLER_ID: CallerId = { number: null, name: null, why: null };

/** Adds what one line tells (`NMBR = 5550100`, `NAME=SMITH J`, `+CLIP: "…"`) to what is known; other lines change nothing. */
export function readCallerId(known: CallerId, line: string): CallerId {
  const clip = /^\+CLIP: ?"([^"]{0,40})"/i.exec(line);
  if (clip) return clip[1] ? { ...known, number: clip[1], why: null } : { ...known, why: 'withheld' };
  const match = /^(NMBR|DDN|NAME|CALLER NUMBER|CALLER NAME) ?[=:] ?(.*)$/i.exec(line);
  if (!match) return known;
  const value = (match[2] ?? '').trim().slice(0, 40);
  if (/NAME$/i.test(match[1] ?? '')) return /^[PO]?$/i.test(value) ? known : { ...known, name: value };
  if (/^(?:P|PRIVATE|PRIVACY)$/i.test(value)) return { ...known, number: null, why: 'withheld' };
  if (/^(?:O|OUT OF AREA|UNAVAILABLE|)$/i.test(value)) return { ...known, number: null, why: 'unavailable' };
  return { ...known, number: value, why: null };
}

/** Which of the line's numbers was called: the letter after RING (`RING B`), or null for an ordinary ring. */
export function ringPattern(text: string): string | null {
  return /^RING ?([A-F\d])$/i.exec(text.trim())?.[1]?.toUpperCase() ?? null;
}

/**
 * Distinctive ring as +VDR reports it: `DRON=` and `DROF=`, the lengths of tone and silence in 0.1 s, before each RING. One
 * tone is an ordinary ring, A; two are B; three C, or D if the middle one is the longest.
 */
export class RingCadence {
  #tones: number[] = [];

  line(text: string): void {
    const on = /^DRON ?= ?(\d{1,4})$/i.exec(text.trim());
    if (on && this.#tones.length < 8) this.#tones.push(Number(on[1]));
  }

  /** The letter of the ring that has just been told, or null if there was no report. */
  ring(): string | null {
    const [first = 0, middle = 0, last = 0] = this.#tones;
    const count = this.#tones.length;
    this.#tones = [];
    if (count <= 2) return [null, 'A', 'B'][count] ?? null;
    return middle > first && middle > last ? 'D' : 'C';
  }
}
