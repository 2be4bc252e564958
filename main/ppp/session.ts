/**
 * One end of a PPP link over an asynchronous line, client or server: octets and time in, frames, packets, events out.
 *
 * This is the face: framing, counters, the way of data. What happens in a call, phase by phase, is call.ts. Knows no
 * modem, timer or socket; after every input ask `nextDeadline` again. Serves call after call: `lowerUp` begins one,
 * the `down` event ends it. Encode a packet just before it is written: VJ and Deflate depend on the order on the line.
 */
import { PppCall } from './call.ts';
import { describePacket } from './describe.ts';
import { DEFAULT_ACCM, type FrameError, HdlcDecoder, HdlcEncoder } from './hdlc.ts';
import { LineNoise } from './noise.ts';
import { PROTOCOL_LCP, parsePacket, u8, u16 } from './packet.ts';
import type { PppClientConfig, PppCloseReason, PppCounters, PppServerConfig, PppSink } from './types.ts';

export { closeReasonFault } from './reasons.ts';
export type * from './types.ts';

/** After this long without sending, a frame begins with a flag of its own, milliseconds. */
const IDLE_FLAG_MS = 100;
const NOTHING = new Uint8Array(0);

export class PppSession {
  readonly counters: PppCounters = {
    framesIn: 0,
    framesOut: 0,
    fcsErrors: 0,
    runts: 0,
    overruns: 0,
    bytesIn: 0,
    bytesOut: 0,
  };

  private readonly config: PppClientConfig | PppServerConfig;
  private readonly sink: PppSink;
  private readonly random: (bytes: number) => Uint8Array;
  private readonly decoder: HdlcDecoder;
  /** Two, because a control frame may be made while a data frame still waits to be written. */
  private readonly controlEncoder: HdlcEncoder;
  private readonly dataEncoder: HdlcEncoder;
  private readonly noise = new LineNoise();
  private call: PppCall | null = null;
  private lastSent = Number.NEGATIVE_INFINITY;
  private now = 0;

  /** `random` gives that many unpredictable octets: magic numbers and challenges. */
  constructor(
    config: PppClientConfig | PppServerConfig,
    sink: PppSink,
    random: (bytes: number) => Uint8Array,
  ) {
    this.config = config;
    this.sink = sink;
    this.random = random;
    // RFC 1661 §6.1: whatever MRU we ask for, 1500 octets must always be received.
    const largest = Math.max(1500, config.mru) + 64;
    this.decoder = new HdlcDecoder(
      largest,
      (frame, length) => this.receiveFrame(frame, length),
      (error) => this.frameError(error),
    );
    this.controlEncoder = new HdlcEncoder(largest);
    this.dataEncoder = new HdlcEncoder(largest);
  }

  /** IP may be sent. */
  get isUp(): boolean {
    return this.call?.isUp ?? false;
  }

  /** The other side has said something in PPP that was not our own words come back. */
  get peerSpoke(): boolean {
    return this.call?.peerSpoke ?? false;
  }

  /** There is a carrier: negotiation begins at once. Does nothing during a call. */
  lowerUp(now: number): void {
    if (this.call !== null) return;
    this.now = now;
    this.lastSent = Number.NEGATIVE_INFINITY;
    this.noise.clear();
    this.decoder.reset();
    this.frameSettings(DEFAULT_ACCM, DEFAULT_ACCM, false, false);
    this.call = new PppCall(
      this.config,
      {
        send: (protocol, packet, at) => this.sendControl(protocol, packet, at),
        deliver: (packet, offset, length) => this.sink.deliver(packet, offset, length),
        event: (event) => this.sink.event(event),
        framing: (send, receive, pfc, acfc) => this.frameSettings(send, receive, pfc, acfc),
        ended: (reason, detail) => this.ended(reason, detail),
      },
      this.noise,
      this.random,
    );
    this.call.begin(now);
  }

  /** The carrier is gone: down at once, nothing more is sent. */
  lowerDown(now: number): void {
    this.call?.carrierLost(now);
  }

