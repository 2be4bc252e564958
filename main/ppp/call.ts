/**
 * One call, from carrier to down, through the phases of RFC 1661 §3.2: establish, authenticate, network, terminate.
 *
 * Owns the protocols and says in which order they run and why the call ended. A close while our login waits for its
 * verdict counts as a wrong password, in whichever of the three ways the other side shows it.
 */
import type { Authentication, AuthHost } from './auth/authentication.ts';
import { makeAuthentication } from './auth/choice.ts';
import { OPENED } from './automaton.ts';
import { ControlProtocol } from './control.ts';
import type { DataPath } from './datapath.ts';
import { protocolName } from './describe.ts';
import { EchoWatch } from './echo.ts';
import { DEFAULT_ACCM } from './hdlc.ts';
import { LcpRules, methodName } from './lcp.ts';
import { Network } from './network.ts';
import type { LineNoise } from './noise.ts';
import {
  buildPacket,
  bytesOf16,
  bytesOf32,
  CONFIGURE_ACK,
  CONFIGURE_REJECT,
  CONFIGURE_REQUEST,
  type ControlPacket,
  ECHO_REQUEST,
  PROTOCOL_CCP,
  PROTOCOL_CHAP,
  PROTOCOL_COMPRESSED,
  PROTOCOL_IPCP,
  PROTOCOL_LCP,
  PROTOCOL_PAP,
  PROTOCOL_REJECT,
} from './packet.ts';
import { RestartTimer } from './restart-timer.ts';
import type { PppClientConfig, PppCloseReason, PppEvent, PppPhase, PppServerConfig } from './types.ts';

/** A line that asks for a login and ignores this many of our requests will not start PPP by itself. */
const REQUESTS_INTO_PROMPT = 5;

export interface CallHost {
  send(protocol: number, packet: Uint8Array, now: number): void;
  deliver(packet: Uint8Array, offset: number, length: number): void;
  event(event: PppEvent): void;
  /** ACCM to send and to receive under, and which fields may be left out in sending. */
  framing(sendAccm: number, receiveAccm: number, pfc: boolean, acfc: boolean): void;
  /** The last word of this call. */
  ended(reason: PppCloseReason, detail: string): void;
}

export class PppCall {
  private readonly config: PppClientConfig | PppServerConfig;
  private readonly host: CallHost;
  private readonly noise: LineNoise;
  private readonly random: (bytes: number) => Uint8Array;
  private readonly lcpRules: LcpRules;
  private readonly lcp: ControlProtocol;
  private readonly net: Network;
  private readonly echo: EchoWatch;
  private readonly unknown = new Set<number>();
  private auth: Authentication | null = null;
  private phase: PppPhase = 'dead';
  private reason: { reason: PppCloseReason; detail: string } | null = null;
  private over = false;
  private verdictMissing = false;
  private user: string | null = null;
  private rejectId = 0;

  constructor(
    config: PppClientConfig | PppServerConfig,
    host: CallHost,
    noise: LineNoise,
    random: (bytes: number) => Uint8Array,
  ) {
    this.config = config;
    this.host = host;
    this.noise = noise;
    this.random = random;
    const timer = new RestartTimer(config.lineRate);
    const control = {
      send: (protocol: number, packet: Uint8Array, now: number) => this.send(protocol, packet, now),
      log: (text: string) => this.log(text),
      stuck: (protocol: number, detail: string, now: number) => this.stuck(protocol, detail, now),
    };
    this.lcpRules = new LcpRules(config, this.lcpHost(), random);
    this.lcp = new ControlProtocol(PROTOCOL_LCP, this.lcpRules, control, timer);
    this.net = new Network(
      config,
      {
        send: control.send,
        log: control.log,
        deliver: (packet, offset, length) => host.deliver(packet, offset, length),
        up: (now) => this.networkUp(now),
        down: () => this.networkDown(),
        failed: (reason, detail, now) => this.close(reason, detail, now),
      },
      control,
      timer,
    );
    this.echo = new EchoWatch(config.lineRate, (id, now) => {
      const magic = bytesOf32(this.lcpRules.ownMagic);
      this.send(PROTOCOL_LCP, buildPacket(ECHO_REQUEST, id, magic), now);
    });
  }

  get isUp(): boolean {
    return !this.over && this.net.isUp;
  }

  get data(): DataPath {
    return this.net.data;
  }

  /** Whether the other side has said anything in PPP that was not our own words come back. */
  get peerSpoke(): boolean {
    return this.lcpRules.peerSpoke;
  }

  get peerMru(): number {
    return this.lcpRules.peerMru;
  }

