/**
 * LCP's options and its packets beyond configuration (RFC 1661 §5.7-6.6, RFC 1662 §7), for both roles.
 *
 * Offers MRU, ACCM, magic number, PFC and ACFC, and as server an authentication protocol. Accepts the same and the
 * endpoint discriminator; rejects callback, quality reports and multilink. What was agreed stands in public fields.
 */
import type { ControlRules, Verdict } from './control-rules.ts';
import { authenticationName, protocolName } from './describe.ts';
import {
  bytesOf16,
  bytesOf32,
  type ControlPacket,
  DISCARD_REQUEST,
  ECHO_REPLY,
  ECHO_REQUEST,
  IDENTIFICATION,
  type Option,
  PROTOCOL_CHAP,
  PROTOCOL_PAP,
  PROTOCOL_REJECT,
  TIME_REMAINING,
  u8,
  u16,
  u32,
} from './packet.ts';
import type { AuthMethod, PppClientConfig, PppServerConfig } from './types.ts';

const MRU = 1;
const ACCM = 2;
const AUTHENTICATION = 3;
const MAGIC = 5;
const PFC = 7;
const ACFC = 8;
const ENDPOINT = 19;
const DEFAULT_MRU = 1500;
const SMALLEST_MRU = 128;
/**
 * Our own magic number this often in a row is no accident; with text seen beside it, or in Echo-Requests, sooner.
 * Must come before Naks of it turn into Rejects (control.ts), or a looped line would come up with itself.
 */
const LOOP_LIMIT = 5;
const LOOP_LIMIT_SURE = 3;

const CHAP_ALGORITHMS: Record<string, AuthMethod> = { 5: 'chap-md5', 128: 'mschap', 129: 'mschap-v2' };
const METHOD_DATA: Record<AuthMethod, Uint8Array> = {
  pap: bytesOf16(PROTOCOL_PAP),
  'chap-md5': Uint8Array.of(0xc2, 0x23, 5),
  mschap: Uint8Array.of(0xc2, 0x23, 0x80),
  'mschap-v2': Uint8Array.of(0xc2, 0x23, 0x81),
};
/** What a client proposes, one at a time, when asked for a protocol it does not speak. */
const CLIENT_METHODS: readonly AuthMethod[] = ['chap-md5', 'mschap-v2', 'mschap', 'pap'];

/** 'CHAP-MD5' and its kin. */
export function methodName(method: AuthMethod | null): string {
  return method === null ? 'none' : authenticationName(METHOD_DATA[method]);
}

function methodOf(data: Uint8Array): AuthMethod | null {
  const protocol = data.length >= 2 ? u16(data, 0) : 0;
  if (protocol === PROTOCOL_PAP && data.length === 2) return 'pap';
  if (protocol === PROTOCOL_CHAP && data.length === 3) return CHAP_ALGORITHMS[u8(data, 2)] ?? null;
  return null;
}

export interface LcpHost {
  send(code: number, id: number, data: Uint8Array, now: number): void;
  up(now: number): void;
  down(now: number): void;
  finished(now: number): void;
  refused(detail: string, now: number): void;
  /** Everything we send comes back. */
  looped(now: number): void;
  echoReply(id: number, now: number): void;
  protocolRejected(protocol: number, now: number): void;
  log(text: string): void;
  /** Whether readable text came beside the frames: then fewer echoes of ours suffice to know. */
  textSeen(): boolean;
}

export class LcpRules implements ControlRules {
  /** What the peer wants of us. */
  peerMru = DEFAULT_MRU;
  peerAccm = 0xffffffff;
  peerPfc = false;
  peerAcfc = false;
  /** The protocol the peer wants us to identify ourselves by (client), or we demand (server); `null`: none. */
  method: AuthMethod | null = null;
  /** What we asked for and still stand by. */
  ourAccm: number;
  ourMagic = 0;

  /** The peer has said something that was not our own words come back. */
  peerSpoke = false;

  private readonly config: PppClientConfig | PppServerConfig;
  private readonly host: LcpHost;
  private readonly random: (bytes: number) => Uint8Array;
  private dropped = new Set<number>();
  private mru: number;
  private loops = 0;
  private opened = false;
  private proposed = new Set<AuthMethod>();

  constructor(
    config: PppClientConfig | PppServerConfig,
    host: LcpHost,
    random: (bytes: number) => Uint8Array,
  ) {
    this.config = config;
    this.host = host;
    this.random = random;
    this.mru = config.mru;
    this.ourAccm = config.accm ?? 0;
  }

  reset(): void {
    this.dropped.clear();
    this.proposed.clear();
    this.mru = this.config.mru;
    this.ourAccm = this.config.accm ?? 0;
    this.ourMagic = this.newMagic();
    this.method = this.config.role === 'server' ? (this.config.authentication[0] ?? null) : null;
  }

  private newMagic(): number {
    return u32(this.random(4), 0) || 1;
  }

  request(): Option[] {
    const options: Option[] = [
      { type: MRU, data: bytesOf16(this.mru) },
      { type: ACCM, data: bytesOf32(this.ourAccm) },
    ];
    if (this.config.role === 'server' && this.method !== null)
      options.push({ type: AUTHENTICATION, data: METHOD_DATA[this.method] });
    options.push(
      { type: MAGIC, data: bytesOf32(this.ourMagic) },
      { type: PFC, data: new Uint8Array(0) },
      { type: ACFC, data: new Uint8Array(0) },
    );
    return options.filter(({ type }) => !this.dropped.has(type));
  }

