import { describe, expect, it } from 'vitest';
import type { Meter, Phase } from '../../main/contract.ts';
import { phaseSchema } from '../../main/contract.ts';
import { phaseSentences, phaseWords } from '../strings.ts';
import { lamps, remedyOf, stepMarks, tone, verb } from './select.ts';

const marks = (phase: Phase, last: Phase | null = null) =>
  stepMarks(phase, last)
    .map((m) => m[0])
    .join('');

// d: done, c: current, f: failed here, t: to come
it.each<[Phase, Phase | null, string]>([
  ['idle', null, 'ttttttt'],
  ['starting-engine', null, 'ctttttt'],
  ['initialising-modem', null, 'dcttttt'],
  ['dialling', null, 'ddctttt'],
  ['logging-in', null, 'dddcttt'],
  ['configuring', null, 'dddddct'],
  ['connected', null, 'ddddddd'],
  ['failed', 'authenticating', 'ddddftt'],
  ['waiting-to-redial', 'dialling', 'ddftttt'],
  ['failed', 'connected', 'ddddddf'],
  ['failed', null, 'ttttttt'],
  ['hanging-up', 'connected', 'ttttttt'],
])('steps of %s after %s', (phase, last, expected) => expect(marks(phase, last)).toBe(expected));

describe('every phase', () => {
  it.each(phaseSchema.options)('%s has words, a verb and a tone', (phase) => {
    expect(phaseWords[phase]).not.toBe('');
    expect(phaseSentences[phase]).not.toBe('');
    expect(['off', 'busy', 'on', 'error']).toContain(tone(phase));
    // Only a call that is not under way can be begun.
    expect(verb(phase).deed === 'dial').toBe(phase === 'idle' || phase === 'failed');
  });
});

it('names the button by what it does', () => {
  const words = (['idle', 'dialling', 'connected', 'hanging-up', 'failed'] as const).map((p) => verb(p).word);
  expect(words).toEqual(['Dial', 'Cancel', 'Hang up', 'Hang up now', 'Try again']);
});

describe('lamps', () => {
  const meter = { at: 10_000, up: 0, down: 9 } as Meter;
  it('shows carrier only after the far modem answered', () => {
    expect(lamps('dialling', null, 0)).toMatchObject({ hook: true, carrier: false });
    expect(lamps('negotiating', null, 0)).toMatchObject({ hook: true, carrier: true });
    expect(lamps('failed', meter, 10_000)).toEqual({
      hook: false,
      carrier: false,
      receive: false,
      send: false,
    });
  });
  it('shows traffic only while it is fresh', () => {
    expect(lamps('connected', meter, 11_000)).toMatchObject({ receive: true, send: false });
    expect(lamps('connected', meter, 20_000)).toMatchObject({ receive: false });
  });
});

it.each([
  ['wrong-password', 'provider'],
  ['ppp-wrong-password', 'provider'],
  ['provider-clash', 'settings'],
  ['line-unplugged', 'try-again'],
  ['modem-silent', 'port'],
  ['engine-lost', 'try-again'],
  ['port-busy', 'port'],
  ['no-modem', 'port'],
  ['dhcp-other-server', 'settings'],
  ['lan-clash', 'settings'],
  ['lan-missing', 'settings'],
  ['lan-diverted', 'try-again'],
  ['dnsmasq-missing', 'try-again'],
  ['foreign-firewall', 'try-again'],
  ['foreign-firewall-closed', 'firewall'],
  ['busy', 'try-again'],
  ['no-dialtone', 'try-again'],
  ['no-carrier', 'try-again'],
  ['never-dial-hours', 'anyway'],
  ['limit-used-up', 'anyway'],
  ['sim-pin', 'pin'],
  ['sim-pin-wrong', 'pin'],
  ['login-unattended', 'provider'],
])('%s is helped by %s', (code, remedy) => {
  expect(remedyOf({ code, sentence: '', cause: '', remedy: '' })).toBe(remedy);
});
