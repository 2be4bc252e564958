/**
 * What a link needs of the modem driver and of PPP, as interfaces, and the real ones behind them.
 *
 * link/ never touches a serial port or a clock itself, so that its tests run over scripted parts in simulated time.
 */
import type { Fault, Provider, Radio } from '../contract.ts';
import type { LostCause } from '../modem/call.ts';
import type { DialFailure } from '../modem/result-codes.ts';
import type { SlipSessionConfig } from '../ppp/slip-session.ts';
import type { PppClientConfig, PppCloseReason, PppSink } from '../ppp/types.ts';

/** Milliseconds of any fixed origin, and timers whose cancelling is what they return. */
export interface LinkClock {
  now(): number;
  after(milliseconds: number, run: () => void): () => void;
  /** Once the events at hand are dealt with, without waiting: batches what arrives together. */
  soon(run: () => void): void;
}

export const linkClock: LinkClock = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
  soon: (run) => void setImmediate(run),
};

/** An established call: the octets PPP runs over. */
export interface CallPart {
  /** Octets given to write() that the system has not taken yet. */
  readonly line: { readonly pendingBytes: number };
  /** bit/s on the telephone line towards us; null where the modem said none. */
  readonly carrierRate: number | null;
  /** bit/s on the telephone line away from us; null where the modem said none. */
  readonly transmitRate: number | null;
  /** bit/s between computer and modem. */
  readonly portRate: number;
  readonly connectText: string;
  readonly errorCorrected: boolean | null;
  readonly compressed: boolean | null;
  onData: ((bytes: Uint8Array) => void) | null;
  onLost: ((cause: LostCause, detail: string) => void) | null;
  /** Copies the octets. */
  write(bytes: Uint8Array): void;
  /** Resolves always. With `now`, also one that is under way takes the quickest end. */
  hangUp(options?: { now?: boolean }): Promise<void>;
}

export type Progress = (text: string) => void;

export interface ModemPart {
  initialise(
    init: string[],
    signal: AbortSignal,
    onProgress: Progress,
  ): Promise<{ refused: string[] } | { fault: Fault }>;
  dial(options: {
    number: string;
    blindDial: boolean;
    init: string[];
    /** S7, seconds. */
    carrierWaitSeconds: number;
    /** Of a mobile module: its access point and its card's PIN. */
    cellular?: { apn: string; pin: string | null };
    signal: AbortSignal;
    onProgress: Progress;
  }): Promise<{ ok: true; call: CallPart; radio?: Radio } | { ok: false; fault: Fault; kind: DialFailure }>;
  close(): Promise<void> | void;
}

/** What runs on the line: PPP, or SLIP in its shape. */
export interface PppPart {
  readonly isUp: boolean;
  /** The peer has said something in PPP, other than our own words come back. */
  readonly peerSpoke: boolean;
  lowerUp(now: number): void;
  lowerDown(now: number): void;
  receive(bytes: Uint8Array, now: number): void;
  advance(now: number): void;
  /** When `advance` is wanted next; null or Infinity: not at all. */
  nextDeadline(): number | null;
  /** The frame of one IP packet, escaped and checked; a view that holds until the next call. */
  encode(packet: Uint8Array, offset: number, length: number, now: number): Uint8Array;
  /** Sends an LCP Echo-Request now, answered by an `echo` event; false: not while one is out, or not up. */
  sendEcho(now: number): boolean;
  close(now: number): void;
}

export interface UplinkParts {
  readonly clock: LinkClock;
  openModem(
    path: string,
    rate: number,
    signal: AbortSignal,
    onProgress: Progress,
  ): Promise<{ ok: true; modem: ModemPart } | { ok: false; fault: Fault }>;
  /** A null-modem cable: up at once. `close` gives the port back. */
  openCable(
    path: string,
    rate: number,
    flow: Provider['flow'],
  ): Promise<{ ok: true; call: CallPart; close: () => Promise<void> } | { ok: false; fault: Fault }>;
  createPpp(config: PppClientConfig, sink: PppSink): PppPart;
  createSlip(config: SlipSessionConfig, sink: PppSink): PppPart;
  closeReasonFault(reason: PppCloseReason, detail: string): Fault;
  lostCallFault(cause: LostCause, port: string, detail: string): Fault;
}
