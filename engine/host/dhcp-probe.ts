/**
 * Is there another DHCP server on the LAN? Sends one DHCPDISCOVER (RFC 2131) from a packet socket of the card, so that no
 * port need be free, and listens for offers. Building and reading are pure; nothing is ever requested.
 */
import { broadcast, close, openPacketSocket, read, whenReadable } from './libc.ts';
import { runJson } from './run.ts';

const IP_BYTES = 20;
const UDP_BYTES = 8;
const BOOTP_BYTES = 236;
const COOKIE = 0x63825363;
const OPTION_END = 255;
const OPTION_MESSAGE_TYPE = 53;
const OPTION_SERVER_IDENTIFIER = 54;
const DISCOVER = 1;
const OFFER = 2;
/** A server that pings an address before it offers it (dnsmasq, ISC) takes three seconds for that. */
const WAIT_MS = 4_500;

/** A whole IPv4 packet, 0.0.0.0 to 255.255.255.255, with the broadcast flag so that every answer is seen. */
export function buildDiscover(mac: Uint8Array, transaction: number): Uint8Array {
  const options = [OPTION_MESSAGE_TYPE, 1, DISCOVER, 55, 2, 1, 3, OPTION_END];
  const total = IP_BYTES + UDP_BYTES + BOOTP_BYTES + 4 + 60;
  const packet = Buffer.alloc(total);
  packet.writeUInt8(0x45, 0);
  packet.writeUInt16BE(total, 2);
  packet.writeUInt8(64, 8);
  packet.writeUInt8(17, 9);
  packet.writeUInt32BE(0xffffffff, 16);
  packet.writeUInt16BE(headerChecksum(packet), 10);
  packet.writeUInt16BE(68, IP_BYTES);
  packet.writeUInt16BE(67, IP_BYTES + 2);
  packet.writeUInt16BE(total - IP_BYTES, IP_BYTES + 4);
  const bootp = packet.subarray(IP_BYTES + UDP_BYTES);
  bootp.writeUInt8(1, 0);
  bootp.writeUInt8(1, 1);
  bootp.writeUInt8(6, 2);
  bootp.writeUInt32BE(transaction, 4);
  bootp.writeUInt16BE(0x8000, 10);
  bootp.set(mac.subarray(0, 6), 28);
  bootp.writeUInt32BE(COOKIE, BOOTP_BYTES);
  bootp.set(options, BOOTP_BYTES + 4);
  return packet;
}

/** The server's address when the packet is an offer to our transaction; null for everything else. */
export function readOffer(packet: Uint8Array, length: number, transaction: number): string | null {
  const view = Buffer.from(packet.buffer, packet.byteOffset, length);
  if (length < IP_BYTES || (view.readUInt8(0) & 0xf0) !== 0x40) return null;
  const header = (view.readUInt8(0) & 15) * 4;
  const start = header + UDP_BYTES;
  if (header < IP_BYTES || length < start + BOOTP_BYTES + 4 || view.readUInt8(9) !== 17) return null;
  if (view.readUInt16BE(header) !== 67 || view.readUInt16BE(header + 2) !== 68) return null;
  const bootp = view.subarray(start);
  if (bootp.readUInt8(0) !== 2 || bootp.readUInt32BE(4) !== transaction) return null;
  if (bootp.readUInt32BE(BOOTP_BYTES) !== COOKIE) return null;
  let server = [...view.subarray(12, 16)].join('.');
  let type = 0;
  for (let at = BOOTP_BYTES + 4; at + 1 < bootp.length && bootp[at] !== OPTION_END; ) {
    if (bootp[at] === 0) {
      at++;
      continue;
    }
    const size = bootp.readUInt8(at + 1);
    const value = bootp.subarray(at + 2, at + 2 + size);
    if (bootp[at] === OPTION_MESSAGE_TYPE && value.length === 1) type = value.readUInt8(0);
    if (bootp[at] === OPTION_SERVER_IDENTIFIER && value.length === 4) server = [...value].join('.');
    at += 2 + size;
  }
  return type === OFFER ? server : null;
}

function headerChecksum(packet: Buffer): number {
  let sum = 0;
  for (let at = 0; at < IP_BYTES; at += 2) sum += packet.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Address of another DHCP server, or null when none answered in time (or the card cannot be asked). */
export async function findDhcpServer(lanInterface: string, transaction: number): Promise<string | null> {
  const cards = (await runJson('ip', ['-j', 'link', 'show', 'dev', lanInterface])) as
    | { ifindex: number; address: string }[]
    | null;
  const card = cards?.[0];
  return card === undefined ? null : ask(card.ifindex, macBytes(card.address), transaction);
}

function macBytes(text: string): Uint8Array {
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}

function ask(index: number, mac: Uint8Array, transaction: number): Promise<string | null> {
  const fd = openPacketSocket(index);
  if (fd < 0) return Promise.resolve(null);
  return new Promise((resolve) => {
    const buffer = new Uint8Array(2048);
    const readiness = whenReadable(fd, () => {
      for (let length = read(fd, buffer); length > 0; length = read(fd, buffer)) {
        const server = readOffer(buffer, length, transaction);
        if (server !== null) return finish(server);
      }
    });
    const discover = buildDiscover(mac, transaction);
    const again = setTimeout(() => broadcast(fd, index, discover), WAIT_MS / 2);
    const limit = setTimeout(() => finish(null), WAIT_MS);
    const finish = (server: string | null): void => {
      clearTimeout(again);
      clearTimeout(limit);
      readiness.stop();
      readiness.close();
      close(fd);
      resolve(server);
    };
    readiness.start();
    broadcast(fd, index, discover);
  });
}
