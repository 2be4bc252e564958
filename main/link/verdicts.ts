/**
 * Whether an ending is worth another try by itself: a busy number is, a wrong password never (it would lock the account
 * and cost a call each time). The sentences stand with those who know the cause: modem/ and ppp/.
 */
import type { Fault } from '../contract.ts';
import type { PppCloseReason } from '../ppp/types.ts';
import type { DialKind } from './parts.ts';

export const RETRY_DIAL: Readonly<Record<DialKind, boolean>> = {
  busy: true,
  'no-carrier': true,
  'no-answer': true,
  delayed: true,
  'line-in-use': true,
  silent: true,
  'no-dialtone': false,
  blacklisted: false,
  voice: false,
  'digital-line': false,
  cancelled: false,
  lost: false,
  refused: false,
  sim: false,
};

export const RETRY_PPP: Readonly<Record<PppCloseReason, boolean>> = {
  requested: false,
  'wrong-password': false,
  'authentication-refused': false,
  looped: false,
  'negotiation-failed': false,
  'no-ppp': true,
  'peer-closed': true,
  'no-echo': true,
  'carrier-lost': true,
  'no-address': true,
  timeout: true,
};

export const cancelled: Fault = {
  code: 'cancelled',
  sentence: 'The call was cancelled.',
  cause: 'Somebody asked for it before the connection was made.',
  remedy: 'Press Dial to call again.',
};

/** IPCP ran again during the call and gave another address: everything that rests on the old one is void. */
export function readdressed(before: string, after: string): Fault {
  return {
    code: 'address-changed',
    sentence: 'The provider changed the address in the middle of the call.',
    cause: `It negotiated again and gave ${after} instead of ${before}.`,
    remedy: 'Nothing to do: the call is made again with the new address.',
  };
}
