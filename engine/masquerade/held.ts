// Packets that asked for the line and wait for it (demand dialling). Only a UDP datagram or a TCP SYN asks; what machines chatter
// about on their own, and anything that belonged to the last call, never does. Few, each flow once, and not for ever.
import { get16, get32 } from '../packet/bytes.ts';
import { headerLength, TCP, UDP } from '../packet/ipv4.ts';
import { ACK, RST, SYN } from '../packet/tcp.ts';

const PLACES = 32;
const PLACES_A_CLIENT = 8;
const LARGEST = 1500;
const ROOM = 128;
/** A SYN or datagram older than this is of no use to anybody; its sender has tried again. */
export const HOLD_MS = 60_000;
/** A DNS client has given up by then, and a late answer only confuses it. */
export const HOLD_DNS_MS = 10_000;

/** NetBIOS, DHCP, NTP, SSDP, LLMNR, mDNS, WS-Discovery and printer chatter: not a person's wish for the line. */
const CHATTER = new Set([67, 68, 123, 137, 138, 139, 445, 1900, 3702, 5353, 5355, 8610, 8612]);

interface Place {
  used: boolean;
  at: number;
  origin: number;
  source: number;
  destination: number;
  ports: number;
  protocol: number;
  length: number;
  readonly bytes: Uint8Array;
}

export class HeldPackets {
  readonly #places: Place[] = [];

  /** Whether this packet is one that may ask for the line. `t`: its transport header. */
  asks(b: Uint8Array, o: number): boolean {
    const protocol = b[o + 9];
    const t = o + headerLength(b, o);
    if (protocol === TCP) return ((b[t + 13] as number) & (SYN | ACK | RST)) === SYN;
    return protocol === UDP && !CHATTER.has(get16(b, t + 2));
  }

  /** Keeps a copy; a newer packet of the same flow takes the older one's place. False when there was no room. */
  hold(b: Uint8Array, o: number, length: number, origin: number, now: number): boolean {
    if (length > LARGEST) return false;
    this.expire(now);
    const t = o + headerLength(b, o);
    const source = get32(b, o + 12);
    const destination = get32(b, o + 16);
    const ports = get32(b, t);
    const protocol = b[o + 9] as number;
    let free: Place | undefined;
    let same: Place | undefined;
    let own = 0;
    for (const place of this.#places) {
      if (!place.used) free ??= place;
      else if (place.source === source) {
        own++;
        if (place.destination === destination && place.ports === ports && place.protocol === protocol)
          same = place;
      }
    }
    if (!same && own >= PLACES_A_CLIENT) return false;
    let place = same ?? free;
    if (!place) {
      if (this.#places.length >= PLACES) return false;
      place = {
        used: false,
        at: 0,
        origin: 0,
        source: 0,
        destination: 0,
        ports: 0,
        protocol: 0,
        length: 0,
        bytes: new Uint8Array(LARGEST + ROOM),
      };
      this.#places.push(place);
    }
    place.used = true;
    place.at = now;
    place.origin = origin;
    place.source = source;
    place.destination = destination;
    place.ports = ports;
    place.protocol = protocol;
    place.length = length;
    for (let i = 0; i < length; i++) place.bytes[i] = b[o + i] as number;
    return true;
  }

  get size(): number {
    let count = 0;
    for (const place of this.#places) if (place.used) count++;
    return count;
  }

  /** Hands every packet that is still of use to `send`, oldest first, and forgets all; returns how many were sent. */
  release(now: number, send: (bytes: Uint8Array, length: number, origin: number) => void): number {
    this.expire(now);
    const waiting = this.#places.filter((place) => place.used).sort((a, b) => a.at - b.at);
    for (const place of waiting) place.used = false;
    for (const place of waiting) send(place.bytes, place.length, place.origin);
    return waiting.length;
  }

  /** Forgets a client's packets. */
  forget(source: number): void {
    for (const place of this.#places) if (place.source === source) place.used = false;
  }

  expire(now: number): number {
    let count = 0;
    for (const place of this.#places) {
      const dns = place.protocol === UDP && (place.ports & 0xffff) === 53;
      if (place.used && now - place.at >= (dns ? HOLD_DNS_MS : HOLD_MS)) {
        place.used = false;
        count++;
      }
    }
    return count;
  }
}
