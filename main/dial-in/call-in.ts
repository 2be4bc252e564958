/**
 * One call that has been answered, from its first byte to its last: what the caller speaks, who it is, its address, its link.
 *
 * Theory of operation. The reception hears every byte until it is known what is spoken; then a LinkSession has the line, with
 * PPP in the server role or SLIP in its place. When that is up, the engine is told of a link; when the call is over, by
 * whichever way, all is given back and `ended` resolves. It knows modem, cable and TCP only as a CallPart, and time and the
 * rest of the house as they are handed in: a CallIn over any byte line is a whole answering side.
 */
import type { LinkUp } from '../../engine/contract.ts';
import type { Caller, CallIn as CallState, DialInSettings, Fault, LogLevel } from '../contract.ts';
import { lineAt } from '../link/call-facts.ts';
import { type LinkEnd, LinkSession } from '../link/link-session.ts';
import { PacketView } from '../link/packet-view.ts';
import type { CallPart, LinkClock, PppPart } from '../link/parts.ts';
import { Scheduler } from '../link/scheduler.ts';
import { UserTraffic } from '../link/user-traffic.ts';
import { SlipSession } from '../ppp/slip-session.ts';
import type { PppEvent, PppServerConfig, PppSink, PppUp } from '../ppp/types.ts';
import { bareName, endingOf } from './admission.ts';
import { Doorkeeper } from './doorkeeper.ts';
import { callerSilent, endingText, loginEnded, noAddress } from './faults.ts';
import { Reception } from './reception.ts';
import { linkOf, serverConfig, slipConfig } from './served-link.ts';
import { type Tap, tap } from './tap.ts';

/** From answering to a link that is up, ms. */
export const LOGIN_LIMIT_MS = 120_000;
/** How long the caller may take to answer our goodbye, ms. */
const GOODBYE_MS = 2_500;
/** What was written last needs this long to cross the line before it is hung up, ms. */
const LAST_WORDS_MS = 600;
const LOOK_MS = 1_000;

/** What a call asks of those around it. */
export interface CallInHost {
  readonly clock: LinkClock;
  /** Local time of day. */
  date(): Date;
  settings(): DialInSettings;
  /** Who calls under this name, in whatever capitals. */
  find(user: string): Caller | null;
  password(user: string): string | null;
  /** How many other calls of this user are up. */
  callsOf(user: string, butCall: number): number;
  /** Held until the call has ended. Null: none is left. */
  takeAddress(caller: Caller, call: number): string | null;
  /** Name servers told to callers that ask. */
  dns(): string[];
  createPpp(config: PppServerConfig, sink: PppSink): PppPart;
  linkUp(up: LinkUp): Promise<Fault | null>;
  linkDown(link: number): Promise<void>;
  /** From the caller; borrowed until it returns. */
  packet(link: number, buffer: Uint8Array, offset: number, length: number): void;
  /** The call's state is another. */
  changed(): void;
  log(level: LogLevel, text: string): void;
}

export interface CallInOptions {
  /** Its number; the engine's link has the same. */
  id: number;
  line: { id: string; kind: 'modem' | 'cable' | 'tcp'; slipUser: string | null; accm?: number };
  call: CallPart;
  /** What the exchange or the socket says of the caller. */
  from: string | null;
  /** Octets that came before. */
  early?: Uint8Array;
}

/** `fault` null: an ordinary end. `lost`: what happened to the line, if that ended the call. */
export interface CallInEnd {
  fault: Fault | null;
  /** Who came in; null: nobody did. */
  user: string | null;
  lost: Extract<LinkEnd, { kind: 'line' }> | null;
}

