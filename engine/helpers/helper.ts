// What a protocol helper is (RFC 2663 §4: an application level gateway): it reads a session's payload, rewrites addresses in it, and
// says which further session to expect. It sees only in-order data, never packets; sequence numbers, retransmissions, ports and
// lifetimes are the engine's (engine.ts). Addresses are signed 32-bit integers, see packet/address.ts.

/** Which way data goes. */
export const FROM_INSIDE = 0;
export const FROM_OUTSIDE = 1;
export type Direction = typeof FROM_INSIDE | typeof FROM_OUTSIDE;

/** Bytes lent for one call. */
export interface Span {
  readonly bytes: Uint8Array;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Payload lent for one call. */
export interface Chunk extends Span {
  /**
   * Puts `replacement` (copied) in place of the bytes [from, to). Calls come in ascending order and do not overlap. In a stream
   * they lie within the bytes that `read` then reports as dealt with; a retransmission is rewritten alike without asking again.
   */
  replace(from: number, to: number, replacement: Uint8Array): void;
}

/** A session to come. */
export interface Expected {
  readonly protocol: 'tcp' | 'udp';
  /** The inside host's port; its address is the session's own client. Refused below 1024 but for privileged helpers. */
  readonly insidePort: number;
  /** Who may come: one address, or null for anybody. */
  readonly remote: number | null;
  /** From which port; 0 for any. */
  readonly remotePort: number;
  readonly seconds: number;
  /** How many sessions may come. */
  readonly count: number;
  /** A helper for the session that comes. */
  readonly follow?: (context: HelperContext) => Dialogue;
}

/** One session as its helper knows it, and what the helper may ask for. */
export interface HelperContext {
  readonly inside: number;
  readonly insidePort: number;
  /** The link's address as the remote sees it, at this moment. */
  readonly outside: number;
  readonly outsidePort: number;
  readonly remote: number;
  readonly remotePort: number;
  /** The remote opened the session: the inside host is the server. */
  readonly insideIsServer: boolean;
  /** Milliseconds. */
  readonly now: number;
  /** The outside port at which the session is awaited, or null when it was refused (and counted). */
  expect(expected: Expected): number | null;
  /** Two adjacent ports, the even one returned, for `insidePort` (even) and the one above it (RFC 3550 §11). */
  expectPair(expected: Expected): number | null;
  /** Awaits no more what this session announced for one inside port (from one remote, if that is said): it will not be needed. */
  withdraw(protocol: 'tcp' | 'udp', insidePort: number, remote?: number): void;
  /** A session the inside host is about to open itself: as a child it keeps this one alive; `follow` reads it. */
  expectOutbound(
    protocol: 'tcp' | 'udp',
    remote: number,
    remotePort: number,
    seconds: number,
    follow?: (context: HelperContext) => Dialogue,
  ): void;
  /** The inside port that an outside port of this client stands for, or null. */
  insidePortOf(protocol: 'tcp' | 'udp', outsidePort: number): number | null;
  /** PPTP: an outside Call ID for the client's own, or null. */
  mapCall(callId: number): number | null;
  /** PPTP: lets GRE pass between the client's Call ID (mapped before) and the peer's. */
  openCall(callId: number, peerCallId: number): boolean;
  /** PPTP: ends what `mapCall` and `openCall` made. */
  closeCall(callId: number): void;
  /** Counts a refusal, by a reason of at most 120 characters. */
  refuse(reason: string): void;
  /** Counts a use. */
  used(): void;
  /** Nothing more is read in this session; it may have been encrypted. */
  stop(): void;
}

/** A reader of one TCP session. */
export interface StreamDialogue {
  readonly kind: 'stream';
  /**
   * Reads the in-order bytes not yet passed on; returns how many of them are dealt with. What is left (at most HOLD_BYTES) is
   * held back and comes again with what follows; a longer rest, or one that the sender has repeated, is passed on unread.
   */
  read(direction: Direction, chunk: Chunk, context: HelperContext): number;
  /** What was held back in this direction has been passed on unread: the next bytes begin anywhere. */
  lost?(direction: Direction): void;
}

/** A reader of one UDP session. */
export interface DatagramDialogue {
  readonly kind: 'datagram';
  /** Reads one datagram's payload; false drops it. */
  read(direction: Direction, chunk: Chunk, context: HelperContext): boolean;
}

export type Dialogue = StreamDialogue | DatagramDialogue;

/** One way a protocol is spoken. */
export interface Transport {
  readonly protocol: 'tcp' | 'udp';
  /** The server's ports, unless settings say otherwise. */
  readonly ports: readonly number[];
  /**
   * Whether a session is this protocol's, asked only where several helpers share a port: `span` is what the client, or the server,
   * has said first; null when that is too little to tell. More bytes never change a yes or a no, so that it does not matter how a
   * stream is cut. Of those that say yes the first in the registry reads the session.
   */
  readonly begins: (fromClient: boolean, span: Span) => boolean | null;
  /** A session begins. */
  open(context: HelperContext): Dialogue;
}

export interface Helper {
  readonly name: string;
  /** For people: the protocol's name, and one sentence on what the helper opens. */
  readonly title: string;
  readonly opens: string;
  /** Whether it is on unless settings say otherwise (RFC 4787 REQ-10, RFC 5382 REQ-6: only FTP). */
  readonly on: boolean;
  /** The protocol itself uses ports below 1024, as rsh does. */
  readonly privileged?: boolean;
  readonly transports: readonly Transport[];
}

/** Most bytes held back in one direction. */
export const HOLD_BYTES = 1024;
/** Inside ports nobody outside may be led to, whatever a payload says: NFS, and X by TCP; by UDP telephones take sound there. */
export function staysClosed(protocol: 'tcp' | 'udp', port: number): boolean {
  return port === 2049 || (protocol === 'tcp' && port >= 6000 && port <= 6003);
}
