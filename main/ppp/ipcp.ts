/**
 * IPCP's options (RFC 1332; name servers RFC 1877), both roles.
 *
 * A client asks for 0.0.0.0 and both name servers from its first request and takes what the peer Naks; a server gives
 * out an address, DNS and WINS. VJ compression (RFC 1332 §4) is asked for and granted apart in each direction.
 */
import type { ControlRules, Verdict } from './control-rules.ts';
import { addressBytes, addressText, type ControlPacket, type Option, sameBytes, u8, u16 } from './packet.ts';
import type { PppClientConfig, PppServerConfig } from './types.ts';

const COMPRESSION = 2;
const ADDRESS = 3;
const NAME_SERVERS = [129, 130, 131, 132];
const DNS = [129, 131];
const VJ = 0x002d;
/** We can receive this: slots 0 to 15, and the slot number may be left out. */
const VJ_REQUEST = Uint8Array.of(0x00, 0x2d, 15, 1);
const VJ_OLD_REQUEST = Uint8Array.of(0x00, 0x2d);
const UNKNOWN = '0.0.0.0';
/** Stands for a peer that names no address of its own; nobody routes to it. */
export const PLACEHOLDER_PEER = '10.64.64.64';

function isNameless({ type, data }: Option): boolean {
  return type === ADDRESS && addressText(data) === UNKNOWN;
}

export interface IpcpHost {
  up(now: number): void;
  down(now: number): void;
  finished(now: number): void;
  /** The call cannot have an address. */
  noAddress(detail: string, now: number): void;
}

/** How VJ runs in one direction. */
export interface VjTerms {
  slots: number;
  slotIds: boolean;
}

export class IpcpRules implements ControlRules {
  local = UNKNOWN;
  peer = UNKNOWN;
  /** Compression towards us, as the peer acknowledged it, and towards the peer, as it asked for it. */
  vjReceive: VjTerms | null = null;
  vjSend: VjTerms | null = null;
  /** Server: who logged in; decides the address. */
  user: string | null = null;

  private readonly config: PppClientConfig | PppServerConfig;
  private readonly host: IpcpHost;
  private dropped = new Set<number>();
  private dns: string[] = [UNKNOWN, UNKNOWN];
  private vjData = VJ_REQUEST;
  private assigned: string | null = null;
  private nameless = 0;

  constructor(config: PppClientConfig | PppServerConfig, host: IpcpHost) {
    this.config = config;
    this.host = host;
  }

  reset(): void {
    this.dropped.clear();
    this.nameless = 0;
    this.vjData = VJ_REQUEST;
    this.vjReceive = null;
    this.dns = [UNKNOWN, UNKNOWN];
    this.local = this.config.role === 'server' ? this.config.local : UNKNOWN;
  }

  /** Name servers the peer gave: 0.0.0.0 is none, and one given twice is one. */
  get dnsServers(): string[] {
    if (this.config.role === 'server') return this.config.dns;
    return [...new Set(this.dns.filter((server) => server !== UNKNOWN))];
  }

  request(): Option[] {
    const options: Option[] = [{ type: ADDRESS, data: addressBytes(this.local) }];
    if (this.config.vj) options.push({ type: COMPRESSION, data: this.vjData });
    if (this.config.role === 'client' && this.config.dns)
      for (const [i, type] of DNS.entries())
        options.push({ type, data: addressBytes(this.dns[i] ?? UNKNOWN) });
    return options.filter(({ type }) => !this.dropped.has(type));
  }

  judge(options: readonly Option[], now: number): Verdict {
    const rejects = options.filter((option) => !this.understands(option));
    if (rejects.length > 0) return { kind: 'reject', options: rejects };
    const naks: Option[] = [];
    if (this.config.role === 'client' && options.some(isNameless) && ++this.nameless <= 2) {
      // A peer without an address of its own: slirp closes IPCP if 0.0.0.0 is acknowledged, so it gets a name of ours;
      // one that does not take it is told to leave the option out, and one that insists gets its way.
      if (this.nameless === 1) naks.push({ type: ADDRESS, data: addressBytes(PLACEHOLDER_PEER) });
      else return { kind: 'reject', options: options.filter(isNameless) };
    }
    for (const option of options) {
      const wanted = this.wanted(option, now);
      if (wanted !== null && !sameBytes(wanted, option.data)) naks.push({ type: option.type, data: wanted });
    }
    // A caller that asks for no address at all is told which one is its own.
    if (this.config.role === 'server' && !options.some(({ type }) => type === ADDRESS)) {
      const address = this.assign(now);
      if (address !== null) naks.push({ type: ADDRESS, data: addressBytes(address) });
    }
    return naks.length > 0 ? { kind: 'nak', options: naks } : { kind: 'ack' };
  }