  begin(now: number): void {
    this.enter('establish');
    this.lcp.open(now);
    this.lcp.lowerUp(now);
  }

  heard(now: number): void {
    this.echo.heard(now);
  }

  /** Whether control packets of this protocol are ours to read; CCP counts as unknown when Deflate is off. */
  accepts(protocol: number): boolean {
    return (
      protocol === PROTOCOL_LCP ||
      protocol === PROTOCOL_PAP ||
      protocol === PROTOCOL_CHAP ||
      protocol === PROTOCOL_IPCP ||
      (protocol === PROTOCOL_CCP && this.config.deflate)
    );
  }

  receive(protocol: number, packet: ControlPacket, now: number): void {
    if (this.over) return;
    this.echo.heard(now);
    if (protocol === PROTOCOL_LCP) {
      if (packet.code === CONFIGURE_ACK || packet.code === CONFIGURE_REJECT) this.lcpRules.peerSpoke = true;
      this.lcp.receive(packet, now);
    } else if (this.lcp.state !== OPENED) return;
    else if (protocol === PROTOCOL_IPCP || protocol === PROTOCOL_CCP) {
      if (packet.code === CONFIGURE_REQUEST) this.auth?.movedOn(now);
      this.net.receive(protocol, packet, now);
    } else if (this.auth?.protocol === protocol) this.auth.receive(packet, now);
  }

  /** A protocol that is not spoken here, or not in this phase (RFC 1661 §5.7). */
  receiveUnknown(protocol: number, content: Uint8Array, now: number): void {
    if (this.lcp.state !== OPENED) return;
    this.echo.heard(now);
    const known =
      protocol === PROTOCOL_COMPRESSED ? this.config.deflate : protocol < 0x30 && (protocol & 0xf0) === 0x20;
    if (known && !this.isUp) return;
    if (!this.unknown.has(protocol)) this.log(`rejected ${protocolName(protocol)}, which is not spoken here`);
    this.unknown.add(protocol);
    const head = bytesOf16(protocol);
    const data = Uint8Array.of(...head, ...content.subarray(0, Math.max(0, this.peerMru - 6)));
    this.rejectId = (this.rejectId + 1) & 0xff;
    this.send(PROTOCOL_LCP, buildPacket(PROTOCOL_REJECT, this.rejectId, data), now);
  }

  advance(now: number): void {
    this.lcp.advance(now);
    if (this.over) return;
    this.auth?.advance(now);
    this.net.advance(now);
    if (!this.over && this.echo.advance(now) === 'dead') {
      this.close('no-echo', 'the last echo requests were not answered', now);
      this.end();
    }
    const prompting = !this.peerSpoke && this.lcp.requestsSent >= REQUESTS_INTO_PROMPT;
    if (!this.over && prompting && this.noise.asksForLogin) this.finish('no-ppp', this.noise.detail);
  }

  nextDeadline(): number | null {
    if (this.over) return null;
    const own = [this.lcp.deadline, this.echo.deadline, this.auth?.deadline ?? null];
    const due = [...own, ...this.net.deadlines].filter((deadline) => deadline !== null);
    return due.length > 0 ? Math.min(...due) : null;
  }

  /** An Echo-Request now; false: not up, or one is out already. */
  sendEcho(now: number): boolean {
    return this.isUp && this.echo.ask(now);
  }

  /** The first reason given stands. An open link is terminated politely; one that never opened ends at once. */
  close(reason: PppCloseReason, detail: string, now: number): void {
    if (this.over || this.reason !== null) return;
    this.reason = { reason, detail };
    const wasOpen = this.lcp.state === OPENED;
    this.enter('terminate');
    this.lcp.close(now, reason === 'requested' ? 'User request' : '');
    if (!wasOpen) this.end();
  }

  carrierLost(now: number): void {
    if (this.over) return;
    const peerText = this.lcp.terminated;
    if (this.loginUnanswered) this.finish('wrong-password', 'the other modem hung up instead of a verdict');
    else if (peerText !== null) this.finish('peer-closed', peerText);
    else this.finish('carrier-lost', this.isUp ? '' : `in the ${this.phase} phase`);
    this.lcp.lowerDown(now);
  }

  private get loginUnanswered(): boolean {
    return this.verdictMissing || (this.auth?.answering === true && this.phase === 'authenticate');
  }

