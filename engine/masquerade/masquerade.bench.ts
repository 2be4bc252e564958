// How fast the masquerade translates: sessions hit at random, both ways in turn, TCP and UDP, state kept, checksums verified and
// updated, every helper and accounting on, one TCP session in eight an FTP control connection that its helper reads. The figures are
// processor time, so that what else the machine does is not counted; and what a full table takes of memory.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MASQUERADE_DEFAULT } from '../contract.ts';
import { HELPERS } from '../helpers/registry.ts';
import { formatAddress, parseAddress } from '../packet/address.ts';
import { get16 } from '../packet/bytes.ts';
import { ACK, SYN } from '../packet/tcp.ts';
import { Router } from '../router.ts';
import { config, HOST1, numbers, OUTSIDE, PEER, room, SERVER, tcp, UPLINK, udp } from './lab.ts';

export interface Measured {
  packetsPerSecond: number;
  nanoseconds: number;
  /** Bytes of the JavaScript heap taken for a packet that no helper reads: the middle of several rounds. */
  allocated: number;
}

/** Payload of a packet, bytes: most packets of a modem line are small. */
const PAYLOAD = 64;

/** Packets made beforehand. More than any cache near the processor holds, as are the sessions they hit. */
const RING = 131_072;
const HOSTS = 50;
const CONTROL = 21;

/** A router with `sessions` sessions open; `mapped` are their outside ports. */
function opened(sessions: number, data: Uint8Array, began: number): { router: Router; mapped: Uint16Array } {
  const mapped = new Uint16Array(sessions);
  let current = 0;
  const router = new Router(
    {
      toHost: () => {},
      toLink: (_link, _client, b, o) => {
        mapped[current] = get16(b, o + 20);
      },
      wantLine: () => {},
      readdressed: () => {},
      log: () => {},
    },
    numbers(7),
    began,
  );
  const masquerade = { ...MASQUERADE_DEFAULT, clientMappings: 60_000, clientMappingsPerSecond: 60_000 };
  const helpers = Object.fromEntries(HELPERS.map(({ name }) => [name, { on: true, ports: [] }]));
  router.configure(config({ masquerade, helpers }), began);
  router.linkUp({ link: UPLINK, role: 'uplink', local: OUTSIDE, peer: PEER, dns: [], mtu: 1500 }, began);
  for (let i = 0; i < sessions; i++) {
    current = i;
    const packet = room(outbound(i, data, true));
    router.fromHost(packet, 0, packet.length - 128, began);
  }
  if (router.counters().sessions !== sessions) throw new Error('not every session could be opened');
  return { router, mapped };
}

/** Bytes by which this process grows with a router and so many sessions; to be asked before anything else, in bytes resident. */
export function measureMemory(sessions: number): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const before = process.memoryUsage.rss();
  const { router } = opened(sessions, new Uint8Array(0), Date.now());
  // What the packets that opened them have left behind is not the table's.
  collect();
  const grown = process.memoryUsage.rss() - before;
  router.tick(Date.now());
  return grown;
}

/**
 * Opens `sessions` sessions (at most 60,000) from 50 hosts and translates `packets` packets. Figures are of the translation alone:
 * the packets are made beforehand, except for their restoring, which is measured apart and taken off.
 */
export function measureTranslation(sessions: number, packets: number, payload = PAYLOAD): Measured {
  const random = numbers(11);
  const began = Date.now();
  const data = line(payload);
  const { router, mapped } = opened(sessions, data, began);
  const slot = (40 + payload + 63) & ~63;
  // Restored from the originals after each round, because translation is in place.
  const ring = RING;
  const originals = new Uint8Array(ring * slot);
  const work = new Uint8Array(ring * slot);
  const lengths = new Uint16Array(ring);
  const control = new Uint8Array(ring);
  for (let i = 0; i < ring; i++) {
    const session = random(sessions);
    const bytes =
      (i & 1) === 0 ? outbound(session, data, false) : inbound(session, mapped[session] as number, data);
    lengths[i] = bytes.length;
    control[i] = portOf(session) === CONTROL ? 1 : 0;
    originals.set(bytes, i * slot);
  }
  const round = (translate: boolean, now: number, helped = true) => {
    work.set(originals);
    if (!translate) return;
    for (let i = 0; i < ring; i++) {
      if (!helped && control[i] === 1) continue;
      if ((i & 1) === 0) router.fromHost(work, i * slot, lengths[i] as number, now);
      else router.fromLink(UPLINK, work, i * slot, lengths[i] as number, now);
    }
  };
  const rounds = Math.max(1, Math.ceil(packets / ring));
  for (let i = 0; i < 3; i++) round(true, began + 1000);
  const start = processorTime();
  for (let i = 0; i < rounds; i++) round(true, began + 1000 + i);
  const middle = processorTime();
  for (let i = 0; i < rounds; i++) round(false, 0);
  const end = processorTime();
  const heap: number[] = [];
  for (let i = 0; i < 9; i++) {
    const before = process.memoryUsage().heapUsed;
    round(true, began + 1000 + rounds + i, false);
    heap.push((process.memoryUsage().heapUsed - before) / ring);
  }
  const allocated = heap.sort((a, b) => a - b)[heap.length >> 1] as number;
  const nanoseconds = (middle - start - (end - middle)) / (rounds * ring);
  return { packetsPerSecond: Math.round(1e9 / nanoseconds), nanoseconds, allocated };
}

function remoteOf(session: number): string {
  return formatAddress(parseAddress(SERVER) + ((session >>> 12) & 0xff));
}

/** What a control connection could say, and nothing to anybody else. */
function line(payload: number): Uint8Array {
  return new TextEncoder().encode(`SITE ${'.'.repeat(payload - 7)}\r\n`);
}

/** Every other session is UDP. */
const portOf = (session: number): number => ((session & 1) === 0 ? 7000 : session % 16 === 1 ? CONTROL : 80);

/** Each session is from a source port of its own. */
function outbound(session: number, data: Uint8Array, first: boolean): Uint8Array {
  const host = formatAddress(parseAddress(HOST1) + (session % HOSTS));
  const port = 1024 + (session % 60_000);
  if ((session & 1) === 0) return udp(host, port, remoteOf(session), portOf(session), data);
  const facts = first
    ? { flags: SYN, sequence: 1 }
    : { flags: ACK, sequence: 2, acknowledgement: 2, payload: data };
  return tcp(host, port, remoteOf(session), portOf(session), facts);
}

function inbound(session: number, port: number, data: Uint8Array): Uint8Array {
  if ((session & 1) === 0) return udp(remoteOf(session), portOf(session), OUTSIDE, port, data);
  return tcp(remoteOf(session), portOf(session), OUTSIDE, port, {
    flags: ACK,
    sequence: 2,
    acknowledgement: 2,
    payload: data,
  });
}

/** Nanoseconds of processor time, so that what else the machine does is not counted. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}