export class CallIn {
  readonly state: CallState;
  /** Resolves once, when the line is hung up and nothing of the call is left. */
  readonly ended: Promise<CallInEnd>;
  readonly #options: CallInOptions;
  readonly #host: CallInHost;
  readonly #tap: Tap;
  readonly #door: Doorkeeper;
  readonly #view = new PacketView();
  readonly #timers = new Set<() => void>();
  #reception: Reception | null = null;
  #session: LinkSession | null = null;
  #ppp: PppPart | null = null;
  /** Who logged in by text, or is taken for the caller by SLIP. */
  #known: Caller | null = null;
  #loggedIn = false;
  #caller: Caller | null = null;
  #up: { link: LinkUp; at: number; traffic: UserTraffic } | null = null;
  #over: CallInEnd | null = null;
  #resolve: (end: CallInEnd) => void = () => {};
  #now = false;
  #stopWaiting: () => void = () => {};

  constructor(options: CallInOptions, host: CallInHost) {
    const { call, line, from, id } = options;
    this.#options = options;
    this.#host = host;
    this.#tap = tap(call);
    this.#door = new Doorkeeper(host, id);
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.state = {
      id,
      line: line.id,
      phase: 'answering',
      from,
      user: null,
      address: null,
      protocol: null,
      authentication: null,
      rate: call.carrierRate ?? call.portRate,
      since: host.date().getTime(),
      bytesIn: 0,
      bytesOut: 0,
    };
  }