  private understands({ type, data }: Option): boolean {
    if (type === ADDRESS) return data.length === 4;
    if (type === COMPRESSION)
      return (
        this.config.vj && data.length >= 2 && (u16(data, 0) !== VJ || data.length === 2 || data.length === 4)
      );
    return NAME_SERVERS.includes(type) && data.length === 4 && this.nameServer(type) !== undefined;
  }

  private nameServer(type: number): string | undefined {
    if (this.config.role !== 'server') return undefined;
    const { dns, wins } = this.config;
    // One server serves for both, as pppd gives it: a rejected second would cost every caller a round trip.
    return { 129: dns[0], 130: wins[0], 131: dns[1] ?? dns[0], 132: wins[1] ?? wins[0] }[type];
  }

  /** What an option the peer may ask for should say; `null` if any value will do. */
  private wanted({ type, data }: Option, now: number): Uint8Array | null {
    if (type === COMPRESSION) return u16(data, 0) === VJ ? null : VJ_REQUEST;
    if (this.config.role === 'client') return null;
    const address = type === ADDRESS ? this.assign(now) : this.nameServer(type);
    return address ? addressBytes(address) : null;
  }

  private assign(now: number): string | null {
    if (this.config.role !== 'server') return null;
    this.assigned ??= this.config.assign(this.user);
    if (this.assigned === null) this.host.noAddress('no address is left to give out', now);
    return this.assigned;
  }

  granted(options: readonly Option[]): void {
    const data = (type: number): Uint8Array | undefined =>
      options.find((option) => option.type === type)?.data;
    const address = data(ADDRESS);
    const compression = data(COMPRESSION);
    this.peer = address ? addressText(address) : UNKNOWN;
    if (this.peer === UNKNOWN) this.peer = PLACEHOLDER_PEER;
    this.vjSend = null;
    if (compression?.length === 2) this.vjSend = { slots: 16, slotIds: false };
    else if (compression) this.vjSend = { slots: u8(compression, 2) + 1, slotIds: u8(compression, 3) !== 0 };
  }

  nakked(options: readonly Option[]): void {
    for (const { type, data } of options) {
      if (type === COMPRESSION) {
        // A peer that only knows the form without slots repeats it to us; anything else we cannot do.
        if (data.length === 2 && u16(data, 0) === VJ && this.vjData !== VJ_OLD_REQUEST)
          this.vjData = VJ_OLD_REQUEST;
        else if (data.length === 4 && u16(data, 0) === VJ && u8(data, 2) >= 2 && u8(data, 2) <= 15)
          this.vjData = Uint8Array.from(data);
        else this.dropped.add(COMPRESSION);
      } else if (data.length !== 4) this.dropped.add(type);
      else if (type === ADDRESS && this.config.role === 'client') this.local = addressText(data);
      else if (DNS.includes(type) && this.config.role === 'client')
        this.dns[DNS.indexOf(type)] = addressText(data);
      // Whatever else it wants us to ask for (WINS comes unbidden) we do not need.
    }
  }

  rejected(options: readonly Option[], now: number): void {
    for (const { type } of options) {
      this.dropped.add(type);
      if (DNS.includes(type)) this.dns[DNS.indexOf(type)] = UNKNOWN;
      if (type === ADDRESS && this.config.role === 'client' && this.local === UNKNOWN)
        this.host.noAddress('the provider would not give us an address', now);
    }
  }

  up(now: number): void {
    if (this.local === UNKNOWN) {
      this.host.noAddress('the provider left our address at 0.0.0.0', now);
      return;
    }
    this.vjReceive = null;
    if (this.config.vj && !this.dropped.has(COMPRESSION))
      this.vjReceive =
        this.vjData.length === 4
          ? { slots: u8(this.vjData, 2) + 1, slotIds: true }
          : { slots: 16, slotIds: false };
    // A caller that would not hear of an address still gets the one its packets must come from.
    if (this.config.role === 'server' && this.assigned !== null) this.peer = this.assigned;
    this.host.up(now);
  }

  down(now: number): void {
    this.host.down(now);
  }

  finished(now: number): void {
    this.host.finished(now);
  }

  other(_packet: ControlPacket, _now: number): boolean {
    return false;
  }
}
