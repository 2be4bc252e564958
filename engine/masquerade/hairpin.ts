// Hairpinning (RFC 4787 REQ-9, RFC 5382 REQ-8; of ICMP errors see icmp.ts): what a client sends to the link's own address turns round here and
// comes back in as if from outside, with the sender's outside address and port as its source.
import { get32 } from '../packet/bytes.ts';
import { inbound } from './inbound.ts';
import type { Masquerade } from './state.ts';

export function hairpin(m: Masquerade, b: Uint8Array, o: number, length: number, now: number): void {
  const uplink = m.uplinkAt(get32(b, o + 16));
  if (!m.config.hairpin || uplink === null) {
    m.notices.count('inbound-denied');
    return;
  }
  m.notices.count('hairpin');
  inbound(m, uplink, b, o, length, length, now, true);
}
