/**
 * The few C library calls that Node does not offer: TUN ioctl, non-blocking read and write of a descriptor, flock, socket
 * options and modem lines. Constants are Linux's, the same on x86, ARM and RISC-V. Returns -1 as C does; see `errno`.
 */
import koffi from 'koffi';

const libc = koffi.load(null);
const cOpen = libc.func('int open(const char *path, int flags, int mode)');
const cClose = libc.func('int close(int fd)');
const cRead = libc.func('intptr_t read(int fd, void *buffer, size_t bytes)');
const cWrite = libc.func('intptr_t write(int fd, const void *buffer, size_t bytes)');
const cIoctl = libc.func('int ioctl(int fd, unsigned long request, void *argument)');
const cFlock = libc.func('int flock(int fd, int operation)');
const cGetsockopt = libc.func('int getsockopt(int fd, int level, int name, void *value, void *length)');
const cSetsockopt = libc.func(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const cSocket = libc.func('int socket(int domain, int type, int protocol)');
const cBind = libc.func('int bind(int fd, const void *address, uint32_t length)');
const cSendto = libc.func(
  'intptr_t sendto(int fd, const void *buffer, size_t bytes, int flags, const void *address, uint32_t length)',
);

export const O_RDWR = 2;
export const O_CREAT = 0o100;
export const O_NOCTTY = 0o400;
export const O_NONBLOCK = 0o4000;
export const O_NOFOLLOW = 0o400000;
export const O_CLOEXEC = 0o2000000;

export const EAGAIN = 11;
export const EBUSY = 16;
export const EINVAL = 22;
export const ENOENT = 2;

export const errno = (): number => koffi.errno();
export const errorName = (code: number): string =>
  Object.entries(koffi.os.errno).find(([, value]) => value === code)?.[0] ?? `errno ${code}`;

export const open = (path: string, flags: number, mode = 0): number => cOpen(path, flags, mode) as number;
export const close = (fd: number): number => cClose(fd) as number;
/** Reads into the beginning of `buffer`. */
export const read = (fd: number, buffer: Uint8Array): number => cRead(fd, buffer, buffer.length) as number;
/** Writes the first `bytes` of `buffer`. */
export const write = (fd: number, buffer: Uint8Array, bytes: number): number =>
  cWrite(fd, buffer, bytes) as number;
export const ioctl = (fd: number, request: number, argument: Uint8Array): number =>
  cIoctl(fd, request, argument) as number;

/** Takes a whole-file lock without waiting; it lives as long as any copy of the descriptor. */
export function tryLock(fd: number): boolean {
  return cFlock(fd, 2 | 4) === 0;
}

const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_PEERCRED = 17;

export interface PeerCredentials {
  pid: number;
  uid: number;
  gid: number;
}

/** Who is at the other end of a Unix socket, by the kernel's word (unix(7)). */
export function peerCredentials(fd: number): PeerCredentials | null {
  const value = Buffer.alloc(12);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(12);
  if (cGetsockopt(fd, SOL_SOCKET, SO_PEERCRED, value, length) !== 0) return null;
  return { pid: value.readInt32LE(0), uid: value.readUInt32LE(4), gid: value.readUInt32LE(8) };
}

/** Sets both socket buffers; the kernel doubles the figure for its own books. */
export function setSocketBuffers(fd: number, bytes: number): void {
  const value = Buffer.alloc(4);
  value.writeInt32LE(bytes);
  cSetsockopt(fd, SOL_SOCKET, SO_SNDBUF, value, 4);
  cSetsockopt(fd, SOL_SOCKET, SO_RCVBUF, value, 4);
}

const SO_BINDTODEVICE = 25;

/** Keeps a socket to one network card, in and out (socket(7)). */
export function bindToDevice(fd: number, card: string): boolean {
  const name = Buffer.from(`${card}\0`);
  return cSetsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length) === 0;
}

const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const ETH_P_IP = 0x0800;
const SOCK_NONBLOCK_CLOEXEC = O_NONBLOCK | O_CLOEXEC;

/** `sockaddr_ll` for the broadcast address of one card (packet(7)). */
function linkLayerBroadcast(interfaceIndex: number): Buffer {
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_IP, 2);
  address.writeInt32LE(interfaceIndex, 4);
  address.writeUInt8(6, 11);
  address.fill(0xff, 12, 18);
  return address;
}

/** A socket that sees whole IPv4 packets of one card, whatever the port tables say; -1 when refused. */
export function openPacketSocket(interfaceIndex: number): number {
  const protocol = ((ETH_P_IP & 0xff) << 8) | (ETH_P_IP >>> 8);
  const fd = cSocket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK_CLOEXEC, protocol) as number;
  if (fd < 0) return -1;
  if (cBind(fd, linkLayerBroadcast(interfaceIndex), 20) !== 0) {
    close(fd);
    return -1;
  }
  return fd;
}

export function broadcast(fd: number, interfaceIndex: number, packet: Uint8Array): boolean {
  return cSendto(fd, packet, packet.length, 0, linkLayerBroadcast(interfaceIndex), 20) === packet.length;
}

export interface Readiness {
  start(): void;
  stop(): void;
  close(): void;
}

/** Calls back from the event loop, again and again, while the descriptor is readable and this is started. */
export function whenReadable(fd: number, callback: () => void): Readiness {
  const handle = koffi.node.poll(fd, { readable: true }, callback);
  handle.stop();
  return {
    start: () => handle.start({ readable: true }, callback),
    stop: () => handle.stop(),
    close: () => handle.close(),
  };
}
