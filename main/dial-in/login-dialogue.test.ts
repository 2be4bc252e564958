import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoginDialogue, type LoginOptions, type LoginOutcome } from './login-dialogue.ts';

function talk(change: Partial<LoginOptions> = {}) {
  const heard = { text: '', outcomes: [] as LoginOutcome[] };
  const dialogue = new LoginDialogue(
    {
      greeting: 'Welcome',
      tries: 3,
      limitMs: 120_000,
      choices: ['ppp', 'slip', 'cslip'],
      check: (user, password) =>
        user === 'late' ? 'No calls at this hour.' : user === 'retro' && password === 'win95',
      ...change,
    },
    {
      write: (text) => {
        heard.text += text;
      },
      ended: (outcome) => heard.outcomes.push(outcome),
    },
  );
  dialogue.begin(0);
  const type = (text: string) => dialogue.receive(Buffer.from(text, 'latin1'));
  return { dialogue, heard, type };
}

describe('the text login', () => {
  it('echoes the name, not the password, and starts PPP', () => {
    const { heard, type } = talk({ choices: ['ppp'] });
    type('retro\rwin95\r');
    expect(heard.text).toBe('\r\nWelcome\r\n\r\nlogin: retro\r\nPassword: \r\nStarting PPP.\r\n');
    expect(heard.outcomes).toEqual([{ kind: 'ppp', user: 'retro' }]);
  });

  it.each([
    ['\r', 'ppp'],
    ['slip\r', 'slip'],
    ['nonsense\rCSLIP\r', 'cslip'],
  ])('lets choose: %j', (answer, kind) => {
    const { heard, type } = talk();
    type(`retro\rwin95\r${answer}`);
    expect(heard.outcomes).toEqual([{ kind, user: 'retro' }]);
  });

  it('takes PPP for a name', () => {
    const { heard, type } = talk();
    type('PPP\r');
    expect(heard.outcomes).toEqual([{ kind: 'ppp', user: null }]);
  });

  it('sends away after three wrong passwords, and hears nothing more', () => {
    const { heard, type } = talk();
    type('retro\rno\rretro\rno\rlate\rwin95\rretro\rwin95\r');
    expect(heard.text.match(/Login incorrect/g)).toHaveLength(2);
    expect(heard.text).toContain('No calls at this hour.');
    expect(heard.outcomes).toEqual([{ kind: 'refused', why: 'tries', user: 'late' }]);
  });

  it('ends by time', () => {
    const { dialogue, heard, type } = talk();
    type('ret');
    dialogue.advance(119_999);
    expect(heard.outcomes).toEqual([]);
    dialogue.advance(dialogue.nextDeadline() ?? 0);
    expect(heard.outcomes).toEqual([{ kind: 'refused', why: 'time', user: '' }]);
    expect(dialogue.nextDeadline()).toBeNull();
  });

  it('understands rubout, CR LF, ^C and parity', () => {
    const { heard, dialogue, type } = talk({ choices: ['ppp'] });
    type('someone\x03retrx\bo\r\n');
    dialogue.receive(Uint8Array.from(Buffer.from('win95\r'), (octet) => octet | 0x80));
    expect(heard.outcomes).toEqual([{ kind: 'ppp', user: 'retro' }]);
  });

  it('stands any bytes, writes no password, and ends at most once', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (pieces) => {
        const seen: string[] = [];
        const { heard, dialogue } = talk({
          check(user, password) {
            seen.push(user, password);
            return false;
          },
        });
        for (const piece of pieces) dialogue.receive(piece);
        expect(heard.outcomes.length).toBeLessThanOrEqual(1);
        expect(seen.every((line) => line.length <= 64)).toBe(true);
        expect(heard.text.length).toBeLessThan(
          60 * (pieces.reduce((sum, { length }) => sum + length, 0) + 2),
        );
      }),
    );
  });
});
