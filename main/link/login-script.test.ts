import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoginStep } from '../contract.ts';
import { LoginPrompts } from './login-prompts.ts';
import { type LoginEnd, LoginScript, type LoginTalk } from './login-script.ts';

const WHO = { user: 'guest', password: 'a {user} b' };
const FRAME = '\x7e\xff\x7d\x23\xc0\x21';

/** A talk in simulated time; `types` collects what it writes. */
function talking(create: (sink: ConstructorParameters<typeof LoginPrompts>[1]) => LoginTalk) {
  let now = 0;
  const ends: LoginEnd[] = [];
  const shown: string[] = [];
  let typed = '';
  const talk = create({
    write: (bytes) => {
      typed += Buffer.from(bytes).toString('latin1');
    },
    activity: (text) => shown.push(text),
    ended: (end) => ends.push(end),
  });
  const pass = (milliseconds: number) => {
    const until = now + milliseconds;
    for (;;) {
      const due = talk.nextDeadline();
      if (due === null || due > until) break;
      now = Math.max(now, due);
      talk.advance(now);
    }
    now = until;
  };
  return {
    ends,
    shown,
    pass,
    say(text: string) {
      talk.receive(Buffer.from(text, 'latin1'), now);
    },
    /** What has been typed since the last look. */
    typed() {
      const text = typed;
      typed = '';
      return text;
    },
    begin: () => talk.begin(now),
  };
}

const scripted = (steps: LoginStep[]) => {
  const it = talking((sink) => new LoginScript(steps, WHO, sink));
  it.begin();
  return it;
};
const prompts = () => {
  const it = talking((sink) => new LoginPrompts(WHO, sink));
  it.begin();
  return it;
};

