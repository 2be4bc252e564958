/**
 * Why a link ended, for a person: the sentence, the likely cause and the remedy of every PPP close reason.
 */
import type { Fault } from '../../engine/contract.ts';
import type { PppCloseReason } from './types.ts';

interface Words {
  sentence: string;
  cause: string;
  remedy: string;
}

/** What a person can do about a line that carries less than the modems believe (ITU-T V.250 +MS). */
const SLOWER = 'hold the speed down with the modem setting +MS=V32B,1,4800,9600';

const WORDS: Record<PppCloseReason, Words> = {
  requested: {
    sentence: 'The connection was closed as asked.',
    cause: 'You, or a rule you set, hung up.',
    remedy: 'Press Dial to connect again.',
  },
  'wrong-password': {
    sentence: 'The provider did not accept the user name or password.',
    cause: 'The name or password is mistyped, has changed, or the account is closed or in use elsewhere.',
    remedy:
      'Check both in the provider settings, capitals included, then dial again. Redialling unchanged will not help.',
  },
  'authentication-refused': {
    sentence: 'We and the other side found no common way to log in.',
    cause: 'One side insists on a kind of login the other does not offer, or could not prove who it is.',
    remedy: 'Ask the provider which login it uses: PAP, CHAP and MS-CHAP are understood here, EAP is not.',
  },
  'no-ppp': {
    sentence: 'The other modem answered, but the remote side has not started PPP.',
    cause:
      'The provider shows a text login first, the number belongs to something else, or the line is not clean.',
    remedy:
      'See under Details what the other side sent. If it asks for a login, write the answers into the login script of this provider; if it is no provider at all, check the number.',
  },
  looped: {
    sentence: 'Everything we send comes straight back: nobody is talking PPP at the other end.',
    cause:
      'The modem is in command mode with echo on, the far end is at a text login that echoes, or the line is looped.',
    remedy:
      'Switch the modem off and on and dial again. If it stays, the provider may want a text login first: see its login script.',
  },
  'peer-closed': {
    sentence: 'The other side ended the connection.',
    cause: 'An idle or time limit, maintenance, or an account rule at the provider.',
    remedy: 'Dial again. If it ends after the same time each call, ask the provider about its limits.',
  },
  'no-echo': {
    sentence: 'The other side stopped answering, so we hung up.',
    cause: 'The line went dead without the modem noticing, or the provider has a fault.',
    remedy: `Dial again. If it happens often, try another number of the provider, or ${SLOWER}.`,
  },
  'carrier-lost': {
    sentence: 'The telephone connection was lost.',
    cause:
      'The other modem hung up, call waiting broke in, somebody lifted an extension, or the line is noisy.',
    remedy: 'Dial again. Turn off call waiting for the call, and check the cable and the other telephones.',
  },
  'negotiation-failed': {
    sentence: 'The two sides could not agree on how to run the link.',
    cause: 'The other side keeps refusing a setting, or asking for one that we cannot grant.',
    remedy:
      'Switch off header compression for this provider and dial again. If it stays, send the log to the provider: it names the setting.',
  },
  'no-address': {
    sentence: 'The login went well, but there was no Internet address for this call.',
    cause: 'The provider has no free address, or gives none to this account.',
    remedy: 'Dial again in a few minutes. If it stays, ask the provider.',
  },
  timeout: {
    sentence: 'The other side did not answer in time while the link was being set up.',
    cause: 'A very slow or noisy line, or a fault at the provider.',
    remedy: `Dial again. On a noisy line, ${SLOWER}.`,
  },
};

/** `detail` is what PPP knows beyond the reason: text seen, an option's name, the peer's own words. */
export function closeReasonFault(reason: PppCloseReason, detail: string): Fault {
  const fault: Fault = { code: `ppp-${reason}`, ...WORDS[reason] };
  return detail === '' ? fault : { ...fault, detail: detail.slice(0, 4000) };
}