  private lcpHost() {
    return {
      send: (code: number, id: number, data: Uint8Array, now: number) =>
        this.send(PROTOCOL_LCP, buildPacket(code, id, data), now),
      log: (text: string) => this.log(text),
      textSeen: () => this.noise.text !== '',
      up: (now: number) => this.linkUp(now),
      down: (now: number) => this.linkDown(now),
      finished: () => this.linkFinished(),
      refused: (detail: string, now: number) => this.close('authentication-refused', detail, now),
      looped: (now: number) => {
        if (this.noise.text !== '' && !this.peerSpoke) this.close('no-ppp', this.noise.detail, now);
        else this.close('looped', 'our own requests came back', now);
      },
      echoReply: (id: number, now: number) => {
        const roundTripMs = this.echo.replied(id, now);
        if (roundTripMs !== null) this.host.event({ type: 'echo', roundTripMs });
      },
      protocolRejected: (protocol: number, now: number) => this.protocolRejected(protocol, now),
    };
  }

  private linkUp(now: number): void {
    const rules = this.lcpRules;
    this.verdictMissing = false;
    this.host.framing(rules.peerAccm, rules.receiveAccm, rules.peerPfc, rules.peerAcfc);
    this.echo.start(now);
    this.auth = makeAuthentication(this.config, rules.method, this.authHost(), this.random);
    if (this.auth === null) {
      this.network(null, now);
      return;
    }
    this.enter('authenticate');
    this.auth.start(now);
  }

  /** LCP left Opened: it is being closed, or negotiated anew. */
  private linkDown(now: number): void {
    if (this.loginUnanswered) this.verdictMissing = true;
    this.auth = null;
    this.echo.stop();
    this.net.lowerDown(now);
    this.host.framing(DEFAULT_ACCM, DEFAULT_ACCM, false, false);
    this.enter(this.reason === null && this.lcp.terminated === null ? 'establish' : 'terminate');
  }

  private linkFinished(): void {
    if (this.reason !== null) this.end();
    else if (this.loginUnanswered) this.finish('wrong-password', this.lcp.terminated ?? '');
    else if (this.lcp.terminated !== null) this.finish('peer-closed', this.lcp.terminated);
    else if (this.peerSpoke) this.finish('timeout', 'LCP came to no end');
    else this.finish('no-ppp', this.noise.detail);
  }

  private authHost(): AuthHost {
    return {
      send: (protocol, packet, now) => this.send(protocol, packet, now),
      log: (text) => this.log(text),
      passed: (user, now) => {
        if (this.phase === 'authenticate') this.network(user, now);
      },
      failed: (reason, detail, now) => this.close(reason, detail, now),
    };
  }

  private network(user: string | null, now: number): void {
    this.user = user;
    this.enter('network');
    this.net.begin(user, now);
  }

  private networkUp(now: number): void {
    const link = this.lcpRules;
    const { ip, compression } = this.net;
    const names: [string, boolean][] = [
      ['VJ', ip.vjSend !== null || ip.vjReceive !== null],
      ['PFC', link.peerPfc],
      ['ACFC', link.peerAcfc],
      ['Deflate', compression.compressor !== null || compression.decompressor !== null],
    ];
    this.echo.heard(now);
    this.enter('open');
    this.host.event({
      type: 'up',
      up: {
        local: ip.local,
        peer: ip.peer,
        dns: ip.dnsServers,
        mtu: Math.min(this.config.mtu, link.peerMru),
        authentication: methodName(link.method),
        compression: names.filter(([, used]) => used).map(([name]) => name),
        user: this.user,
        roundTrips: this.lcp.requestsSent + this.net.requestsSent,
      },
    });
  }

  private networkDown(): void {
    if (this.phase === 'open') this.enter('network');
  }

  private protocolRejected(protocol: number, now: number): void {
    if (this.net.protocolRejected(protocol, now)) return;
    if (protocol === this.auth?.protocol && this.phase === 'authenticate')
      this.close('authentication-refused', `${protocolName(protocol)} was agreed, then rejected`, now);
  }

  private stuck(protocol: number, detail: string, now: number): void {
    this.close('negotiation-failed', `${protocolName(protocol)}: ${detail}`, now);
  }

  private enter(phase: PppPhase): void {
    if (phase === this.phase || this.over) return;
    this.phase = phase;
    this.host.event({ type: 'phase', phase });
  }

  private end(): void {
    if (this.reason !== null) this.finish(this.reason.reason, this.reason.detail);
  }

  private finish(reason: PppCloseReason, detail: string): void {
    if (this.over) return;
    this.over = true;
    this.host.ended(this.reason?.reason ?? reason, this.reason?.detail ?? detail);
  }

  private send(protocol: number, packet: Uint8Array, now: number): void {
    if (!this.over) this.host.send(protocol, packet, now);
  }

  private log(text: string): void {
    if (!this.over) this.host.event({ type: 'log', text });
  }
}