  judge(options: readonly Option[], now: number): Verdict {
    if (!options.some(({ type }) => type === MAGIC)) this.peerSpoke = true;
    const rejects = options.filter((option) => !this.understands(option));
    if (rejects.length > 0) return { kind: 'reject', options: rejects };
    const naks: Option[] = [];
    for (const option of options) {
      const { type, data } = option;
      if (type === MRU && u16(data, 0) < SMALLEST_MRU) naks.push({ type, data: bytesOf16(SMALLEST_MRU) });
      if (type === MAGIC) {
        const magic = u32(data, 0);
        const ours = magic === this.ourMagic && !this.dropped.has(MAGIC);
        if (ours && ++this.loops >= (this.host.textSeen() ? LOOP_LIMIT_SURE : LOOP_LIMIT))
          this.host.looped(now);
        if (!ours) {
          this.loops = 0;
          this.peerSpoke = true;
        }
        if (ours || magic === 0) naks.push({ type, data: bytesOf32(this.newMagic()) });
      }
      if (type === AUTHENTICATION && methodOf(data) === null) {
        const proposal = CLIENT_METHODS.find((method) => !this.proposed.has(method));
        if (proposal === undefined)
          this.host.refused(`the provider insists on ${authenticationName(data)}`, now);
        else {
          this.proposed.add(proposal);
          naks.push({ type, data: METHOD_DATA[proposal] });
        }
      }
    }
    return naks.length > 0 ? { kind: 'nak', options: naks } : { kind: 'ack' };
  }

  private understands({ type, data }: Option): boolean {
    if (type === MRU) return data.length === 2;
    if (type === ACCM || type === MAGIC) return data.length === 4;
    if (type === PFC || type === ACFC) return data.length === 0;
    // Who calls us may not ask us to identify ourselves: we have no account there.
    if (type === AUTHENTICATION) return this.config.role === 'client' && data.length >= 2;
    return type === ENDPOINT;
  }

  granted(options: readonly Option[]): void {
    const data = (type: number): Uint8Array | undefined =>
      options.find((option) => option.type === type)?.data;
    const mru = data(MRU);
    const accm = data(ACCM);
    const authentication = data(AUTHENTICATION);
    this.peerMru = mru ? u16(mru, 0) : DEFAULT_MRU;
    this.peerAccm = accm ? u32(accm, 0) : 0xffffffff;
    this.peerPfc = data(PFC) !== undefined;
    this.peerAcfc = data(ACFC) !== undefined;
    if (this.config.role === 'client') this.method = authentication ? methodOf(authentication) : null;
  }

  nakked(options: readonly Option[], now: number): void {
    for (const { type, data } of options) {
      if (type === MRU && data.length === 2) {
        const mru = u16(data, 0);
        if (mru >= SMALLEST_MRU && mru <= DEFAULT_MRU) this.mru = mru;
        else this.dropped.add(MRU);
      } else if (type === ACCM && data.length === 4) this.ourAccm = (this.ourAccm | u32(data, 0)) >>> 0;
      else if (type === MAGIC) this.ourMagic = this.newMagic();
      else if (type === AUTHENTICATION) this.otherMethod(methodOf(data), now);
      else this.dropped.add(type); // a Nak of PFC or ACFC can only mean no
    }
  }

  /** Server: the caller cannot do what we asked; take its proposal if allowed, else our next. */
  private otherMethod(wanted: AuthMethod | null, now: number): void {
    if (this.config.role !== 'server' || this.method === null) return;
    this.proposed.add(this.method);
    const allowed = this.config.authentication.filter((method) => !this.proposed.has(method));
    const next = allowed.find((method) => method === wanted) ?? allowed[0];
    if (next === undefined) this.host.refused('the caller speaks none of the ways to log in we allow', now);
    else this.method = next;
  }

  rejected(options: readonly Option[], now: number): void {
    for (const { type } of options) {
      if (type === AUTHENTICATION && this.config.role === 'server')
        this.host.refused('the caller will not say who it is', now);
      this.dropped.add(type);
    }
  }

  /** What our echoes carry: zero if no magic number was agreed. */
  get ownMagic(): number {
    return this.dropped.has(MAGIC) ? 0 : this.ourMagic;
  }

  /** Control characters we may leave out of what we receive: only those the peer knows it must escape. */
  get receiveAccm(): number {
    return this.dropped.has(ACCM) ? 0xffffffff : this.ourAccm;
  }

  up(now: number): void {
    this.opened = true;
    this.loops = 0;
    this.host.up(now);
  }

  down(now: number): void {
    this.opened = false;
    this.host.down(now);
  }

  finished(now: number): void {
    this.host.finished(now);
  }

  other({ code, id, data }: ControlPacket, now: number): boolean {
    if (code === ECHO_REQUEST) {
      if (!this.opened || data.length < 4) return true;
      if (this.isOurs(data)) {
        if (++this.loops >= LOOP_LIMIT_SURE) this.host.looped(now);
        return true;
      }
      const reply = data.slice();
      reply.set(bytesOf32(this.ownMagic));
      this.host.send(ECHO_REPLY, id, reply, now);
    } else if (code === ECHO_REPLY) {
      if (this.opened && !this.isOurs(data)) this.host.echoReply(id, now);
    } else if (code === PROTOCOL_REJECT) {
      if (this.opened && data.length >= 2) {
        this.host.log(`the peer does not speak ${protocolName(u16(data, 0))}`);
        this.host.protocolRejected(u16(data, 0), now);
      }
    } else return code === DISCARD_REQUEST || code === IDENTIFICATION || code === TIME_REMAINING;
    return true;
  }

  /** Whether a packet that begins with a magic number carries our own, so is our own packet come back. */
  private isOurs(data: Uint8Array): boolean {
    return data.length >= 4 && !this.dropped.has(MAGIC) && u32(data, 0) === this.ourMagic;
  }
}
