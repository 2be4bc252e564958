/**
 * What PAP and CHAP have in common: the face they show the session, repeat times, comparison of secrets.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { ControlPacket } from '../packet.ts';
import type { PppCloseReason } from '../types.ts';

/** A request, challenge or response without answer is repeated after this long, this often in all. */
export const REPEAT_MS = 3_000;
export const REPEATS = 10;
/** How long either side waits for the other to begin. */
export const WAIT_MS = 30_000;

export interface AuthHost {
  send(protocol: number, packet: Uint8Array, now: number): void;
  log(text: string): void;
  /** `user`: who the peer is (server), or the name we gave (client). Comes again after a repeated challenge. */
  passed(user: string, now: number): void;
  failed(reason: PppCloseReason, detail: string, now: number): void;
}

export interface Authentication {
  readonly protocol: number;
  /** When `advance` wants to be called, milliseconds. */
  readonly deadline: number | null;
  /** Client: our answer is out and no verdict has come; a link that closes now most likely means a wrong password. */
  readonly answering: boolean;
  start(now: number): void;
  receive(packet: ControlPacket, now: number): void;
  advance(now: number): void;
  /** The peer went on to the network phase: its verdict was lost, and was good. */
  movedOn(now: number): void;
}

/** Names and passwords are octets to PPP; at most 255 fit. */
export function octets(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'utf8').subarray(0, 255));
}

/** In a time that does not depend on where they differ. */
export function secretsEqual(a: Uint8Array, b: Uint8Array): boolean {
  const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
  return timingSafeEqual(digest(a), digest(b));
}
