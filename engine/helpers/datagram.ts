// Datagrams of a session that a helper reads: the payload is lent to the helper, and its edits are written into the packet.
import { get16, get32, put16 } from '../packet/bytes.ts';
import { headerLength, setTotalLength } from '../packet/ipv4.ts';
import { sealUdp, UDP_HEADER } from '../packet/udp.ts';
import type { DatagramDialogue, Direction, HelperContext } from './helper.ts';
import type { Send } from './segments.ts';

/** Room every packet has behind it. */
const ROOM = 128;
const out = new Uint8Array(65_536);

/** Passes one datagram on. False when it was dropped: its helper wanted it so, or it would have grown too large. */
export function passDatagram(
  dialogue: DatagramDialogue,
  direction: Direction,
  context: HelperContext,
  b: Uint8Array,
  o: number,
  length: number,
  send: Send,
): boolean {
  const u = o + headerLength(b, o);
  const start = u + UDP_HEADER;
  const end = u + get16(b, u + 4);
  let written = 0;
  let done = start;
  const replace = (from: number, to: number, replacement: Uint8Array) => {
    if (from < done || to > end || to < from) throw new RangeError('an edit outside its chunk');
    for (; done < from; done++) out[written++] = b[done] as number;
    out.set(replacement, written);
    written += replacement.length;
    done = to;
  };
  if (!dialogue.read(direction, { bytes: b, start, end, replace }, context)) return false;
  if (done === start && written === 0) {
    send(b, o, length);
    return true;
  }
  for (; done < end; done++) out[written++] = b[done] as number;
  const growth = written - (end - start);
  if (growth > ROOM || o + length + growth > b.length) {
    context.refuse('a datagram would have grown too large');
    return false;
  }
  for (let i = 0; i < written; i++) b[start + i] = out[i] as number;
  put16(b, u + 4, UDP_HEADER + written);
  setTotalLength(b, o, start + written - o);
  sealUdp(b, u, get32(b, o + 12), get32(b, o + 16));
  send(b, o, start + written - o);
  return true;
}
