// Which names may bring the line up: the person's Dial / Ignore rules in order, then the names that only a local network knows (RFC 6761,
// RFC 6762, RFC 8375, private reverse zones) or that machines ask for unbidden; all others dial. Reads one DNS question (RFC 1035 §4.1)
// and writes the answer "server failure" for one that is ignored, so that its asker need not wait for a timeout.
import type { DemandRule } from '../contract.ts';
import { get16, get32, put16 } from '../packet/bytes.ts';
import { headerLength, UDP, writeIpv4 } from '../packet/ipv4.ts';
import { sealUdp, UDP_HEADER } from '../packet/udp.ts';

const DNS_HEADER = 12;
const LONGEST_NAME = 253;
/** QR, opcode, AA, TC, RD, RA, rcode: a response that fails, with the asker's opcode and RD. */
const RESPONSE = 0x8000;
const KEPT_FLAGS = 0x7900;
const AVAILABLE = 0x0080;
const SERVER_FAILURE = 2;

const LOCAL_ENDINGS = [
  'local',
  'localhost',
  'localdomain',
  'invalid',
  'test',
  'onion',
  'lan',
  'home',
  'internal',
  'home.arpa',
  '10.in-addr.arpa',
  '168.192.in-addr.arpa',
  '254.169.in-addr.arpa',
  '127.in-addr.arpa',
  'ip6.arpa',
  ...Array.from({ length: 16 }, (_, i) => `${16 + i}.172.in-addr.arpa`),
];
/** First labels that Windows machines look up in whatever domain they are in. */
const UNBIDDEN = new Set(['wpad', 'isatap']);

/** Whether a pattern with `*` and `?` fits the whole text; both lower case. Never slower than pattern × text. */
export function fits(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      mark = t;
    } else if (pattern[p] === '?' || (p < pattern.length && pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** A name that no server of the Internet knows, or that nobody asked for. */
function isLocal(name: string): boolean {
  const labels = name.split('.');
  if (labels.length < 2 || UNBIDDEN.has(labels[0] as string)) return true;
  return LOCAL_ENDINGS.some((ending) => name === ending || name.endsWith(`.${ending}`));
}

export class DemandRules {
  #rules: { dial: boolean; pattern: string }[] = [];

  configure(rules: readonly DemandRule[]): void {
    this.#rules = rules.map(({ action, pattern }) => ({
      dial: action === 'dial',
      pattern: pattern.toLowerCase().replace(/\.$/, ''),
    }));
  }

  /** Whether a lookup of this name (lower case, no dot at its end) may bring the line up. */
  dials(name: string): boolean {
    for (const rule of this.#rules) if (fits(rule.pattern, name)) return rule.dial;
    return !isLocal(name);
  }
}

/** Where the question of a DNS query ends, with its name; null when it is no query with one plain question. */
export interface Question {
  name: string;
  end: number;
}

/** Reads the question of a DNS query that begins at `at` and ends before `end`. */
export function readQuestion(b: Uint8Array, at: number, end: number): Question | null {
  if (end - at < DNS_HEADER + 5 || (get16(b, at + 2) & RESPONSE) !== 0 || get16(b, at + 4) !== 1) return null;
  let name = '';
  let p = at + DNS_HEADER;
  for (;;) {
    if (p >= end) return null;
    const size = b[p++] as number;
    if (size === 0) break;
    // A question comes first, so there is nothing a compressed name could point back to.
    if (size > 63 || p + size > end) return null;
    if (name !== '') name += '.';
    for (const last = p + size; p < last; p++) name += letter(b[p] as number);
    if (name.length > LONGEST_NAME) return null;
  }
  return p + 4 <= end ? { name, end: p + 4 } : null;
}

function letter(code: number): string {
  if (code >= 0x41 && code <= 0x5a) return String.fromCharCode(code + 32);
  return code > 0x20 && code < 0x7f && code !== 0x2e ? String.fromCharCode(code) : '\ufffd';
}

/**
 * Writes into `out` the answer "server failure" to the DNS query in the UDP packet at (b, o), whose question ends at `end`.
 * Returns its length in bytes.
 */
export function writeServerFailure(out: Uint8Array, b: Uint8Array, o: number, end: number): number {
  const t = o + headerLength(b, o);
  const q = t + UDP_HEADER;
  const size = UDP_HEADER + (end - q);
  const from = get32(b, o + 16);
  const to = get32(b, o + 12);
  writeIpv4(out, 0, 20 + size, UDP, from, to);
  put16(out, 20, get16(b, t + 2));
  put16(out, 22, get16(b, t));
  put16(out, 24, size);
  put16(out, 26, 1);
  for (let i = 0; i < size - UDP_HEADER; i++) out[28 + i] = b[q + i] as number;
  put16(out, 30, RESPONSE | (get16(b, q + 2) & KEPT_FLAGS) | AVAILABLE | SERVER_FAILURE);
  for (let at = 34; at < 40; at += 2) put16(out, at, 0);
  sealUdp(out, 20, from, to);
  return 20 + size;
}
