// What a packet from outside to nobody's port gets (RFC 5382 REQ-4): nothing for 6 s, then ICMP 3/3, but for ident (TCP 113), which is answered
// or refused by RST at once, because IRC servers wait for it.
import { answerIdent } from '../helpers/ident-gateway.ts';
import { get16, get32 } from '../packet/bytes.ts';
import { headerLength, TCP } from '../packet/ipv4.ts';
import { ACK, dataOffset, FIN, flagsOf, RST, SYN, sequenceOf, writeSegment } from '../packet/tcp.ts';
import { toUplink } from './emit.ts';
import type { Masquerade } from './state.ts';
import type { Uplink } from './uplink.ts';

const IDENT = 113;

/** Nobody's port. */
export function deny(
  m: Masquerade,
  uplink: Uplink,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
  hairpinned: boolean,
): void {
  m.notices.count('inbound-denied');
  if (b[o + 9] !== TCP || hairpinned) return;
  const t = o + headerLength(b, o);
  if (get16(b, t + 2) !== IDENT) {
    silence(m, uplink, b, o, length, now);
    return;
  }
  if (answerIdent(m, uplink, b, o, length, now)) return;
  const flags = flagsOf(b, t);
  if ((flags & RST) !== 0) return;
  const counted = ((flags & SYN) === 0 ? 0 : 1) + ((flags & FIN) === 0 ? 0 : 1);
  const end = sequenceOf(b, t) + (o + length - t - dataOffset(b, t)) + counted;
  const written = writeSegment(
    m.scratch,
    0,
    uplink.address,
    IDENT,
    get32(b, o + 12),
    get16(b, t),
    0,
    end | 0,
    RST | ACK,
  );
  m.notices.count('ident-refused');
  toUplink(m, uplink, 0, m.scratch, 0, written);
}

/** An unasked SYN is answered by nothing at first (RFC 5382 REQ-4); `tick` does the rest. */
export function silence(
  m: Masquerade,
  uplink: Uplink,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): void {
  if (b[o + 9] !== TCP) return;
  const t = o + headerLength(b, o);
  if ((flagsOf(b, t) & (SYN | ACK | RST)) !== SYN) return;
  if (m.silent.note(b, o, length, uplink.slot, now)) m.notices.count('silent-syn');
}
