/**
 * One control protocol (LCP, IPCP, CCP) on the automaton of RFC 1661 §4: packets in, packets out, restart timer, caps.
 *
 * What its options mean is its `ControlRules`. Beyond the table: an answer counts only for the request it names, and
 * once; a retransmitted request keeps its identifier while its content is the same, so that a reply slower than the
 * timer still fits; a repeated request with nothing new just after opening is acknowledged again instead of tearing
 * the link down; endless Naks and Rejects end with a reason that names the option.
 */
import {
  type Action,
  type AutomatonEvent,
  INITIAL,
  OPENED,
  REQ_SENT,
  type State,
  transition,
} from './automaton.ts';
import type { ControlHost, ControlRules, Verdict } from './control-rules.ts';
import { describePacket, optionText } from './describe.ts';
import {
  buildOptions,
  buildPacket,
  CODE_REJECT,
  CONFIGURE_ACK,
  CONFIGURE_NAK,
  CONFIGURE_REJECT,
  CONFIGURE_REQUEST,
  type ControlPacket,
  type Option,
  parseOptions,
  sameBytes,
  TERMINATE_ACK,
  TERMINATE_REQUEST,
  u8,
} from './packet.ts';
import type { RestartTimer } from './restart-timer.ts';

export const MAX_CONFIGURE = 10;
export const MAX_TERMINATE = 2;
/** Naks we send before we Reject instead (RFC 1661 §4.6), and Naks we take before we hold them for Rejects. */
export const MAX_FAILURE = 5;
/** Naks and Rejects received, or sent, in one negotiation before it is given up. */
export const MAX_REFUSALS = 10;
/** Refusals sent in all, repeats of the same request included. */
const MAX_REFUSALS_SENT = 40;
/** Requests of ours that had this long to reach a peer which only now begins to speak were lost: send again at once. */
const LATE_START_MS = 1_000;
/** A peer that terminated gets this long to hear our Terminate-Ack before we are done. */
const LAST_WORDS_MS = 1_000;

/** A request acknowledged and seen again, octet for octet, is a repeat for this long after opening. */
const REPEAT_WINDOW_MS = 30_000;

export class ControlProtocol {
  state: State = INITIAL;
  /** When the restart timer fires, milliseconds; `null` when it rests. */
  deadline: number | null = null;
  /** Configure-Requests sent since the lower layer came up. */
  requestsSent = 0;
  /** The peer's last Terminate-Request text, `null` if it sent none. */
  terminated: string | null = null;

  readonly protocol: number;
  private readonly rules: ControlRules;
  private readonly host: ControlHost;
  private readonly timer: RestartTimer;
  private id = 0;
  private restarts = 0;
  private request: Uint8Array = new Uint8Array(0);
  private requestFirstSent = 0;
  private requestSends = 0;
  private answered = true;
  private naksSent = 0;
  private refusalsSent = 0;
  private refusedId = -1;
  private refusalsReceived = 0;
  private lastRefused: Option | null = null;
  private granted: { id: number; data: Uint8Array } | null = null;
  private openedAt = 0;
  private current: ControlPacket = { code: 0, id: 0, data: new Uint8Array(0) };
  private currentOptions: Option[] = [];
  private verdict: Verdict = { kind: 'ack' };
  private closeText = '';

  constructor(protocol: number, rules: ControlRules, host: ControlHost, timer: RestartTimer) {
    this.protocol = protocol;
    this.rules = rules;
    this.host = host;
    this.timer = timer;
  }

  open(now: number): void {
    this.step('Open', now);
  }

  lowerUp(now: number): void {
    this.requestsSent = 0;
    this.terminated = null;
    this.step('Up', now);
  }

  lowerDown(now: number): void {
    this.step('Down', now);
  }

  /** `text` goes into the Terminate-Request for the peer's log. */
  close(now: number, text = ''): void {
    this.closeText = text;
    this.step('Close', now);
  }

  /** The peer's Protocol-Reject named this protocol. */
  protocolRejected(now: number): void {
    this.step('RXJ-', now);
  }

