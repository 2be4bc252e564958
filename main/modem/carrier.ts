/**
 * Has the call been lost? Two witnesses: the DCD line, and the words NO CARRIER in the data.
 *
 * DCD is believed only if it was off before dialling and on during the call: many USB, cable and cellular ports hold it
 * high or low for ever. Where DCD is believed the words are not, since a far end can send them. Where it is not, the
 * words count at once outside a PPP or SLIP frame; inside one only if the line then stays silent, because a real NO
 * CARRIER is the last thing a modem says, and a frame goes on. Pure but for watchDcd, which is given line and clock.
 */
import type { Clock } from './clock.ts';
import type { Line, LineSignals } from './line.ts';

const CR = 0x0d;
const LF = 0x0a;
const PPP_FLAG = 0x7e;
const SLIP_END = 0xc0;
const WORDS = Uint8Array.from('NO CARRIER', (letter) => letter.charCodeAt(0));
/** ms of silence after the words inside a frame. */
export const SILENCE = 3000;

export type CarrierWords = 'none' | 'lost' | 'perhaps';

/** Looks for CR LF `NO CARRIER` CR LF in data as it comes. The data itself is not touched. */
export class CarrierText {
  /** How many bytes of CR LF NO CARRIER CR LF have been seen in a row. */
  private matched = 0;
  private inFrame = false;
  /** Where the words began: inside a frame or not. */
  private beganInFrame = false;
  private pppSeen = false;
  private slipSeen = false;

  /** `perhaps`: the words stand at the end of what came, inside a frame; lost if SILENCE follows. */
  push(bytes: Uint8Array): CarrierWords {
    let verdict: CarrierWords = 'none';
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      verdict = 'none';
      if (this.match(byte)) {
        if (!this.beganInFrame) return 'lost';
        verdict = 'perhaps';
      }
      this.follow(byte);
    }
    return verdict;
  }

  private match(byte: number): boolean {
    const wanted = this.expected();
    if (byte === wanted) {
      if (this.matched === 0) this.beganInFrame = this.inFrame;
      this.matched++;
      if (this.matched < WORDS.length + 4) return false;
      this.matched = 0;
      return true;
    }
    this.matched = byte === CR ? 1 : 0;
    if (this.matched === 1) this.beganInFrame = this.inFrame;
    return false;
  }

  private expected(): number {
    if (this.matched === 0) return CR;
    if (this.matched === 1) return LF;
    if (this.matched < WORDS.length + 2) return WORDS[this.matched - 2] as number;
    return this.matched === WORDS.length + 2 ? CR : LF;
  }

  /** Outside a frame: before any flag (login text), and after a flag while only the words' own letters have come. */
  private follow(byte: number): void {
    if (byte === PPP_FLAG) {
      this.pppSeen = true;
      this.inFrame = false;
    } else if (byte === SLIP_END && !this.pppSeen) {
      this.slipSeen = true;
      this.inFrame = false;
    } else if (this.matched === 0 && (this.pppSeen || this.slipSeen)) this.inFrame = true;
  }
}

const POLL = 300;

/**
 * Watches DCD until `signal` is aborted; resolves true when a believed carrier is gone, false otherwise.
 * `before`: the signals before dialling, null if the port has none.
 */
export async function watchDcd(
  line: Line,
  clock: Clock,
  before: LineSignals | null,
  onBelieved: () => void,
  signal: AbortSignal,
): Promise<boolean> {
  if (before === null || before.dcd) return false;
  let believed = false;
  let gone = 0;
  while (!signal.aborted) {
    const now = await line.signals();
    if (signal.aborted) return false;
    if (now === null) return false;
    if (now.dcd) {
      if (!believed) onBelieved();
      believed = true;
      gone = 0;
    } else if (believed) gone++;
    // One reading may be a glitch of the cable; S10 has already ridden out those of the telephone line.
    if (gone === 2) return true;
    if (!(await clock.sleep(gone === 1 ? 50 : POLL, signal))) return false;
  }
  return false;
}
