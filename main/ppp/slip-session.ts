/**
 * One end of a SLIP or CSLIP link (RFC 1055, RFC 1144) in the shape of a PppSession, so that both run under one link
 * session with its scheduler. For the calling side and for the side that is called.
 *
 * There is nothing to agree on: the link is up with the carrier, with the addresses it was given, and nobody says who he is.
 */
import { addressBytes, u32 } from './packet.ts';
import { type SlipConfig, SlipLink } from './slip.ts';
import type { PppSink } from './types.ts';

/** Stands for a peer that names no address of its own; as in IPCP. */
export { PLACEHOLDER_PEER } from './ipcp.ts';

/** Always received, whatever we send; RFC 1055 asks for 1006 only. */
const LARGEST_RECEIVED = 1500;
/** RFC 1055's largest packet, which every SLIP takes. */
export const SLIP_LARGEST_SENT = 1006;
/** After this long without sending, a packet begins with an END of its own, milliseconds. */
const IDLE_END_MS = 100;
const NOTHING = new Uint8Array(0);

export interface SlipSessionConfig {
  local: string;
  peer: string;
  dns: string[];
  /** Largest packet to send, bytes; not above 1006. */
  mtu: number;
  compression: SlipConfig['compression'];
  /** The one address that packets from the line may come from (a caller's own); `null`: any. */
  onlySource: string | null;
}

export class SlipSession {
  private readonly config: SlipSessionConfig;
  private readonly sink: PppSink;
  private readonly link: SlipLink;
  private readonly onlySource: number | null;
  private up = false;
  private spoke = false;
  private lastSent = Number.NEGATIVE_INFINITY;

  constructor(config: SlipSessionConfig, sink: PppSink) {
    this.config = config;
    this.sink = sink;
    this.onlySource = config.onlySource === null ? null : u32(addressBytes(config.onlySource), 0);
    this.link = new SlipLink(
      { mtu: LARGEST_RECEIVED, compression: config.compression },
      (packet, offset, length) => this.deliver(packet, offset, length),
    );
  }

  get isUp(): boolean {
    return this.up;
  }

  /** A whole packet has come. */
  get peerSpoke(): boolean {
    return this.spoke;
  }

  get counters(): SlipLink['counters'] {
    return this.link.counters;
  }

  lowerUp(_now: number): void {
    if (this.up) return;
    this.link.reset();
    this.spoke = false;
    this.lastSent = Number.NEGATIVE_INFINITY;
    this.up = true;
    const { local, peer, dns, mtu, compression } = this.config;
    this.sink.event({ type: 'phase', phase: 'open' });
    this.sink.event({
      type: 'up',
      up: {
        local,
        peer,
        dns,
        mtu: Math.min(mtu, SLIP_LARGEST_SENT),
        authentication: 'none',
        compression: compression === 'on' ? ['SLIP', 'VJ'] : ['SLIP'],
        user: null,
        roundTrips: 0,
      },
    });
  }

  lowerDown(_now: number): void {
    this.end('carrier-lost');
  }

  /** At once: SLIP has no word for goodbye. */
  close(_now: number): void {
    this.end('requested');
  }

  receive(bytes: Uint8Array, _now: number): void {
    if (this.up) this.link.receive(bytes);
  }

  advance(_now: number): void {}

  nextDeadline(): null {
    return null;
  }

  /** There is no echo in SLIP. */
  sendEcho(_now: number): false {
    return false;
  }

  /** An IPv4 packet as octets for the line; a view that holds until the next call. Empty if it may not be sent. */
  encode(packet: Uint8Array, offset: number, length: number, now: number): Uint8Array {
    if (!this.up || length > LARGEST_RECEIVED) return NOTHING;
    const idle = now - this.lastSent > IDLE_END_MS;
    this.lastSent = now;
    return this.link.encode(packet, offset, length, idle);
  }

  private deliver(packet: Uint8Array, offset: number, length: number): void {
    if (this.onlySource !== null && u32(packet, offset + 12) !== this.onlySource) return;
    this.spoke = true;
    this.sink.deliver(packet, offset, length);
  }

  private end(reason: 'requested' | 'carrier-lost'): void {
    if (!this.up) return;
    this.up = false;
    this.sink.event({ type: 'phase', phase: 'dead' });
    this.sink.event({ type: 'down', reason, detail: '' });
  }
}