describe('a login script', () => {
  const steps: LoginStep[] = [
    { do: 'expect', text: 'ogin:' },
    { do: 'send', text: '{user}' },
    { do: 'expect', text: 'ASSWORD:', seconds: 10 },
    { do: 'send', text: '{password}' },
    { do: 'pause', seconds: 1.5 },
    { do: 'send', text: 'ppp {user}\r', bare: true },
  ];

  it('waits, types, pauses, and leaves the rest to PPP', () => {
    const talk = scripted(steps);
    talk.say('Welcome\r\nLog');
    expect(talk.typed()).toBe('');
    talk.say('in: ');
    expect(talk.typed()).toBe('guest\r');
    talk.say('Password: ');
    expect(talk.typed()).toBe('a {user} b\r');
    talk.pass(1_400);
    expect(talk.typed()).toBe('');
    talk.say(`ok${FRAME}`);
    talk.pass(200);
    expect(talk.typed()).toBe('ppp guest\r');
    expect(plain(talk.ends[0]).rest).toEqual([...Buffer.from(` ok${FRAME}`, 'latin1')]);
    expect(talk.shown.join()).not.toContain('a {user} b');
  });

  it('reads prompts that carry parity, and texts that were there before they were waited for', () => {
    const talk = scripted(steps);
    const parity = Buffer.from('login: password:', 'latin1').map((octet) => octet | 0x80);
    talk.say(Buffer.from(parity).toString('latin1'));
    expect(talk.typed()).toBe('guest\ra {user} b\r');
  });

  it('gives up when a text does not come, and says what came', () => {
    const talk = scripted(steps);
    talk.say('login:');
    talk.say(' No lines free\x07\r\n');
    talk.pass(9_999);
    expect(talk.ends).toEqual([]);
    talk.pass(1);
    expect(talk.ends).toEqual([
      { ok: false, reason: 'silent', waitedFor: 'ASSWORD:', heard: 'No lines free' },
    ]);
    talk.say('password:');
    talk.pass(100_000);
    expect(talk.ends).toHaveLength(1);
    expect(talk.typed()).toBe('guest\r');
  });

  it('ends well when PPP begins before its last step', () => {
    const talk = scripted(steps);
    talk.say(`login: ${FRAME}`);
    expect(talk.ends).toMatchObject([{ ok: true }]);
    expect(plain(talk.ends[0]).rest).toEqual([...Buffer.from(FRAME, 'latin1')]);
  });

  it('comes to one end, whatever is said and however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 6_000 }), { maxLength: 6 }),
        fc.boolean(),
        (all, own) => {
          const talk = own ? scripted(steps) : prompts();
          for (const bytes of all) {
            talk.say(Buffer.from(bytes).toString('latin1'));
            talk.pass(700);
          }
          talk.pass(200_000);
          expect(talk.ends).toHaveLength(1);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('the usual prompts', () => {
  it('are answered after the far end’s line has been cleared of PPP’s frames', () => {
    const talk = prompts();
    expect(talk.typed()).toBe('\r');
    talk.say('\r\nPassword: ');
    talk.pass(400);
    expect(talk.typed()).toBe('\r');
    talk.say('\r\nLogin incorrect\r\n\r\nlogin: ');
    talk.pass(400);
    expect(talk.typed()).toBe('guest\r');
    talk.say('guest\r\nPassword: ');
    talk.pass(400);
    expect(talk.typed()).toBe('a {user} b\r');
    talk.say(`\r\nStarting PPP.\r\n${FRAME}`);
    expect(talk.ends).toMatchObject([{ ok: true }]);
    expect(talk.shown).toEqual([
      'Looking for a login prompt',
      'Looking for a login prompt',
      'Giving the user name',
      'Giving the password',
    ]);
  });

  it.each(['Username: ', 'User ID> ', 'foo.example login:', 'USER:'])('know %s', (prompt) => {
    const talk = prompts();
    talk.say(prompt);
    talk.pass(400);
    expect(talk.typed()).toBe('\rguest\r');
  });

  it('are answered only when nothing follows them', () => {
    const talk = prompts();
    talk.say('Last login: ');
    talk.pass(100);
    talk.say('never\r\n');
    talk.pass(1_000);
    expect(talk.typed()).toBe('\r');
  });

  function toPassword() {
    const talk = prompts();
    talk.say('login: ');
    talk.pass(400);
    talk.say('Password: ');
    talk.pass(400);
    talk.typed();
    return talk;
  }

  it('ask for PPP at a command prompt, once', () => {
    const talk = toPassword();
    talk.say('\r\n2 failed logins since Monday\r\nnas7> ');
    talk.pass(2_500);
    expect(talk.typed()).toBe('ppp\r');
    talk.say('ppp\r\nnas7> ');
    talk.pass(2_500);
    expect(talk.typed()).toBe('');
    expect(talk.ends).toMatchObject([{ ok: true }]);
  });

  it('begin PPP where nothing more is said', () => {
    const talk = toPassword();
    talk.pass(6_000);
    expect(talk.ends).toMatchObject([{ ok: true }]);
  });

  it.each(['\r\nLogin incorrect\r\n\r\nlogin: ', '\r\n% Access denied\r\n'])(
    'take no for an answer: %j',
    (no) => {
      const talk = toPassword();
      talk.say(no);
      talk.pass(3_000);
      expect(talk.ends).toMatchObject([{ ok: false, reason: 'refused' }]);
      expect(talk.typed()).toBe('');
    },
  );

  it('that never come are given up', () => {
    const talk = prompts();
    talk.pass(60_000);
    expect(talk.typed()).toBe('\r\r\r');
    expect(talk.ends).toMatchObject([{ ok: false, reason: 'silent', waitedFor: 'a login prompt' }]);
  });

  it('that never end are given up within a minute', () => {
    const talk = prompts();
    for (let i = 0; i < 700; i++) {
      talk.say('blah ');
      talk.pass(100);
    }
    expect(talk.ends).toMatchObject([{ ok: false, reason: 'silent' }]);
  });
});

function plain(end: LoginEnd | undefined): { ok: boolean; rest: number[] } {
  if (!end?.ok) throw new Error('it did not end well');
  return { ok: true, rest: [...end.rest] };
}
