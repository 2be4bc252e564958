// Counts the frames on a wire by their PPP protocol, and may break some of them: what passes between a guest and its modem.
import { HdlcDecoder } from '../../../main/ppp/hdlc.ts';
import type { Wire } from '../../lab/guest/pppd.ts';

export class FrameCount implements Wire {
  /** Protocol to number of frames: towards the guest, and from it. */
  readonly to = new Map<number, number>();
  readonly from = new Map<number, number>();
  /** Octets of both ways with a bit flipped, one in so many; 0: none. */
  spoilOneIn = 0;
  spoiled = 0;
  readonly #to = counter(this.to);
  readonly #from = counter(this.from);

  toGuest(bytes: Uint8Array): Uint8Array {
    this.#to.push(bytes);
    return this.#spoil(bytes);
  }

  fromGuest(bytes: Uint8Array): Uint8Array {
    this.#from.push(bytes);
    return this.#spoil(bytes);
  }

  clear(): void {
    this.to.clear();
    this.from.clear();
    this.spoiled = 0;
    for (const decoder of [this.#to, this.#from]) {
      decoder.reset();
      decoder.setAccm(0);
    }
  }

  #spoil(bytes: Uint8Array): Uint8Array {
    if (this.spoilOneIn === 0) return bytes;
    return bytes.map((octet) => {
      if (Math.random() * this.spoilOneIn >= 1) return octet;
      this.spoiled++;
      return octet ^ (1 << Math.floor(Math.random() * 8));
    });
  }
}

function counter(counts: Map<number, number>): HdlcDecoder {
  const decoder = new HdlcDecoder(
    4096,
    (frame, length) => {
      const at = frame[0] === 0xff && frame[1] === 0x03 ? 2 : 0;
      if (at >= length) return;
      const first = frame[at] as number;
      const protocol = first & 1 ? first : (first << 8) | (frame[at + 1] as number);
      counts.set(protocol, (counts.get(protocol) ?? 0) + 1);
    },
    () => {},
  );
  decoder.setAccm(0);
  return decoder;
}
