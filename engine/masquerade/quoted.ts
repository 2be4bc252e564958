// The packet that an ICMP error quotes (RFC 792, RFC 5508 §4.2): its header is checked, its options skipped, its transport checksum
// never judged, only carried along when the field was quoted at all. Extensions after it (RFC 4884) are left alone.
import { get16, get32, put16 } from '../packet/bytes.ts';
import { fold, sumHeader } from '../packet/checksum.ts';
import { queryOfReply } from '../packet/icmp.ts';
import { ESP, GRE, headerLength, ICMP, IPV4_HEADER, TCP, UDP } from '../packet/ipv4.ts';
import { rewriteAddress } from './rewrite.ts';

export const QUOTE_SOURCE = 12;
export const QUOTE_DESTINATION = 16;

export interface Quote {
  protocol: number;
  /** Offset of the quoted transport header, and how many bytes of it are there. */
  transport: number;
  available: number;
  /** The quoted ports as the table's keys have them: for a packet we sent, and for one we delivered. */
  sourceFirst: number;
  destinationFirst: number;
}

const parsed: Quote = { protocol: 0, transport: 0, available: 0, sourceFirst: 0, destinationFirst: 0 };

/** Reads the quoted packet at `e`, which ends at `end`; null when it tells nothing. The result is overwritten by the next call. */
export function quote(b: Uint8Array, e: number, end: number): Quote | null {
  if (end - e < IPV4_HEADER + 8 || (b[e] as number) >>> 4 !== 4) return null;
  const header = headerLength(b, e);
  const t = e + header;
  if (header < IPV4_HEADER || end - t < 8 || sumHeader(b, e, header) !== 0xffff) return null;
  if ((get16(b, e + 6) & 0x1fff) !== 0) return null;
  const protocol = b[e + 9] as number;
  parsed.protocol = protocol;
  parsed.transport = t;
  parsed.available = end - t;
  if (protocol === TCP || protocol === UDP) {
    parsed.sourceFirst = get32(b, t);
    parsed.destinationFirst = (get16(b, t + 2) << 16) | get16(b, t);
  } else if (protocol === ICMP) {
    const type = b[t] as number;
    const reply = queryOfReply(type);
    parsed.sourceFirst = (get16(b, t + 4) << 16) | type;
    parsed.destinationFirst = (get16(b, t + 4) << 16) | Math.max(reply, 0);
  } else if (protocol === GRE || protocol === ESP) {
    parsed.sourceFirst = 0;
    parsed.destinationFirst = 0;
  } else return null;
  return parsed;
}

/** Replaces one end of the quoted packet; the ICMP checksum around it is the caller's to seal. */
export function rewriteQuoted(
  b: Uint8Array,
  e: number,
  quoted: Quote,
  end: number,
  address: number,
  port: number,
): void {
  const { protocol, transport: t } = quoted;
  const old = get32(b, e + end);
  rewriteAddress(b, e, end, address);
  if (protocol === GRE || protocol === ESP) return;
  const portAt = protocol === ICMP ? t + 4 : t + (end === QUOTE_SOURCE ? 0 : 2);
  const oldPort = get16(b, portAt);
  put16(b, portAt, port);
  const sumAt = t + (protocol === TCP ? 16 : protocol === UDP ? 6 : 2);
  if (protocol === TCP && quoted.available < 18) return;
  const sum = get16(b, sumAt);
  if (protocol === UDP && sum === 0) return;
  const pseudo =
    protocol === ICMP
      ? 0
      : ((~old >>> 16) & 0xffff) + (~old & 0xffff) + (address >>> 16) + (address & 0xffff);
  const updated = ~fold((~sum & 0xffff) + pseudo + (~oldPort & 0xffff) + port) & 0xffff;
  put16(b, sumAt, protocol === UDP && updated === 0 ? 0xffff : updated);
}
