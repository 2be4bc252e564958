/**
 * A TUN interface: whole IPv4 packets in and out of a descriptor, no offload headers (without IFF_VNET_HDR the kernel hands
 * out neither oversized packets nor partial checksums). Reads in batches from the event loop; pausing is back-pressure.
 *
 * What is written is taken in by the kernel on a thread of its own, several packets of a stream as one (NAPI and GRO, as with
 * a network card), not within our call: that halves what a packet costs us.
 */
import { writeFileSync } from 'node:fs';
import type { Fault } from '../contract.ts';
import { fault } from './faults.ts';
import * as libc from './libc.ts';

const TUNSETIFF = 0x400454ca;
const TUNSETSNDBUF = 0x400454d4;
const IFF_TUN_NO_PI = 0x1001;
const IFF_NAPI = 0x0010;
/** What may wait for the kernel's thread, by its own count; it bounds memory, the thread is far faster than any line. */
const WAITING_BYTES = 4 << 20;
/** How long a TCP segment may wait for the next of its stream, ns. */
const GATHER_NS = 20_000;
const IFREQ_BYTES = 40;
const BATCH = 64;
/** Largest packet taken, and the room a helper may need after it. */
const SLOT_BYTES = 2048;
const ROOM_BYTES = 256;

/** A packet at the beginning of `buffer`, with room after it; borrowed until the call returns. */
export type PacketSink = (buffer: Uint8Array, length: number) => void;

export class Tun {
  readonly name: string;
  readonly #fd: number;
  readonly #readiness: libc.Readiness;
  readonly #slot = new Uint8Array(SLOT_BYTES + ROOM_BYTES);
  readonly #window = this.#slot.subarray(0, SLOT_BYTES);
  readonly #outgoing = new Uint8Array(SLOT_BYTES + ROOM_BYTES);
  readonly #packet: PacketSink;
  readonly #batchEnd: () => void;
  #open = true;
  #reading = false;
  /** Packets the kernel would not take (interface down, queue full). */
  refused = 0;

  private constructor(name: string, fd: number, packet: PacketSink, batchEnd: () => void) {
    this.name = name;
    this.#fd = fd;
    this.#packet = packet;
    this.#batchEnd = batchEnd;
    this.#readiness = libc.whenReadable(fd, () => this.#readBatch());
  }

  /** Makes the interface `name`; it vanishes with the descriptor. Needs CAP_NET_ADMIN. */
  static open(
    name: string,
    packet: PacketSink,
    batchEnd: () => void,
  ): { ok: true; tun: Tun } | { ok: false; fault: Fault } {
    const fd = libc.open('/dev/net/tun', libc.O_RDWR | libc.O_NONBLOCK | libc.O_CLOEXEC);
    if (fd < 0) return { ok: false, fault: noTun(libc.errorName(libc.errno())) };
    const request = Buffer.alloc(IFREQ_BYTES);
    request.write(name, 0, 15, 'latin1');
    let code = attach(fd, request, IFF_TUN_NO_PI | IFF_NAPI);
    if (code === libc.EINVAL) code = attach(fd, request, IFF_TUN_NO_PI);
    if (code !== 0) {
      libc.close(fd);
      return { ok: false, fault: code === libc.EBUSY ? tunBusy(name) : noTun(libc.errorName(code)) };
    }
    const waiting = Buffer.alloc(4);
    waiting.writeInt32LE(WAITING_BYTES);
    libc.ioctl(fd, TUNSETSNDBUF, waiting);
    takeInOnThread(name);
    return { ok: true, tun: new Tun(name, fd, packet, batchEnd) };
  }

  start(): void {
    if (!this.#open || this.#reading) return;
    this.#reading = true;
    this.#readiness.start();
  }

  pause(): void {
    if (!this.#reading) return;
    this.#reading = false;
    this.#readiness.stop();
  }

  write(buffer: Uint8Array, offset: number, length: number): void {
    if (!this.#open) return;
    let from = buffer;
    if (offset !== 0) {
      if (length > this.#outgoing.length) return;
      this.#outgoing.set(buffer.subarray(offset, offset + length));
      from = this.#outgoing;
    }
    if (libc.write(this.#fd, from, length) !== length) this.refused++;
  }

  close(): void {
    if (!this.#open) return;
    this.pause();
    this.#open = false;
    this.#readiness.close();
    libc.close(this.#fd);
  }

  /** The poll is level-triggered: what is left after a batch is read in the next turn of the event loop. */
  #readBatch(): void {
    for (let i = 0; i < BATCH && this.#reading; i++) {
      const length = libc.read(this.#fd, this.#window);
      if (length <= 0) break;
      this.#packet(this.#slot, length);
    }
    this.#batchEnd();
  }
}

/** Makes the interface of a request; 0, or the error. Kernels before 4.15 know no IFF_NAPI. */
function attach(fd: number, request: Buffer, flags: number): number {
  request.writeUInt16LE(flags, 16);
  return libc.ioctl(fd, TUNSETIFF, request) === 0 ? 0 : libc.errno();
}

/** Where sysfs cannot be written (some containers, kernels before 5.12) the kernel takes packets in within our call. */
function takeInOnThread(name: string): void {
  try {
    writeFileSync(`/sys/class/net/${name}/threaded`, '1');
    writeFileSync(`/sys/class/net/${name}/gro_flush_timeout`, String(GATHER_NS));
  } catch {}
}

function noTun(detail: string): Fault {
  return fault(
    'tun-missing',
    'This computer has no TUN device, so packets cannot be handed to the engine.',
    'The kernel has no “tun” module loaded, or this runs in a container that was not given /dev/net/tun.',
    'Load it with “sudo modprobe tun”; in a container, start it with --device=/dev/net/tun and NET_ADMIN.',
    detail,
  );
}

function tunBusy(name: string): Fault {
  return fault(
    'tun-busy',
    `Another program already uses the interface ${name}.`,
    'A second Masq-Gate runs on this computer, or a program chose the same name.',
    `Find it with “ip -details link show ${name}”, end it, then dial again.`,
  );
}
