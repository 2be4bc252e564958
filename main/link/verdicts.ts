/**
 * Whether the end of PPP or of the line is worth another call by itself: a wrong password never is (it would lock the
 * account and cost a call each time). What of dialling is, the modem driver says; the sentences stand with modem/ and ppp/.
 */
import type { Fault } from '../contract.ts';
import type { LostCause } from '../modem/call.ts';
import type { Redial } from '../modem/result-codes.ts';
import type { PppCloseReason } from '../ppp/types.ts';

export const REDIAL_PPP: Readonly<Record<PppCloseReason, Redial>> = {
  requested: 'stop',
  'wrong-password': 'stop',
  'authentication-refused': 'stop',
  looped: 'stop',
  'negotiation-failed': 'stop',
  'no-ppp': 'again',
  'peer-closed': 'again',
  'no-echo': 'again',
  'carrier-lost': 'again',
  'no-address': 'again',
  timeout: 'again',
};

/** An unplugged modem is not back by itself. */
export const REDIAL_LOST: Readonly<Record<LostCause, Redial>> = {
  carrier: 'again',
  unplugged: 'stop',
  error: 'stop',
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
