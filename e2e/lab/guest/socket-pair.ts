/** Two joined Unix stream sockets whose buffers hold as little as the kernel lets them (some bytes, by its own accounting). */
import koffi from 'koffi';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;

/** File descriptors, both the caller's to close. Throws if the system has none to give. */
export function smallSocketPair(): [number, number] {
  const c = koffi.load(null);
  const socketpair = c.func('int socketpair(int, int, int, _Out_ int *)');
  const setsockopt = c.func('int setsockopt(int, int, int, const int *, uint32_t)');
  const pair: number[] = [0, 0];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) !== 0) throw new Error('no socket pair');
  const [near, far] = pair as [number, number];
  // The kernel raises what is asked to its least.
  for (const fd of pair) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, [1], 4);
  return [near, far];
}
