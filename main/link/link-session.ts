/**
 * PPP over an established call, with the scheduler between the IP packets and the line, and the one timer of both.
 *
 * Control frames go to the line at once and are only charged to the pacing; IP packets are framed when their turn comes,
 * because header compression and Deflate depend on the order of sending. What leaves in one turn is one write.
 */
import type { LostCause } from '../modem/call.ts';
import type { PppCloseReason, PppEvent, PppSink } from '../ppp/types.ts';
import { HeardText } from './heard-text.ts';
import { asksForLogin } from './login-prompts.ts';
import { PacketView } from './packet-view.ts';
import type { CallPart, LinkClock, PppPart } from './parts.ts';
import type { Scheduler } from './scheduler.ts';
import { UserTraffic } from './user-traffic.ts';

/** Most octets framed into one write; a slow line gets one packet a time anyway. */
const BATCH_BYTES = 16 * 1024;
/** Room a frame may take at most: every octet of a 2 KiB packet escaped. */
const FRAME_ROOM = 4200;

/** A prompt gets this long without PPP: more than PPP's restart timer, so that one repetition is heard too. */
const PROMPT_PATIENCE_MS = 4_000;
const NOTHING = new Uint8Array(0);

export type LinkEnd =
  | { kind: 'ppp'; reason: PppCloseReason; detail: string }
  | { kind: 'line'; cause: LostCause; detail: string }
  /** A text login stands where PPP should be; only told if it is watched for. */
  | { kind: 'prompt' };

export interface LinkSessionSink {
  packet(buffer: Uint8Array, offset: number, length: number): void;
  /** Every PPP event but the last; `ended` says that. */
  event(event: PppEvent): void;
  /** Exactly once: PPP is down for good. */
  ended(end: LinkEnd): void;
}

export class LinkSession {
  readonly #call: CallPart;
  readonly #clock: LinkClock;
  readonly #scheduler: Scheduler;
  readonly #sink: LinkSessionSink;
  readonly #ppp: PppPart;
  readonly #batch = new Uint8Array(BATCH_BYTES + FRAME_ROOM);
  #batched = 0;
  #cancelTimer: (() => void) | null = null;
  #armedFor = Number.POSITIVE_INFINITY;
  #soon = false;
  #over = false;
  #lineEnd: LinkEnd | null = null;
  /** What came before PPP, while that is watched. */
  #text: HeardText | null = null;
  #prompted = false;
  #cancelPrompt: () => void = () => {};
  readonly #view = new PacketView();
  readonly #traffic: UserTraffic;
  bytesUp = 0;
  bytesDown = 0;

