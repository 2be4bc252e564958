/**
 * The network phase of one call (RFC 1661 §3.7): IPCP, CCP beside it, and the way of packets once they are open.
 */
import { CcpRules } from './ccp.ts';
import { ControlProtocol } from './control.ts';
import type { ControlHost } from './control-rules.ts';
import { DataPath } from './datapath.ts';
import { IpcpRules } from './ipcp.ts';
import {
  buildPacket,
  type ControlPacket,
  PROTOCOL_CCP,
  PROTOCOL_COMPRESSED,
  PROTOCOL_IPCP,
  PROTOCOL_VJ_COMPRESSED,
  PROTOCOL_VJ_UNCOMPRESSED,
} from './packet.ts';
import type { RestartTimer } from './restart-timer.ts';
import type { PppClientConfig, PppCloseReason, PppServerConfig } from './types.ts';

export interface NetworkHost {
  send(protocol: number, packet: Uint8Array, now: number): void;
  log(text: string): void;
  deliver(packet: Uint8Array, offset: number, length: number): void;
  up(now: number): void;
  down(): void;
  failed(reason: PppCloseReason, detail: string, now: number): void;
}

export class Network {
  isUp = false;
  readonly data: DataPath;
  readonly ip: IpcpRules;
  readonly compression: CcpRules;
  private readonly config: PppClientConfig | PppServerConfig;
  private readonly host: NetworkHost;
  private readonly ipcp: ControlProtocol;
  private readonly ccp: ControlProtocol;
  private rejected = false;

  /** `control`: how IPCP and CCP send, log, and say that they are stuck; CCP's being stuck is handled here. */
  constructor(
    config: PppClientConfig | PppServerConfig,
    host: NetworkHost,
    control: ControlHost,
    timer: RestartTimer,
  ) {
    this.config = config;
    this.host = host;
    this.ip = new IpcpRules(config, {
      up: (now) => this.opened(now),
      down: () => this.closed(),
      finished: (now) => this.finished(now),
      noAddress: (detail, now) => host.failed('no-address', detail, now),
    });
    this.compression = new CcpRules(Math.max(1500, config.mru) + 128, {
      send: (code, id, data, now) => host.send(PROTOCOL_CCP, buildPacket(code, id, data), now),
      log: (text) => host.log(text),
    });
    this.ipcp = new ControlProtocol(PROTOCOL_IPCP, this.ip, control, timer);
    const optional = { ...control, stuck: (_: number, _detail: string, now: number) => this.ccp.close(now) };
    this.ccp = new ControlProtocol(PROTOCOL_CCP, this.compression, optional, timer);
    this.data = new DataPath(this.compression, (packet, offset, length) =>
      host.deliver(packet, offset, length),
    );
  }

  /** Configure-Requests of ours until up. */
  get requestsSent(): number {
    return this.ipcp.requestsSent;
  }

  /** Authentication is done, or was not asked for (`user` null). */
  begin(user: string | null, now: number): void {
    this.ip.user = user;
    // CCP first: it is settled in one round trip, while IPCP needs two.
    if (this.config.deflate) {
      this.ccp.open(now);
      this.ccp.lowerUp(now);
    }
    this.ipcp.open(now);
    this.ipcp.lowerUp(now);
  }

  lowerDown(now: number): void {
    this.ipcp.lowerDown(now);
    this.ccp.lowerDown(now);
  }

  receive(protocol: number, packet: ControlPacket, now: number): void {
    (protocol === PROTOCOL_IPCP ? this.ipcp : this.ccp).receive(packet, now);
  }

  advance(now: number): void {
    this.ipcp.advance(now);
    this.ccp.advance(now);
    this.compression.advance(now);
  }

  get deadlines(): (number | null)[] {
    return [this.ipcp.deadline, this.ccp.deadline, this.compression.deadline];
  }

  /** The peer does not know `protocol`; `false` if it is none of ours. */
  protocolRejected(protocol: number, now: number): boolean {
    if (protocol === PROTOCOL_IPCP) {
      this.rejected = true;
      this.ipcp.protocolRejected(now);
    } else if (protocol === PROTOCOL_CCP || protocol === PROTOCOL_COMPRESSED) this.ccp.protocolRejected(now);
    else if (protocol === PROTOCOL_VJ_COMPRESSED || protocol === PROTOCOL_VJ_UNCOMPRESSED) this.data.stopVj();
    else return false;
    return true;
  }

  private opened(now: number): void {
    const { ip } = this;
    this.data.open(ip.vjSend, ip.vjReceive, this.config.role === 'server' ? ip.peer : null);
    this.isUp = true;
    this.host.up(now);
  }

  private closed(): void {
    this.isUp = false;
    this.host.down();
  }

  private finished(now: number): void {
    if (this.rejected) this.host.failed('negotiation-failed', 'the other side does not carry IP', now);
    else if (this.ipcp.terminated !== null) this.host.failed('peer-closed', this.ipcp.terminated, now);
    else this.host.failed('timeout', 'no answer to our request for an address', now);
  }
}
