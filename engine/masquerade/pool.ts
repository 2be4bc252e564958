// The outside ports of one uplink and one protocol (RFC 4787 §4.2, RFC 6056): the source port is kept if free, else one of the
// same class and parity, else an unpredictable one. A freed port rests 120 s (RFC 6888 REQ-8), but the same inside endpoint
// may have it back at once. Also knows which mapping owns a port.

export const REST_QUARTERS = 480;
const PORTS = 65_536;

/** First and last port of the class of `port`: below 512 and 512-1023 (where rsh and rlogin live) are kept apart. */
function classFirst(port: number): number {
  return port < 512 ? 1 : port < 1024 ? 512 : 1024;
}
function classLast(port: number): number {
  return port < 512 ? 511 : port < 1024 ? 1023 : 65_535;
}

export class PortPool {
  /** Mapping row + 1 that owns the port, 0 when nobody does. */
  readonly #owner = new Int32Array(PORTS);
  readonly #restsUntil = new Int32Array(PORTS);
  readonly #restAddress = new Int32Array(PORTS);
  readonly #restPort = new Uint16Array(PORTS);
  readonly #random: (bound: number) => number;
  readonly #reserved: (port: number) => boolean;
  /** Identifiers (ICMP, GRE) have no classes and no parity, and 0 is one of them. */
  readonly #plain: boolean;
  used = 0;

  constructor(random: (bound: number) => number, reserved: (port: number) => boolean, plain: boolean) {
    this.#random = random;
    this.#reserved = reserved;
    this.#plain = plain;
  }

  /** The mapping that owns a port, or -1. */
  ownerOf(port: number): number {
    return (this.#owner[port] as number) - 1;
  }

  isFree(port: number, address: number, insidePort: number, now: number): boolean {
    if (this.#owner[port] !== 0 || this.#reserved(port)) return false;
    if ((this.#restsUntil[port] as number) <= now) return true;
    return this.#restAddress[port] === address && this.#restPort[port] === insidePort;
  }

  /** A free port for an inside endpoint, or -1 when none is left. `now` in quarter seconds. */
  choose(address: number, insidePort: number, now: number): number {
    if (this.isFree(insidePort, address, insidePort, now)) return insidePort;
    const first = this.#plain ? 0 : classFirst(insidePort);
    const last = this.#plain ? PORTS - 1 : classLast(insidePort);
    if (!this.#plain) {
      const port = this.#scan(first, last, 2, insidePort & 1, address, insidePort, now);
      if (port >= 0) return port;
    }
    // The class is kept even when it is full: a port of another class would promise what the sender has not.
    return this.#scan(first, last, 1, 0, address, insidePort, now);
  }

  /** The even one of two adjacent free ports (RFC 3550 §11), or -1. */
  choosePair(address: number, insidePort: number, now: number): number {
    const even = insidePort & ~1;
    if (
      (insidePort & 1) === 0 &&
      this.isFree(even, address, even, now) &&
      this.isFree(even + 1, address, even + 1, now)
    )
      return even;
    const pairs = (PORTS - 1024) / 2;
    const start = this.#random(pairs);
    for (let i = 0; i < pairs; i++) {
      const port = 1024 + ((start + i) % pairs) * 2;
      if (this.isFree(port, address, insidePort, now) && this.isFree(port + 1, address, insidePort + 1, now))
        return port;
    }
    return -1;
  }

  own(port: number, mapping: number): void {
    if (this.#owner[port] === 0) this.used++;
    this.#owner[port] = mapping + 1;
  }

  /** Frees a port; it rests for everybody but this inside endpoint. */
  release(port: number, address: number, insidePort: number, now: number): void {
    if (this.#owner[port] !== 0) this.used--;
    this.#owner[port] = 0;
    this.#restsUntil[port] = now + REST_QUARTERS;
    this.#restAddress[port] = address;
    this.#restPort[port] = insidePort;
  }

  /** From an unpredictable start through the whole class, by `step`, only ports of this parity when the step is 2. */
  #scan(
    first: number,
    last: number,
    step: number,
    parity: number,
    address: number,
    insidePort: number,
    now: number,
  ): number {
    const base = step === 2 && (first & 1) !== parity ? first + 1 : first;
    const count = Math.floor((last - base) / step) + 1;
    const start = this.#random(count);
    for (let i = 0; i < count; i++) {
      const port = base + ((start + i) % count) * step;
      if (this.isFree(port, address, insidePort, now)) return port;
    }
    return -1;
  }
}
