/**
 * What a PPP session is given and what it tells: configuration of either role, events, and the sink they go to.
 * No behaviour lives here. Times are milliseconds of any monotonic origin, rates bit/s, addresses dotted IPv4.
 */

/** Why a link went down, as far as PPP can tell; `closeReasonFault` has the sentence for each. */
export type PppCloseReason =
  | 'requested'
  | 'wrong-password'
  | 'authentication-refused'
  | 'no-ppp'
  | 'looped'
  | 'peer-closed'
  | 'no-echo'
  | 'carrier-lost'
  | 'negotiation-failed'
  | 'no-address'
  | 'timeout';

export type AuthMethod = 'chap-md5' | 'mschap-v2' | 'mschap' | 'pap';

interface PppCommonConfig {
  /** Largest packet we say we can receive, bytes. 1500 are always accepted (RFC 1661 §6.1). */
  mru: number;
  /** Largest packet we want to send, bytes; the peer's MRU may lower it. */
  mtu: number;
  /** What the telephone line carries, bit/s: sets the restart timer and the echo interval. */
  lineRate: number;
  /** Offer and accept Van Jacobson header compression (RFC 1144). */
  vj: boolean;
  /** Offer and accept CCP Deflate (RFC 1979). */
  deflate: boolean;
  /** Control characters the peer shall escape towards us (RFC 1662 §7.1); 0 if left out, 0x000a0000 for XON/XOFF lines. */
  accm?: number;
}

/** The calling side: identifies itself if asked, asks for an address and, with `dns`, for name servers. */
export interface PppClientConfig extends PppCommonConfig {
  role: 'client';
  user: string;
  password: string;
  dns: boolean;
}

/** The answering side: demands authentication, gives out addresses. */
export interface PppServerConfig extends PppCommonConfig {
  role: 'server';
  /** The name in our CHAP challenges. */
  name: string;
  local: string;
  /** The address of this caller (`null`: did not have to say who), or `null` if none is left. */
  assign(user: string | null): string | null;
  /** At most two of each are given out. */
  dns: string[];
  wins: string[];
  /** In order of preference; empty: nobody is asked who they are. */
  authentication: AuthMethod[];
  /** The plain password of a user, `null` for a stranger. */
  secret(user: string): string | null;
}

export interface PppUp {
  local: string;
  peer: string;
  dns: string[];
  /** What we may send, bytes. */
  mtu: number;
  /** 'CHAP-MD5', 'MS-CHAP-V2', 'MS-CHAP', 'PAP' or 'none'. */
  authentication: string;
  /** In use when the link came up, such as `['VJ', 'PFC', 'ACFC', 'Deflate']`. */
  compression: string[];
  /** Server role: who called, `null` if nobody asked. Client role: the name we gave, `null` if nobody asked. */
  user: string | null;
  /** Configure-Requests of ours (LCP and IPCP) it took. */
  roundTrips: number;
}

export type PppPhase = 'establish' | 'authenticate' | 'network' | 'open' | 'terminate' | 'dead';

/** `up` may come a second time without `down` if the peer renegotiates; the later one holds. */
export type PppEvent =
  | { type: 'phase'; phase: PppPhase }
  | { type: 'up'; up: PppUp }
  | { type: 'down'; reason: PppCloseReason; detail: string }
  | { type: 'log'; text: string }
  | { type: 'echo'; roundTripMs: number };

export interface PppSink {
  /** A ready frame for the line, ahead of data. A view that holds only during the call: copy it or send it at once. */
  control(frame: Uint8Array): void;
  /** An IPv4 packet; the buffer holds only during the call. */
  deliver(packet: Uint8Array, offset: number, length: number): void;
  event(event: PppEvent): void;
}

export interface PppCounters {
  framesIn: number;
  framesOut: number;
  fcsErrors: number;
  runts: number;
  overruns: number;
  bytesIn: number;
  bytesOut: number;
}