  /** Ends the call politely, at most two Terminate-Requests; `down` with 'requested' follows, often only later. */
  close(now: number): void {
    this.call?.close('requested', '', now);
  }

  /** Octets off the line, split anywhere. */
  receive(bytes: Uint8Array, now: number): void {
    if (this.call === null) return;
    this.now = now;
    this.counters.bytesIn += bytes.length;
    if (!this.call.peerSpoke) this.noise.append(bytes);
    this.decoder.push(bytes);
  }

  /** Fires what is due at `now`. */
  advance(now: number): void {
    this.call?.advance(now);
  }

  /** When `advance` is next needed, milliseconds; `null`: only input can change anything. */
  nextDeadline(): number | null {
    return this.call?.nextDeadline() ?? null;
  }

  /** Sends an Echo-Request now, whose answer is an `echo` event: times a busy line. False: not up, or one is out. */
  sendEcho(now: number): boolean {
    return this.call?.sendEcho(now) ?? false;
  }

  /**
   * An IPv4 packet as a whole frame for the line: a view that holds until the next `encode`.
   * Empty if the link is not open or the packet is longer than the peer can receive.
   */
  encode(packet: Uint8Array, offset: number, length: number, now: number): Uint8Array {
    const call = this.call;
    if (!call?.isUp || length > call.peerMru) return NOTHING;
    const { data } = call;
    data.outbound(packet, offset, length);
    const open = this.idle(now);
    const frame = this.dataEncoder.encode(data.protocol, data.bytes, data.offset, data.length, false, open);
    this.count(frame);
    return frame;
  }

  private sendControl(protocol: number, packet: Uint8Array, now: number): void {
    const plain = protocol === PROTOCOL_LCP;
    const frame = this.controlEncoder.encode(protocol, packet, 0, packet.length, plain, this.idle(now));
    this.count(frame);
    this.sink.control(frame);
  }

  private idle(now: number): boolean {
    const idle = now - this.lastSent > IDLE_FLAG_MS;
    this.lastSent = now;
    return idle;
  }

  private count(frame: Uint8Array): void {
    this.counters.framesOut++;
    this.counters.bytesOut += frame.length;
  }

  private frameSettings(send: number, receive: number, pfc: boolean, acfc: boolean): void {
    this.decoder.setAccm(receive);
    for (const encoder of [this.controlEncoder, this.dataEncoder]) {
      encoder.setAccm(send);
      encoder.protocolCompression = pfc;
      encoder.addressControlCompression = acfc;
    }
  }

  /** Address, control and protocol fields may be compressed whether or not that was agreed. */
  private receiveFrame(frame: Uint8Array, length: number): void {
    const call = this.call;
    if (call === null) return;
    this.counters.framesIn++;
    let at = length >= 2 && u8(frame, 0) === 0xff && u8(frame, 1) === 0x03 ? 2 : 0;
    if (at >= length) return;
    let protocol = u8(frame, at++);
    if ((protocol & 1) === 0) {
      if (at >= length || (u8(frame, at) & 1) === 0) return;
      protocol = u16(frame, at - 1);
      at++;
    }
    if (call.isUp && call.data.inbound(protocol, frame, at, length - at, this.now)) call.heard(this.now);
    else if (!call.accepts(protocol)) call.receiveUnknown(protocol, frame.slice(at, length), this.now);
    else {
      const packet = parsePacket(frame, at, length);
      if (packet === null) return;
      this.sink.event({ type: 'log', text: `received ${describePacket(protocol, packet)}` });
      call.receive(protocol, packet, this.now);
    }
  }

  private frameError(error: FrameError): void {
    if (error === 'fcs') this.counters.fcsErrors++;
    else if (error === 'runt') this.counters.runts++;
    else this.counters.overruns++;
    this.call?.data.lost();
  }

  private ended(reason: PppCloseReason, detail: string): void {
    this.call = null;
    this.sink.event({ type: 'phase', phase: 'dead' });
    this.sink.event({ type: 'down', reason, detail });
  }
}