  advance(now: number): void {
    if (this.deadline === null || now < this.deadline) return;
    this.deadline = null;
    this.step(this.restarts > 0 ? 'TO+' : 'TO-', now);
  }

  receive(packet: ControlPacket, now: number): void {
    if (this.state < 2) return;
    this.current = packet;
    if (packet.code === CONFIGURE_REQUEST) this.receiveRequest(packet, now);
    else if (packet.code >= CONFIGURE_ACK && packet.code <= CONFIGURE_REJECT) this.receiveAnswer(packet, now);
    else if (packet.code === TERMINATE_REQUEST) {
      this.terminated = String.fromCharCode(...packet.data.filter((byte) => byte >= 0x20 && byte < 0x7f));
      this.step('RTR', now);
    } else if (packet.code === TERMINATE_ACK) this.step('RTA', now);
    else if (packet.code === CODE_REJECT) {
      const fatal = packet.data.length > 0 && u8(packet.data, 0) <= CODE_REJECT;
      this.step(fatal ? 'RXJ-' : 'RXJ+', now);
    } else if (!this.rules.other(packet, now)) this.step('RUC', now);
  }

  private receiveRequest(packet: ControlPacket, now: number): void {
    const options = parseOptions(packet.data);
    if (options === null) return;
    if (this.isRepeat(packet, now)) {
      this.send(CONFIGURE_ACK, packet.id, packet.data, now);
      return;
    }
    if (this.state === REQ_SENT && !this.answered && this.requestsSent === 1) {
      if (now - this.requestFirstSent >= LATE_START_MS) this.sendRequest(now, true);
    }
    const state = this.state;
    this.currentOptions = options;
    this.verdict = this.rules.judge(options, now);
    if (this.state !== state) return;
    if (this.verdict.kind === 'nak' && this.naksSent >= MAX_FAILURE && packet.id !== this.refusedId) {
      const refused = options.filter((option) => this.isRefused(option));
      this.verdict = refused.length > 0 ? { kind: 'reject', options: refused } : { kind: 'ack' };
    }
    if (this.verdict.kind === 'ack') this.step('RCR+', now);
    else {
      // The same request again only means that our answer was lost.
      if (packet.id !== this.refusedId) this.naksSent++;
      this.refusedId = packet.id;
      if (this.naksSent > MAX_REFUSALS + MAX_FAILURE || ++this.refusalsSent > MAX_REFUSALS_SENT) {
        const [option] = this.verdict.options;
        this.giveUp(`the peer keeps asking for ${option ? this.name(option) : 'what we refused'}`, now);
        return;
      }
      this.step('RCR-', now);
    }
  }

  private isRefused(option: Option): boolean {
    return this.verdict.kind !== 'ack' && this.verdict.options.some(({ type }) => type === option.type);
  }

  /** The request we acknowledged, again, right after opening: our Ack was slow or lost, nothing has changed. */
  private isRepeat({ id, data }: ControlPacket, now: number): boolean {
    return (
      this.state === OPENED &&
      this.granted !== null &&
      this.granted.id === id &&
      sameBytes(this.granted.data, data) &&
      now - this.openedAt < REPEAT_WINDOW_MS
    );
  }

  private receiveAnswer(packet: ControlPacket, now: number): void {
    if (packet.id !== this.id || this.answered) {
      // Only states that hold no request of ours answer a stray one (RFC 1661 §4.1); elsewhere it is stale.
      if (this.state <= 3) this.step(packet.code === CONFIGURE_ACK ? 'RCA' : 'RCN', now);
      return;
    }
    const options = parseOptions(packet.data);
    if (options === null) return;
    if (packet.code === CONFIGURE_ACK && !sameBytes(packet.data, this.request)) return;
    this.answered = true;
    this.timer.saw(now - this.requestFirstSent, this.requestSends > 1);
    if (packet.code === CONFIGURE_ACK) {
      this.step('RCA', now);
      return;
    }
    const state = this.state;
    this.lastRefused = options[0] ?? this.lastRefused;
    if (++this.refusalsReceived > MAX_REFUSALS) {
      const option = this.lastRefused;
      this.giveUp(`the peer never accepts ${option ? this.name(option) : 'our request'}`, now);
      return;
    }
    if (packet.code === CONFIGURE_REJECT || this.refusalsReceived > MAX_FAILURE)
      this.rules.rejected(options, now);
    else this.rules.nakked(options, now);
    if (this.state === state) this.step('RCN', now);
  }

