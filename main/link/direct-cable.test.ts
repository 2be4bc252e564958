import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DirectCableGuest } from './direct-cable.ts';
import type { LoginEnd, LoginSink, LoginTalk } from './login-script.ts';

const FRAME = '\x7e\xff\x7d\x23\xc0\x21';
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

/** One side of the cable in simulated time. */
class Side {
  now = 0;
  typed: string[] = [];
  ends: LoginEnd[] = [];
  readonly talk: LoginTalk;

  constructor(create: (sink: LoginSink) => LoginTalk) {
    this.talk = create({
      write: (bytes) => this.typed.push(latin1(bytes)),
      activity: () => {},
      ended: (end) => this.ends.push(end),
    });
    this.talk.begin(0);
  }

  hear(text: string): this {
    this.talk.receive(Buffer.from(text, 'latin1'), this.now);
    return this;
  }

  wait(ms: number): this {
    const until = this.now + ms;
    for (let due = this.talk.nextDeadline(); due !== null && due <= until; due = this.talk.nextDeadline()) {
      this.now = Math.max(this.now, due);
      this.talk.advance(this.now);
    }
    this.now = until;
    return this;
  }

  get rest(): string | undefined {
    const [end] = this.ends;
    return end?.ok ? latin1(end.rest) : undefined;
  }
}

const guest = () => new Side((sink) => new DirectCableGuest(sink));

describe('the guest', () => {
  it('says CLIENT each second until the host answers, and hands on what follows', () => {
    const side = guest().wait(2_500);
    expect(side.typed).toEqual(['CLIENT', 'CLIENT', 'CLIENT']);
    side.hear('CLIENTSER').hear(`VER${FRAME}`);
    expect(side.rest).toBe(FRAME);
    expect(side.wait(60_000).typed).toHaveLength(3);
  });

  it('gives up after half a minute, with what it heard', () => {
    const side = guest().hear('CLIENT').wait(40_000);
    expect(side.ends).toEqual([{ ok: false, reason: 'silent', waitedFor: 'CLIENTSERVER', heard: 'CLIENT' }]);
  });

  it('takes PPP without an answer for a yes', () => {
    expect(guest().hear(`noise${FRAME}`).rest).toBe(FRAME);
  });
});

it('noise does not hurt, nor how the answer is cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(12), (noise, cut) => {
      const junk = latin1(noise.map((byte) => byte & 0x3f)); // no letters, no flags
      const side = guest().hear(junk).hear('CLIENTSERVER'.slice(0, cut)).hear('CLIENTSERVER'.slice(cut));
      expect(side.rest).toBe('');
    }),
  );
});
