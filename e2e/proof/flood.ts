// Hostile traffic for the proof, bounded in count and rate, from a raw socket (raw(7), IPPROTO_RAW): it goes no further than
// the namespaces around it. The kernel fills in the IPv4 header's checksum.
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';
import { tcp, udp } from '../../engine/masquerade/packets.ts';
import { parseAddress } from '../../engine/packet/address.ts';
import { put16 } from '../../engine/packet/bytes.ts';
import { SYN } from '../../engine/packet/tcp.ts';

const AF_INET = 2;
const SOCK_RAW = 3;
const IPPROTO_RAW = 255;
const MORE_FRAGMENTS = 0x2000;
/** Largest payload of a first fragment below; a multiple of eight. */
const FRAGMENT_BYTES = 1_392;

const highPort = (): number => randomInt(1_024, 65_536);
/** Somebody far away, at addresses where no server is. */
const stranger = (): string => `198.51.100.${128 + randomInt(120)}`;
const syn = (from: string, to: string, port: number): Uint8Array =>
  tcp(from, highPort(), to, port, { flags: SYN, sequence: randomInt(2 ** 31) });

/** The first fragment of a datagram that never comes whole. */
function fragment(from: string, to: string): Uint8Array {
  const packet = udp(from, highPort(), to, 9, new Uint8Array(FRAGMENT_BYTES));
  put16(packet, 4, randomInt(1, 65_536));
  put16(packet, 6, MORE_FRAGMENTS);
  return packet;
}

type Build = (from: string, to: string, port: number, i: number) => Uint8Array;
const builds: Record<string, Build> = {
  /** SYNs of one host from ever new ports to one server. */
  'syn-out': (from, to, port) => syn(from, to, port),
  /** SYNs of strangers: to one port, or with 0 to any. */
  'syn-in': (_from, to, port) => syn(stranger(), to, port === 0 ? highPort() : port),
  /** One socket that tries every port of a server. */
  'udp-scan': (from, to, _port, i) => udp(from, 40_000, to, 1 + (i % 65_535), 'scan'),
  /** A new socket for each try: a mapping each. */
  'udp-ports': (from, to, port, i) => udp(from, 1_024 + (i % 64_000), to, port, 'scan'),
  'fragments-out': (from, to) => fragment(from, to),
  'fragments-in': (_from, to) => fragment(stranger(), to),
};

/** `KIND FROM TO PORT COUNT RATE`: COUNT packets, at most RATE a second. */
export async function flood(args: readonly string[]): Promise<{ sent: number; refused: number }> {
  const [kind = '', from = '', to = '', port = '0', count = '0', rate = '1000'] = args;
  const build = builds[kind];
  if (!build) throw new Error(`no such flood: ${kind}`);
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const sendto = libc.func(
    'intptr_t sendto(int fd, const void *buffer, size_t bytes, int flags, const void *address, uint32_t length)',
  );
  const fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW) as number;
  if (fd < 0) throw new Error('no raw socket');
  const target = Buffer.alloc(16);
  target.writeUInt16LE(AF_INET, 0);
  target.writeInt32BE(parseAddress(to) | 0, 4);
  const began = performance.now();
  let sent = 0;
  let refused = 0;
  for (let i = 0; i < Number(count); ) {
    const due = Math.min(Number(count), ((performance.now() - began) * Number(rate)) / 1_000);
    for (; i < due; i++) {
      const packet = build(from, to, Number(port), i);
      if ((sendto(fd, packet, packet.length, 0, target, 16) as number) === packet.length) sent++;
      else refused++;
    }
    await sleep(1);
  }
  return { sent, refused };
}