  private name(option: Option): string {
    return optionText(this.protocol, option);
  }

  private giveUp(detail: string, now: number): void {
    this.deadline = null;
    this.host.stuck(this.protocol, detail, now);
  }

  private step(event: AutomatonEvent, now: number): void {
    const from = this.state;
    const cell = transition(from, event);
    if (cell === null) return;
    this.state = cell.next;
    if (cell.next < 4 || cell.next === OPENED) this.deadline = null;
    for (const action of cell.actions) this.act(action, from, cell.next, event, now);
  }

  private act(action: Action, from: State, next: State, event: AutomatonEvent, now: number): void {
    switch (action) {
      case 'irc':
        this.restarts = next === 4 || next === 5 ? MAX_TERMINATE : MAX_CONFIGURE;
        break;
      case 'zrc':
        this.restarts = 0;
        this.deadline = now + LAST_WORDS_MS;
        break;
      case 'scr':
        if (from < REQ_SENT || from === OPENED) this.begin();
        this.sendRequest(now, event === 'TO+');
        break;
      case 'sca':
        this.granted = { id: this.current.id, data: this.current.data };
        this.rules.granted(this.currentOptions);
        this.send(CONFIGURE_ACK, this.current.id, this.current.data, now);
        break;
      case 'scn':
        if (this.verdict.kind !== 'ack')
          this.send(
            this.verdict.kind === 'nak' ? CONFIGURE_NAK : CONFIGURE_REJECT,
            this.current.id,
            buildOptions(this.verdict.options),
            now,
          );
        break;
      case 'str':
        this.restarts--;
        this.deadline = now + this.timer.period;
        this.id = (this.id + 1) & 0xff;
        this.send(TERMINATE_REQUEST, this.id, Uint8Array.from(Buffer.from(this.closeText, 'latin1')), now);
        break;
      case 'sta':
        this.send(TERMINATE_ACK, event === 'RTR' ? this.current.id : this.id, new Uint8Array(0), now);
        break;
      case 'scj': {
        const { code, id, data } = this.current;
        this.id = (this.id + 1) & 0xff;
        this.send(CODE_REJECT, this.id, buildPacket(code, id, data).subarray(0, 124), now);
        break;
      }
      case 'tlu':
        this.openedAt = now;
        this.rules.up(now);
        break;
      case 'tld':
        this.rules.down(now);
        break;
      case 'tlf':
        this.rules.finished(now);
        break;
      case 'tls': // the session raises the lower layer itself
      case 'ser': // Echo-Replies are sent by LCP's rules, which know the magic number
        break;
    }
  }

  private begin(): void {
    this.naksSent = 0;
    this.refusalsSent = 0;
    this.refusedId = -1;
    this.refusalsReceived = 0;
    this.lastRefused = null;
    this.granted = null;
    this.rules.reset();
  }

  private sendRequest(now: number, again: boolean): void {
    const data = buildOptions(this.rules.request());
    if (!again || !sameBytes(data, this.request)) {
      this.id = (this.id + 1) & 0xff;
      this.requestFirstSent = now;
      this.requestSends = 0;
    }
    this.requestSends++;
    this.request = data;
    this.answered = false;
    this.restarts--;
    this.requestsSent++;
    this.deadline = now + this.timer.period;
    this.send(CONFIGURE_REQUEST, this.id, data, now);
  }

  private send(code: number, id: number, data: Uint8Array, now: number): void {
    this.host.log(`sent ${describePacket(this.protocol, { code, id, data })}`);
    this.host.send(this.protocol, buildPacket(code, id, data), now);
  }
}
