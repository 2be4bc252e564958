import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Transcript } from './transcript.ts';

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0xff);

function record(password: string) {
  const lines: string[] = [];
  return { lines, transcript: new Transcript(password, (line) => lines.push(line)) };
}

describe('the transcript of a login', () => {
  it('tells what was said before what was typed, and masks the password and its echo', () => {
    const { lines, transcript } = record('sesame');
    transcript.heard(bytes('Welcome\r\n\r\nlogin: '));
    transcript.typed(bytes('guest\r'));
    transcript.heard(bytes('guest\r\nPassw'));
    transcript.heard(bytes('ord: '));
    transcript.typed(bytes('sesame\r'));
    transcript.heard(bytes('ses'));
    transcript.heard(bytes('ame\r\nEntering PPP\r\n~\xff}#\xc0!'));
    transcript.typed(bytes('\r'));
    transcript.end();
    expect(lines).toEqual([
      'The line: Welcome',
      'The line: login:',
      'Typed: guest',
      'The line: guest',
      'The line: Password:',
      'Typed: ••••',
      'The line: ••••',
      'The line: Entering PPP',
      'The line: ~ }#@!',
      'Typed: Return',
    ]);
  });

  it('masks a short password only where it was typed', () => {
    const { lines, transcript } = record('ab');
    transcript.heard(bytes('about\r\n'));
    transcript.typed(bytes('ab\r'));
    expect(lines).toEqual(['The line: about', 'Typed: ••••']);
  });

  it('never shows a password, however the octets were split', () => {
    const password = 'geheim7';
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(password), fc.string({ maxLength: 5 }), fc.constant('\r\n')), {
          maxLength: 12,
        }),
        fc.array(fc.nat(20), { maxLength: 8 }),
        (pieces, cuts) => {
          const text = pieces.join('');
          const { lines, transcript } = record(password);
          let at = 0;
          for (const cut of cuts) {
            transcript.heard(bytes(text.slice(at, at + cut)));
            at += cut;
          }
          transcript.heard(bytes(text.slice(at)));
          transcript.end();
          expect(lines.join('\n')).not.toContain(password);
        },
      ),
    );
  });
});