  start(): void {
    const { call, line, early } = this.#options;
    const { clock } = this.#host;
    this.#after(LOGIN_LIMIT_MS, () => {
      if (this.state.phase !== 'connected') this.#finish(loginEnded('time'));
    });
    this.#look();
    this.#reception = new Reception(
      { clock, text: line.kind !== 'cable', slip: line.slipUser !== null, limitMs: LOGIN_LIMIT_MS },
      {
        write: (text) => this.#write(text),
        check: (user, password) => this.#door.check(user, password),
        begin: (protocol, user, rest) => {
          this.#known = user === null ? null : this.#host.find(bareName(user));
          this.#loggedIn = this.#known !== null;
          if (protocol === 'ppp') this.#beginPpp(rest);
          else this.#beginSlip(protocol, rest, true);
        },
        slip: (rest) => this.#rawSlip(line.slipUser ?? '', rest),
        takeBack: () => this.#letSession(),
        refused: (why) => this.#finish(this.#door.fault() ?? loginEnded(why)),
        log: (text) => this.#host.log('debug', text),
      },
    );
    call.onLost = (cause, detail) => {
      if (!this.#tap.lose(cause, detail)) this.#lost({ kind: 'line', cause, detail });
    };
    if (early !== undefined && early.length > 0) this.#receive(early);
    if (this.#over === null) call.onData = (bytes) => this.#receive(bytes);
  }

  /** An IP packet for the caller; copied, or dropped. */
  send(client: number, buffer: Uint8Array, offset: number, length: number): void {
    if (this.#session === null || this.#over !== null) return;
    this.#view.read(buffer, offset, length);
    this.#up?.traffic.inbound(this.#view, this.#host.clock.now());
    this.#session.send(client, buffer, offset, length);
  }

  /** Ends the call, `now` without goodbyes, and tells the line why. Resolves when it is over. */
  async hangUp(options: { now?: boolean; fault?: Fault } = {}): Promise<void> {
    this.#now ||= options.now ?? false;
    this.#finish(options.fault ?? null);
    if (this.#now) {
      this.#stopWaiting();
      void this.#options.call.hangUp({ now: true });
    }
    await this.ended;
  }

  /** Figures as they are now. */
  refresh(): CallState {
    if (this.#session !== null) {
      this.state.bytesIn = this.#session.bytesDown;
      this.state.bytesOut = this.#session.bytesUp;
    }
    return this.state;
  }

  #receive(bytes: Uint8Array): void {
    const before = this.#session;
    if (before !== null) this.#tap.hear(bytes);
    if (this.#ppp?.peerSpoke) this.#endReception();
    if (before === null || this.#session === before) this.#reception?.receive(bytes);
  }

  #endReception(): void {
    this.#reception?.stop();
    this.#reception = null;
  }

  #rawSlip(user: string, rest: Uint8Array): void {
    const refusal = this.#door.refusal(user);
    if (refusal === null) {
      this.#known = this.#host.find(user);
      this.#beginSlip('cslip', rest, false);
      return;
    }
    this.#door.note(refusal, user);
    this.#finish(this.#door.fault());
  }

  #beginPpp(rest: Uint8Array): void {
    const { call, line } = this.#options;
    const config = serverConfig(call, this.#host.settings(), this.#host.dns(), line.accm, {
      authenticate: this.#known === null,
      secret: (name) => this.#door.secret(name),
      assign: (name) => {
        const caller = this.#known ?? this.#host.find(bareName(name ?? ''));
        return caller === null ? null : this.#address(caller);
      },
    });
    this.state.protocol = 'ppp';
    this.#begin((sink) => this.#host.createPpp(config, sink), rest);
  }

  /** `loggedIn`: by text, so that addresses are told the same way. */
  #beginSlip(kind: 'slip' | 'cslip', rest: Uint8Array, loggedIn: boolean): void {
    const caller = this.#known;
    const address = caller === null ? null : this.#address(caller);
    if (caller === null || address === null) {
      if (loggedIn) this.#write('There is no address left for you. Goodbye.\r\n');
      this.#finish(noAddress(caller?.user ?? null));
      return;
    }
    const compression = kind === 'slip' ? 'off' : loggedIn ? 'on' : 'auto';
    const { local } = this.#host.settings();
    const config = slipConfig(compression, this.#options.call, local, address, this.#host.dns());
    if (loggedIn)
      this.#write(
        `Your address is ${address}. My address is ${local}. Name server ${config.dns[0] ?? 'none'}. MTU ${config.mtu}.\r\n`,
      );
    this.state.protocol = kind;
    this.#begin((sink) => new SlipSession(config, sink), rest);
  }

  #address(caller: Caller): string | null {
    this.#caller = caller;
    this.state.address ??= this.#host.takeAddress(caller, this.state.id);
    return this.state.address;
  }

  #begin(create: (sink: PppSink) => PppPart, rest: Uint8Array): void {
    this.#stage('logging-in');
    this.#session = new LinkSession(
      this.#tap.part,
      this.#host.clock,
      new Scheduler(lineAt(this.#options.call)),
      {
        packet: (buffer, offset, length) => this.#packet(buffer, offset, length),
        event: (event) => this.#event(event),
        ended: (end) => this.#sessionEnded(end),
      },
      (sink) => {
        this.#ppp = create(sink);
        return this.#ppp;
      },
    );
    this.#session.start(rest);
  }

  /** PPP was begun into silence, and somebody types. */
  #letSession(): void {
    this.#session?.detach();
    this.#tap.let();
    this.#session = null;
    this.#ppp = null;
    this.state.protocol = null;
    this.#stage('answering');
  }

  #event(event: PppEvent): void {
    if (event.type === 'log') this.#host.log('debug', event.text);
    else if (event.type === 'up') void this.#linkUp(event.up);
  }

  async #linkUp(up: PppUp): Promise<void> {
    const caller = this.#caller;
    if (this.#over !== null || caller === null) return;
    const link = linkOf(this.state.id, up, caller, this.#host.settings().proxyArp, this.#options.call);
    const at = this.#host.clock.now();
    if (this.#up === null) this.#up = { link, at, traffic: new UserTraffic(at) };
    else this.#up.link = link;
    this.state.user = caller.user;
    this.state.authentication = this.#loggedIn ? 'login' : up.authentication;
    this.#endReception();
    this.#stage('connected');
    const how = `${(this.state.protocol ?? '').toUpperCase()}, ${this.state.authentication}`;
    this.#host.log('info', `“${caller.user}” is on the line with address ${up.peer} (${how}).`);
    const fault = await this.#host.linkUp(link);
    if (fault !== null) this.#finish(fault);
  }

  #packet(buffer: Uint8Array, offset: number, length: number): void {
    if (this.#up === null || this.#over !== null) return;
    this.#view.read(buffer, offset, length);
    // The user is at the far end: what comes in here is what leaves there.
    this.#up.traffic.outbound(1, this.#view, this.#host.clock.now());
    this.#host.packet(this.state.id, buffer, offset, length);
  }

  #look(): void {
    this.#after(LOOK_MS, () => {
      if (this.#over !== null) return;
      const ending = this.#endingNow();
      if (ending === null) return this.#look();
      this.#host.log('info', `Hanging up on “${this.state.user}”, because ${endingText(ending)}.`);
      this.#finish(null);
    });
  }

  #endingNow() {
    if (this.#up === null) return null;
    const now = this.#host.clock.now();
    const { traffic, at, link } = this.#up;
    // As they stand in the book now, not as they stood when the call began.
    const hours = this.#host.find(link.name ?? '')?.hours ?? [];
    const call = { idleMs: traffic.idleMs(now), lastedMs: now - at };
    return endingOf({ ...this.#host.settings(), hours }, call, this.#host.date());
  }

  #sessionEnded(end: LinkEnd): void {
    this.#stopWaiting();
    if (end.kind === 'line') this.#lost(end);
    if (end.kind !== 'ppp') return;
    const { reason, detail } = end;
    if (reason === 'wrong-password') this.#finish(this.#door.fault(detail));
    else if (reason === 'no-address') this.#finish(noAddress(this.#caller?.user ?? null));
    else if (this.#up !== null || reason === 'peer-closed' || reason === 'carrier-lost') this.#finish(null);
    else this.#finish({ ...callerSilent, detail: `${reason}: ${detail}` });
  }

  #lost(end: Extract<LinkEnd, { kind: 'line' }>): void {
    this.#now = true;
    this.#stopWaiting();
    if (this.#over === null) this.#finish(null, end);
    else this.#over.lost ??= end;
  }

  #stage(phase: CallState['phase']): void {
    this.state.phase = phase;
    this.#host.changed();
  }

  #write(text: string): void {
    this.#options.call.write(Buffer.from(text, 'latin1'));
  }

  #after(milliseconds: number, run: () => void): () => void {
    const stop = () => {
      this.#timers.delete(stop);
      cancel();
    };
    const cancel = this.#host.clock.after(milliseconds, () => {
      this.#timers.delete(stop);
      run();
    });
    this.#timers.add(stop);
    return stop;
  }

  #finish(fault: Fault | null, lost: CallInEnd['lost'] = null): void {
    if (this.#over !== null) return;
    this.#over = { fault, lost, user: this.state.user };
    this.#endReception();
    for (const stop of [...this.#timers]) stop();
    if (fault !== null) this.#host.log('warning', `${fault.sentence} ${fault.cause}`);
    this.#stage('hanging-up');
    void this.#release(this.#over);
  }

  async #release(end: CallInEnd): Promise<void> {
    const { call, line } = this.#options;
    // At once, so that the engine sends nothing more to a line that goes down.
    const told = this.#up === null ? Promise.resolve() : this.#host.linkDown(this.state.id);
    // Not within the end of PPP, which may be what called.
    await Promise.resolve();
    if (!this.#now) await this.#goodbye();
    this.refresh();
    this.#session?.detach();
    call.onData = null;
    await call.hangUp({ now: this.#now && line.kind !== 'modem' }).catch(() => undefined);
    call.onLost = null;
    this.#session = null;
    await told;
    const { user, since, bytesIn, bytesOut } = this.state;
    const seconds = Math.round((this.#host.date().getTime() - since) / 1000);
    const who = user === null ? 'a caller' : `“${user}”`;
    this.#host.log(
      'info',
      `The call of ${who} is over after ${seconds} s: ${bytesIn} bytes in, ${bytesOut} out.`,
    );
    this.#resolve(end);
  }

  /** PPP's goodbye and its answer; else time for what was written last to cross the line. */
  #goodbye(): Promise<void> {
    const session = this.#session;
    const open = session !== null && !session.isOver;
    return new Promise((resolve) => {
      const cancel = this.#after(open ? GOODBYE_MS : LAST_WORDS_MS, resolve);
      this.#stopWaiting = () => {
        cancel();
        resolve();
      };
      if (open) session.close();
    });
  }
}