  constructor(
    call: CallPart,
    clock: LinkClock,
    scheduler: Scheduler,
    sink: LinkSessionSink,
    createPpp: (sink: PppSink) => PppPart,
  ) {
    this.#call = call;
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#sink = sink;
    this.#traffic = new UserTraffic(clock.now());
    this.#ppp = createPpp({
      control: (frame) => this.#control(frame),
      deliver: (packet, offset, length) => this.#deliver(packet, offset, length),
      event: (event) => this.#event(event),
    });
  }

  /** Since a user last sent something, ms. */
  get idleMs(): number {
    return this.#traffic.idleMs(this.#clock.now());
  }

  get isOver(): boolean {
    return this.#over;
  }

  /**
   * `early`: octets that came before. `watchForPrompt`: text that asks who we are, while PPP gets no answer, ends the
   * session, so that somebody may log in.
   */
  start(early: Uint8Array = NOTHING, watchForPrompt = false): void {
    if (watchForPrompt) this.#text = new HeardText();
    // PPP first: octets read together with CONNECT are handed over as soon as `onData` is set.
    this.#ppp.lowerUp(this.#clock.now());
    if (early.length > 0) this.#receive(early);
    this.#call.onData = (bytes) => this.#receive(bytes);
    this.#call.onLost = (cause, detail) => this.#lineLost(cause, detail);
    this.#turn();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#ppp.receive(bytes, this.#clock.now());
    if (this.#text !== null) this.#read(this.#text, bytes);
    this.#turnSoon();
  }

  /** A far end with both, a prompt and an ear for PPP, answers a request or its repetition within the patience. */
  #read(text: HeardText, bytes: Uint8Array): void {
    if (this.#ppp.peerSpoke || this.#over) {
      this.#text = null;
      this.#cancelPrompt();
      return;
    }
    text.append(bytes);
    if (this.#prompted || !asksForLogin(text.text)) return;
    this.#prompted = true;
    this.#cancelPrompt = this.#clock.after(PROMPT_PATIENCE_MS, () => {
      if (!this.#over && !this.#ppp.peerSpoke) this.#finish({ kind: 'prompt' });
    });
  }

  /** An IP packet for the line; copied. Dropped when the link is over. */
  send(client: number, buffer: Uint8Array, offset: number, length: number): void {
    if (this.#over) return;
    const now = this.#clock.now();
    this.#view.read(buffer, offset, length);
    this.#traffic.outbound(client, this.#view, now);
    this.#scheduler.enqueue(client, buffer, offset, length, now);
    this.#turnSoon();
  }

  /** Says goodbye (Terminate-Request); `ended` follows when the peer has answered or PPP has given up. */
  close(): void {
    if (this.#over) return;
    this.#ppp.close(this.#clock.now());
    this.#turn();
  }

  /** Lets go of the call and of every timer, without a word to the peer. */
  detach(): void {
    this.#over = true;
    this.#call.onData = null;
    this.#call.onLost = null;
    this.#cancelPrompt();
    this.#disarm();
  }

  /** PPP has the first word: in the window after a password was sent, a dropped carrier means that it was wrong. */
  #lineLost(cause: LostCause, detail: string): void {
    if (this.#over) return;
    this.#lineEnd = { kind: 'line', cause, detail };
    this.#ppp.lowerDown(this.#clock.now());
    if (!this.#over) this.#finish(this.#lineEnd);
  }

  #event(event: PppEvent): void {
    if (this.#over) return;
    if (event.type === 'echo') this.#scheduler.echoed(event.roundTripMs, this.#clock.now());
    if (event.type !== 'down') {
      this.#sink.event(event);
      return;
    }
    const line = this.#lineEnd;
    const lineSaysMore =
      line?.kind === 'line' && (line.cause !== 'carrier' || event.reason === 'carrier-lost');
    const text = this.#text?.shown ?? '';
    if (event.reason === 'no-ppp' && line === null && /[a-z]{3}/i.test(text))
      this.#finish({ kind: 'prompt' });
    else this.#finish(lineSaysMore ? line : { kind: 'ppp', reason: event.reason, detail: event.detail });
  }

  #finish(end: LinkEnd): void {
    this.#flush();
    this.detach();
    this.#sink.ended(end);
  }

  #control(frame: Uint8Array): void {
    this.#flush();
    if (this.#lineEnd !== null) return;
    this.#call.write(frame);
    this.#scheduler.sent(frame.length, this.#clock.now());
  }

  #deliver(packet: Uint8Array, offset: number, length: number): void {
    if (this.#over) return;
    this.bytesDown += length;
    const now = this.#clock.now();
    this.#view.read(packet, offset, length);
    this.#traffic.inbound(this.#view, now);
    this.#scheduler.received(packet, offset, length, now);
    this.#sink.packet(packet, offset, length);
  }

  #turnSoon(): void {
    if (this.#soon || this.#over) return;
    this.#soon = true;
    this.#clock.soon(() => {
      this.#soon = false;
      this.#turn();
    });
  }

  #turn(): void {
    if (this.#over) return;
    const now = this.#clock.now();
    const due = this.#ppp.nextDeadline();
    if (due !== null && due <= now) this.#ppp.advance(now);
    if (this.#over) return;
    if (this.#ppp.isUp) this.#pump(now);
    this.#arm(now);
  }

  #pump(now: number): void {
    this.#scheduler.backlog(this.#call.line.pendingBytes, now);
    if (this.#scheduler.wantsEcho(now)) this.#sendEcho(now);
    for (;;) {
      const packet = this.#scheduler.next(now);
      if (packet === null) break;
      const frame = this.#ppp.encode(packet.buffer, packet.offset, packet.length, now);
      // Longer than the peer can receive; the engine's MTU keeps such from coming.
      if (frame.length === 0) continue;
      this.bytesUp += packet.length;
      this.#scheduler.sent(frame.length, now);
      this.#batch.set(frame, this.#batched);
      this.#batched += frame.length;
      if (this.#batched < BATCH_BYTES) continue;
      this.#flush();
      this.#scheduler.backlog(this.#call.line.pendingBytes, now);
    }
    this.#flush();
  }

  /** Times the line: the frame passes through #control, which charges it. */
  #sendEcho(now: number): void {
    if (this.#ppp.sendEcho(now)) this.#scheduler.echoSent(now);
  }

  #flush(): void {
    if (this.#batched === 0) return;
    const octets = this.#batch.subarray(0, this.#batched);
    this.#batched = 0;
    if (this.#lineEnd === null) this.#call.write(octets);
  }

  #arm(now: number): void {
    const ppp = this.#ppp.nextDeadline() ?? Number.POSITIVE_INFINITY;
    const queue = this.#ppp.isUp ? (this.#scheduler.nextDeadline(now) ?? Number.POSITIVE_INFINITY) : ppp;
    const due = Math.min(ppp, queue);
    if (due === this.#armedFor) return;
    this.#disarm();
    if (due === Number.POSITIVE_INFINITY) return;
    this.#armedFor = due;
    this.#cancelTimer = this.#clock.after(Math.max(0, due - now), () => {
      this.#armedFor = Number.POSITIVE_INFINITY;
      this.#cancelTimer = null;
      this.#turn();
    });
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }
}
