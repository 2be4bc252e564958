// How fast the masquerade translates: sessions hit at random, both ways in turn, TCP and UDP, state kept, checksums verified and
// updated, helpers and accounting on. The figures are processor time, so that what else the machine does is not counted.

import { MASQUERADE_DEFAULT } from '../contract.ts';
import { formatAddress, parseAddress } from '../packet/address.ts';
import { get16 } from '../packet/bytes.ts';
import { ACK, SYN } from '../packet/tcp.ts';
import { Router } from '../router.ts';
import { config, HOST1, numbers, OUTSIDE, PEER, room, SERVER, tcp, UPLINK, udp } from './lab.ts';

export interface Measured {
  packetsPerSecond: number;
  nanoseconds: number;
  bytesPerSession: number;
}

/** Payload of a packet, bytes: most packets of a modem line are small. */
const PAYLOAD = 64;

/**
 * Opens `sessions` sessions (at most 60,000) from 50 hosts and translates `packets` packets. Figures are of the translation alone:
 * the packets are made beforehand, except for their restoring, which is measured apart and taken off.
 */
export function measureTranslation(sessions: number, packets: number, payload = PAYLOAD): Measured {
  const random = numbers(7);
  const began = Date.now();
  const mapped = new Uint16Array(sessions);
  let current = 0;
  const before = memory();
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
    random,
    began,
  );
  const limits = { ...MASQUERADE_DEFAULT, clientMappings: 60_000, clientMappingsPerSecond: 60_000 };
  router.configure(config({ masquerade: limits }), began);
  router.linkUp({ link: UPLINK, role: 'uplink', local: OUTSIDE, peer: PEER, dns: [], mtu: 1500 }, began);

  const hosts = 50;
  const data = new Uint8Array(payload).fill(0x5a);
  const slot = (40 + payload + 63) & ~63;
  for (let i = 0; i < sessions; i++) {
    current = i;
    const packet = room(outbound(i, hosts, data, true));
    router.fromHost(packet, 0, packet.length - 128, began);
  }
  const bytesPerSession = (memory() - before) / sessions;

  // A ring of packets made beforehand, restored from the originals after each round, because translation is in place.
  const ring = Math.min(sessions * 2, 16_384);
  const originals = new Uint8Array(ring * slot);
  const work = new Uint8Array(ring * slot);
  const lengths = new Uint16Array(ring);
  for (let i = 0; i < ring; i++) {
    const session = random(sessions);
    const bytes =
      (i & 1) === 0
        ? outbound(session, hosts, data, false)
        : inbound(session, mapped[session] as number, data);
    lengths[i] = bytes.length;
    originals.set(bytes, i * slot);
  }
  const round = (translate: boolean, now: number) => {
    work.set(originals);
    if (!translate) return;
    for (let i = 0; i < ring; i++) {
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
  const nanoseconds = (middle - start - (end - middle)) / (rounds * ring);
  return { packetsPerSecond: Math.round(1e9 / nanoseconds), nanoseconds, bytesPerSession };
}

function remoteOf(session: number): string {
  return formatAddress(parseAddress(SERVER) + ((session >>> 12) & 0xff));
}

/** Every other session is UDP; each from its own source port. */
function outbound(session: number, hosts: number, data: Uint8Array, first: boolean): Uint8Array {
  const host = formatAddress(parseAddress(HOST1) + (session % hosts));
  const port = 1024 + (session % 60_000);
  if ((session & 1) === 0) return udp(host, port, remoteOf(session), 7000, data);
  const facts = first
    ? { flags: SYN, sequence: 1 }
    : { flags: ACK, sequence: 2, acknowledgement: 2, payload: data };
  return tcp(host, port, remoteOf(session), 80, facts);
}

function inbound(session: number, port: number, data: Uint8Array): Uint8Array {
  if ((session & 1) === 0) return udp(remoteOf(session), 7000, OUTSIDE, port, data);
  return tcp(remoteOf(session), 80, OUTSIDE, port, {
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

function memory(): number {
  const usage = process.memoryUsage();
  return usage.rss;
}
