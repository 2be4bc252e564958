// The gateway as ident server (RFC 1413): what comes to port 113 of an uplink, while the helper is on and no forward leads it elsewhere.
// Only the server at the other end of a connection is told whose it is: the table is asked for its own address.
import { toUplink } from '../masquerade/emit.ts';
import { S_CLIENT, S_STATE, SESSION_WORDS } from '../masquerade/record.ts';
import type { Masquerade } from '../masquerade/state.ts';
import { DEAD } from '../masquerade/tcp-state.ts';
import type { Uplink } from '../masquerade/uplink.ts';
import { get16, get32, put16, put32 } from '../packet/bytes.ts';
import { headerLength, TCP, writeIpv4 } from '../packet/ipv4.ts';
import { acknowledgementOf, dataOffset, flagsOf, sealTcp, sequenceOf } from '../packet/tcp.ts';
import { answerTo, LONGEST_LINE } from './ident.ts';
import type { Reply } from './ident-server.ts';
import { latin } from './payload.ts';

const IDENT = 113;
const WINDOW = LONGEST_LINE;
const LONGEST_NAME = 32;

/** Answers a segment to port 113 that nobody else is to have. False when it is to be refused as ever. */
export function answerIdent(
  m: Masquerade,
  uplink: Uplink,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): boolean {
  const tally = m.helpers.tallyOf('ident', IDENT);
  if (!tally) return false;
  const t = o + headerLength(b, o);
  const remote = get32(b, o + 12);
  const verdict = m.helpers.ident.take(
    {
      uplink: uplink.slot,
      remote,
      remotePort: get16(b, t),
      flags: flagsOf(b, t),
      sequence: sequenceOf(b, t),
      acknowledgement: acknowledgementOf(b, t),
      payload: latin(b, t + dataOffset(b, t), o + length),
    },
    now,
    (line) =>
      answerTo(line, (question) => {
        const name = ownerOf(m, uplink, remote, question.local, question.remote, now);
        if (name === null) {
          const reason = 'asked about a connection that is not there';
          tally.refusals.set(reason, (tally.refusals.get(reason) ?? 0) + 1);
        } else {
          tally.hits++;
          tally.lastUse = now;
        }
        return name;
      }),
  );
  if (verdict === 'reset') return false;
  if (verdict !== 'silence') send(m, uplink, remote, get16(b, t), verdict);
  return true;
}

/** The name of the client whose connection this is, or null. */
function ownerOf(
  m: Masquerade,
  uplink: Uplink,
  remote: number,
  port: number,
  remotePort: number,
  now: number,
): string | null {
  const session = m.table.findIn(TCP | (uplink.slot << 8), remote, (port << 16) | remotePort);
  const w = m.table.sessionWords;
  if (session < 0 || w[session * SESSION_WORDS + S_STATE] === DEAD) return null;
  const row = w[session * SESSION_WORDS + S_CLIENT] as number;
  if (m.clients.blocked[row] === 1) return null;
  const known = m.clients.list(now).find((client) => client.id === row)?.name ?? '';
  // RFC 1413 §4 allows nearly anything; ngircd throws away an answer with more than letters and digits in its name.
  const name = known.replace(/[^A-Za-z0-9]/g, '').slice(0, LONGEST_NAME);
  return name === '' ? `client${row}` : name;
}

function send(m: Masquerade, uplink: Uplink, remote: number, remotePort: number, reply: Reply): void {
  const b = m.scratch;
  const size = 20 + reply.payload.length;
  writeIpv4(b, 0, 20 + size, TCP, uplink.address, remote);
  put16(b, 20, IDENT);
  put16(b, 22, remotePort);
  put32(b, 24, reply.sequence);
  put32(b, 28, reply.acknowledgement);
  b[32] = 0x50;
  b[33] = reply.flags;
  put16(b, 34, WINDOW);
  put16(b, 38, 0);
  for (let i = 0; i < reply.payload.length; i++) b[40 + i] = reply.payload.charCodeAt(i);
  sealTcp(b, 20, size, uplink.address, remote);
  toUplink(m, uplink, 0, b, 0, 20 + size);
}
