/**
 * What a control protocol's options mean, as ControlProtocol asks it: implemented by LCP, IPCP and CCP.
 */
import type { ControlPacket, Option } from './packet.ts';

export type Verdict = { kind: 'ack' } | { kind: 'nak' | 'reject'; options: Option[] };

/** What tells LCP, IPCP and CCP apart. Called by ControlProtocol only; `now` in milliseconds. */
export interface ControlRules {
  /** A negotiation starts anew: ask for everything again. */
  reset(): void;
  request(): Option[];
  /** The peer's wishes. Rejects go first, Naks after (RFC 1661 §5.3-5.4). */
  judge(options: readonly Option[], now: number): Verdict;
  /** We acknowledged these. */
  granted(options: readonly Option[]): void;
  nakked(options: readonly Option[], now: number): void;
  rejected(options: readonly Option[], now: number): void;
  up(now: number): void;
  down(now: number): void;
  finished(now: number): void;
  /** Codes above 7; `false` gets a Code-Reject. */
  other(packet: ControlPacket, now: number): boolean;
}

export interface ControlHost {
  send(protocol: number, packet: Uint8Array, now: number): void;
  log(text: string): void;
  /** The negotiation does not converge; called once, the protocol is not touched further. */
  stuck(protocol: number, detail: string, now: number): void;
}
