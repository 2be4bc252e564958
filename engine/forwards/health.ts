// Health check of balanced TCP forwards: every 10 s each host is sent a SYN to the first port of its rule, as from the router's own address on
// masq0, and what it answers is refused by RST before any program of the host sees it. Two silences, or a refusal, let a host rest;
// one good answer brings it back. Nothing is sent for forwards to a single host: there is nobody to take over.
import { formatAddress } from '../packet/address.ts';
import { get16, get32 } from '../packet/bytes.ts';
import { headerLength } from '../packet/ipv4.ts';
import {
  ACK,
  acknowledgementOf,
  flagsOf,
  RST,
  SYN,
  soundTcp,
  tcpChecksumRight,
  writeSegment,
} from '../packet/tcp.ts';
import type { Forwards } from './forwards.ts';

export const CHECK_MS = 10_000;
const SILENCES = 2;
const FIRST_PORT = 49_152;
const PORTS = 16_384;

/** One host of one rule. */
interface Probe {
  rule: string;
  address: number;
  port: number;
  ownPort: number;
  sequence: number;
  /** Sent, and not answered yet. */
  waits: boolean;
  silences: number;
  ill: boolean;
}

export interface HealthPorts {
  /** The router's own address on masq0, where answers come back to. */
  own: number;
  random(bound: number): number;
  /** A packet for masq0. */
  send(bytes: Uint8Array, length: number): void;
  log(level: 'info' | 'warning', text: string): void;
}

export class HealthChecks {
  readonly #forwards: Forwards;
  readonly #ports: HealthPorts;
  readonly #room = new Uint8Array(64);
  #probes: Probe[] = [];
  #checkAt = 0;

  constructor(forwards: Forwards, ports: HealthPorts) {
    this.#forwards = forwards;
    this.#ports = ports;
  }

  /** The forwards have changed; what is known of a host that stays is kept. */
  configure(): void {
    const before = this.#probes;
    this.#probes = this.#forwards.balanced().map((one) => {
      const known = before.find(
        (probe) => probe.rule === one.rule && probe.address === one.address && probe.port === one.port,
      );
      return known ?? { ...one, ownPort: 0, sequence: 0, waits: false, silences: 0, ill: false };
    });
  }

  /** How many hosts of each balanced rule do not answer. */
  ill(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { rule, ill } of this.#probes) counts.set(rule, (counts.get(rule) ?? 0) + (ill ? 1 : 0));
    return counts;
  }

  /** `reachable`: whether an address can be asked now (it is on the LAN). */
  tick(now: number, reachable: (address: number) => boolean): void {
    if (this.#probes.length === 0 || (now < this.#checkAt && this.#checkAt - now <= CHECK_MS)) return;
    this.#checkAt = now + CHECK_MS;
    for (const probe of this.#probes) {
      if (!reachable(probe.address)) continue;
      if (probe.waits && ++probe.silences >= SILENCES) this.#judge(probe, false);
      if (probe.ill) this.#forwards.rest(probe.rule, probe.address, now);
      probe.waits = true;
      probe.ownPort = FIRST_PORT + this.#ports.random(PORTS);
      probe.sequence = (this.#ports.random(65_536) << 16) | this.#ports.random(65_536);
      this.#send(probe, probe.sequence, 0, SYN);
    }
  }

  /** A TCP packet from the LAN to the router's own address: an answer to a probe, or nothing. */
  take(b: Uint8Array, o: number, length: number, now: number): void {
    const t = o + headerLength(b, o);
    const size = o + length - t;
    if (!soundTcp(b, t, size) || !tcpChecksumRight(b, t, size, get32(b, o + 12), get32(b, o + 16))) return;
    const probe = this.#probes.find(
      (one) =>
        one.waits &&
        one.address === get32(b, o + 12) &&
        one.port === get16(b, t) &&
        one.ownPort === get16(b, t + 2),
    );
    const next = probe ? (probe.sequence + 1) | 0 : 0;
    if (!probe || (flagsOf(b, t) & ACK) === 0 || acknowledgementOf(b, t) !== next) return;
    probe.waits = false;
    probe.silences = 0;
    const answers = (flagsOf(b, t) & (SYN | RST)) === SYN;
    if (answers) this.#send(probe, next, 0, RST);
    this.#judge(probe, answers);
    if (answers) this.#forwards.wake(probe.rule, probe.address);
    else this.#forwards.rest(probe.rule, probe.address, now);
  }

  #judge(probe: Probe, well: boolean): void {
    if (probe.ill === !well) return;
    probe.ill = !well;
    const host = `${formatAddress(probe.address)} port ${probe.port} of forward "${probe.rule}"`;
    if (well) this.#ports.log('info', `${host} answers again and takes its share.`);
    else this.#ports.log('warning', `${host} does not answer; the others take over.`);
  }

  #send(probe: Probe, sequence: number, acknowledgement: number, flags: number): void {
    const { own } = this.#ports;
    const { address, port, ownPort } = probe;
    const length = writeSegment(this.#room, 0, own, ownPort, address, port, sequence, acknowledgement, flags);
    this.#ports.send(this.#room, length);
  }
}
