// One answered call over a byte line, real PPP at both ends, in simulated time.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../ppp/testing/simulated-line.ts';
import type { AuthMethod } from '../ppp/types.ts';
import { packet } from '../practice/caller.fixture.ts';
import { LOGIN_LIMIT_MS } from './call-in.ts';
import { caller, House, RetroComputer, wire } from './dial-in.test-parts.ts';

function ring(line: Parameters<House['call']>[1] = {}, house = new House()) {
  const { near, far } = wire(house.clock);
  const computer = new RetroComputer(far, house.clock);
  const call = house.call(far, line);
  let end: Awaited<typeof call.ended> | null = null;
  void call.ended.then((how) => {
    end = how;
  });
  return { house, near, far, computer, call, clock: house.clock, ended: () => end };
}
/** Nothing is left behind, and no timer either. */
async function over({ house, clock, ended }: ReturnType<typeof ring>) {
  await clock.pass(5_000);
  expect(ended()).not.toBeNull();
  expect(house.clean).toBe(true);
  expect(clock.armed).toBe(0);
  return ended();
}

describe('a caller', () => {
  it('who speaks PPP is asked who it is, given an address and name servers, and is a link to the engine', async () => {
    const rung = ring();
    const { house, computer, call, clock } = rung;
    computer.ppp();
    await clock.pass(2_000);
    expect(computer.up).toMatchObject({ local: '192.168.67.10', peer: '192.168.67.1', dns: ['192.0.0.6'] });
    expect(call.state).toMatchObject({
      phase: 'connected',
      user: 'retro',
      address: '192.168.67.10',
      protocol: 'ppp',
    });
    expect(house.links.get(16)).toMatchObject({
      role: 'caller',
      local: '192.168.67.1',
      peer: '192.168.67.10',
      name: 'retro',
      mtu: 576,
      caller: { internet: true, lan: true, callers: true, proxyArp: false },
    });

    const out = packet('192.168.67.10', '198.51.100.80', 100);
    computer.send(out);
    const back = packet('198.51.100.80', '192.168.67.10', 200);
    call.send(16, back, 0, back.length);
    await clock.pass(500);
    expect(house.packets).toEqual([out]);
    expect(computer.packets).toEqual([back]);
    expect(call.refresh()).toMatchObject({ bytesIn: 100, bytesOut: 200 });

    computer.close();
    expect(await over(rung)).toEqual({ fault: null, lost: null, user: 'retro' });
  });

  it.each<[AuthMethod, string]>([
    ['pap', 'PAP'],
    ['chap-md5', 'CHAP-MD5'],
    ['mschap', 'MS-CHAP'],
    ['mschap-v2', 'MS-CHAP-V2'],
  ])('is let in by %s, as Windows names it too, in whatever capitals', async (method, name) => {
    const rung = ring();
    const { house, computer, call, clock } = rung;
    const createPpp = house.createPpp.bind(house);
    house.createPpp = (config, sink) => createPpp({ ...config, authentication: [method] }, sink);
    computer.ppp({ user: 'WORKGROUP\\RETRO' });
    await clock.pass(3_000);
    expect(call.state).toMatchObject({ phase: 'connected', user: 'retro', authentication: name });
    void call.hangUp();
    await over(rung);
  });

  it('with a wrong password is told so by PPP, and we know why', async () => {
    const rung = ring();
    rung.computer.ppp({ password: 'guess' });
    await rung.clock.pass(3_000);
    expect(rung.computer.down).toBe('wrong-password');
    expect(rung.house.links.size).toBe(0);
    expect((await over(rung))?.fault).toMatchObject({ code: 'caller-password' });
    expect(rung.near.hungUp).toEqual([false]);
  });

  it.each([
    ['nobody knows', { user: 'stranger' }, {}, 'caller-unknown'],
    ['who is switched off', {}, { on: false }, 'caller-off'],
    ['outside the hours', {}, { hours: [{ days: [0], from: 0, to: 60 }] }, 'caller-hours'],
  ])('%s is turned away', async (_, client, change, code) => {
    const house = new House();
    house.dialIn = { ...house.dialIn, callers: [caller(change)] };
    const rung = ring({}, house);
    rung.computer.ppp(client);
    await rung.clock.pass(3_000);
    expect(rung.computer.up).toBeNull();
    expect((await over(rung))?.fault).toMatchObject({ code });
  });

  it('may call once at a time only, unless more is allowed', async () => {
    const first = ring();
    first.computer.ppp();
    await first.clock.pass(3_000);
    const second = ring({}, first.house);
    second.computer.ppp();
    await second.clock.pass(5_000);
    expect(second.computer.down).toBe('wrong-password');
    expect(second.ended()?.fault).toMatchObject({ code: 'caller-too-many' });
    first.house.dialIn = { ...first.house.dialIn, callers: [caller({ calls: 2 })] };
    const third = ring({}, first.house);
    third.computer.ppp();
    await third.clock.pass(3_000);
    expect([first, third].map(({ computer }) => computer.up?.local)).toEqual([
      '192.168.67.10',
      '192.168.67.11',
    ]);
    void first.call.hangUp();
    void third.call.hangUp();
    await over(third);
  });

  it('for whom no address is left is told so', async () => {
    const house = new House();
    house.takeAddress = () => null;
    const rung = ring({}, house);
    rung.computer.ppp();
    await rung.clock.pass(3_000);
    expect(rung.computer.up).toBeNull();
    expect((await over(rung))?.fault).toMatchObject({ code: 'caller-no-address' });
  });

  it('logs in by text, chooses, and is not asked again by PPP', async () => {
    const rung = ring();
    const { computer, clock, call } = rung;
    computer.type('\r');
    await clock.pass(500);
    expect(computer.text).toContain('login: ');
    computer.type('retro\rwin95\rppp\r');
    await clock.pass(300);
    expect(computer.text).toMatch(/Password: \r\nStart PPP, SLIP, CSLIP\? \[PPP\] ppp\r\nStarting PPP\.\r\n/);
    computer.ppp({ user: 'nobody', password: '' });
    await clock.pass(3_000);
    expect(call.state).toMatchObject({ phase: 'connected', user: 'retro', authentication: 'login' });
    void call.hangUp();
    await over(rung);
  });

  it('who dawdles over the login may begin PPP all the same', async () => {
    const rung = ring();
    rung.computer.type('ret');
    await rung.clock.pass(20_000);
    rung.computer.ppp();
    await rung.clock.pass(3_000);
    expect(rung.call.state.phase).toBe('connected');
    void rung.call.hangUp();
    await over(rung);
  });

  it('who types wrong passwords is sent away', async () => {
    const rung = ring();
    rung.computer.type('retro\rx\rretro\ry\rretro\rz\r');
    await rung.clock.pass(300);
    expect(rung.computer.text).toContain('Login incorrect');
    expect(rung.computer.text).toContain('Goodbye');
    expect((await over(rung))?.fault).toMatchObject({ code: 'caller-password' });
  });

  it('who is silent sees a prompt, then hears PPP, and may still type', async () => {
    const rung = ring();
    const { computer, clock, call } = rung;
    await clock.pass(1_500);
    expect(computer.text).toContain('login: ');
    computer.text = '';
    await clock.pass(2_000);
    expect(computer.text).toContain('~\xff}#');
    computer.text = '';
    computer.type('\r');
    await clock.pass(200);
    expect(computer.text).toContain('login: ');
    expect(computer.text).not.toContain('~');
    computer.type('retro\rwin95\r\r');
    await clock.pass(300);
    computer.ppp();
    await clock.pass(3_000);
    expect(call.state.phase).toBe('connected');
    void call.hangUp();
    await over(rung);
  });

  it('that waits for us to begin PPP is let in by our own request', async () => {
    const rung = ring();
    await rung.clock.pass(3_500);
    rung.computer.ppp();
    await rung.clock.pass(4_000);
    expect(rung.call.state.phase).toBe('connected');
    void rung.call.hangUp();
    await over(rung);
  });

  it('that never says anything is hung up', async () => {
    const rung = ring();
    await rung.clock.pass(60_000);
    expect((await over(rung))?.fault).toMatchObject({ code: 'caller-no-ppp' });
  });

  it('that never comes to an end with the login is hung up', async () => {
    const rung = ring();
    for (let at = 0; at < LOGIN_LIMIT_MS + 5_000; at += 5_000) {
      rung.computer.type('x\b');
      await rung.clock.pass(5_000);
    }
    expect((await over(rung))?.fault).toMatchObject({ code: 'caller-slow' });
  });
});

describe('SLIP', () => {
  it('after a login: addresses are told in words, and packets pass both ways', async () => {
    const rung = ring();
    const { house, far, call, clock, computer } = rung;
    computer.type('retro\rwin95\rslip\r');
    await clock.pass(1_000);
    expect(computer.text).toContain('Your address is 192.168.67.10. My address is 192.168.67.1.');
    expect(call.state).toMatchObject({ phase: 'connected', protocol: 'slip', authentication: 'login' });
    const out = packet('192.168.67.10', '198.51.100.80', 60);
    far.write(Uint8Array.of(0xc0, ...escaped(out), 0xc0));
    const heard: number[] = [];
    far.onData = (bytes) => heard.push(...bytes);
    call.send(16, out, 0, out.length);
    await clock.pass(500);
    expect(house.packets).toEqual([out]);
    expect(heard).toEqual([0xc0, ...escaped(out), 0xc0]);
    far.drop();
    expect((await over(rung))?.lost).toMatchObject({ cause: 'carrier' });
  });

  it('without a login is for the one the line names, and for nobody else', async () => {
    const bytes = Uint8Array.of(0xc0, ...escaped(packet('192.168.67.10', '198.51.100.80', 60)), 0xc0);
    const named = ring({ slipUser: 'retro', kind: 'cable' });
    named.far.write(bytes);
    await named.clock.pass(500);
    expect(named.call.state).toMatchObject({ phase: 'connected', protocol: 'cslip', user: 'retro' });
    expect(named.house.packets).toHaveLength(1);
    void named.call.hangUp();
    await over(named);
    const nobody = ring();
    nobody.far.write(bytes);
    await nobody.clock.pass(500);
    expect(nobody.house.packets).toEqual([]);
    expect(nobody.call.state.phase).toBe('answering');
    void nobody.call.hangUp({ now: true });
    await over(nobody);
  });
});

describe('the direct cable of Windows', () => {
  it('CLIENT is answered by CLIENTSERVER, then PPP', async () => {
    const rung = ring({ kind: 'cable' });
    const { computer, clock, call } = rung;
    computer.type('CLI');
    await clock.pass(100);
    computer.type('ENT');
    await clock.pass(100);
    expect(computer.text).toMatch(/^CLIENTSERVER/);
    computer.ppp();
    await clock.pass(5_000);
    expect(call.state).toMatchObject({ phase: 'connected', user: 'retro' });
    void call.hangUp();
    await over(rung);
  });

  it('CLIENT is answered again when our answer was lost, but not for ever to an echo', async () => {
    const rung = ring({ kind: 'cable' });
    const answers = () => rung.computer.text.split('CLIENTSERVER').length - 1;
    rung.computer.type('CLIENT');
    await rung.clock.pass(1_000);
    rung.computer.type('CLI');
    rung.computer.type('ENT');
    await rung.clock.pass(100);
    expect(answers()).toBe(2);
    for (let i = 0; i < 50; i++) rung.computer.type('CLIENTSERVER');
    await rung.clock.pass(1_000);
    expect(answers()).toBe(20);
    rung.computer.ppp();
    await rung.clock.pass(5_000);
    expect(rung.call.state.phase).toBe('connected');
    void rung.call.hangUp();
    await over(rung);
  });

  it('no prompt is ever shown on a cable, and late CLIENT is still answered', async () => {
    const rung = ring({ kind: 'cable' });
    const { computer, clock, call } = rung;
    await clock.pass(5_000);
    expect(computer.text).not.toContain('login');
    computer.text = '';
    computer.type('CLIENT');
    await clock.pass(100);
    expect(computer.text).toContain('CLIENTSERVER');
    computer.ppp();
    await clock.pass(4_000);
    expect(call.state.phase).toBe('connected');
    void call.hangUp();
    await over(rung);
  });
});

describe('limits', () => {
  async function onLine(change: Partial<House['dialIn']>, who = caller()) {
    const house = new House();
    house.dialIn = { ...house.dialIn, ...change, callers: [who] };
    const rung = ring({}, house);
    rung.computer.ppp();
    await rung.clock.pass(3_000);
    expect(rung.call.state.phase).toBe('connected');
    return rung;
  }

  it('idle: only what the caller sends counts, and not what merely answers', async () => {
    const rung = await onLine({ idleMinutes: 2 });
    for (let minute = 0; minute < 3; minute++) {
      rung.computer.send(packet('192.168.67.10', '198.51.100.80', 60));
      await rung.clock.pass(60_000);
    }
    expect(rung.call.state.phase).toBe('connected');
    const knock = packet('198.51.100.80', '192.168.67.10', 60);
    rung.call.send(16, knock, 0, knock.length);
    await rung.clock.pass(65_000);
    await over(rung);
    expect(rung.house.said.join()).toContain('because nobody used it');
    expect(rung.computer.down).toBe('peer-closed');
  });

  it('longest call', async () => {
    const rung = await onLine({ longestMinutes: 5 });
    for (let minute = 0; minute < 4; minute++) {
      rung.computer.send(packet('192.168.67.10', '198.51.100.80', 60));
      await rung.clock.pass(60_000);
    }
    expect(rung.call.state.phase).toBe('connected');
    await rung.clock.pass(65_000);
    await over(rung);
  });

  it('hours that end during the call', async () => {
    const rung = await onLine({}, caller({ hours: [{ days: [4], from: 720, to: 725 }] }));
    await rung.clock.pass(4 * 60_000);
    expect(rung.call.state.phase).toBe('connected');
    await rung.clock.pass(65_000);
    await over(rung);
  });
});

describe('whatever happens', () => {
  it('an engine that does not take the link ends the call', async () => {
    const house = new House();
    house.linkFault = { code: 'x', sentence: 'It is away.', cause: '', remedy: '' };
    const rung = ring({}, house);
    rung.computer.ppp();
    await rung.clock.pass(3_000);
    expect((await over(rung))?.fault).toMatchObject({ code: 'x' });
  });

  it.each([0, 35, 70, 110, 150, 200, 260, 330, 400, 500, 700, 1_500, 3_200, 4_000])(
    'a carrier dropped after %d ms leaves nothing behind',
    async (after) => {
      for (const speaks of ['ppp', 'text', 'nothing'] as const) {
        const rung = ring();
        if (speaks === 'ppp') rung.computer.ppp();
        if (speaks === 'text') rung.computer.type('retro\rwin95\r\r');
        await rung.clock.pass(after);
        rung.far.drop();
        expect((await over(rung))?.lost).toMatchObject({ cause: 'carrier' });
      }
    },
  );

  it.each([0, 70, 150, 300, 1_500, 3_500])('so does a hang-up of ours after %d ms', async (after) => {
    for (const now of [false, true]) {
      const rung = ring();
      rung.computer.ppp();
      await rung.clock.pass(after);
      void rung.call.hangUp({ now });
      await over(rung);
    }
  });

  it('a thousand calls that end anyhow leave no timer, address or link', async () => {
    const random = seeded(4_711);
    const house = new House();
    const before = house.clock.armed;
    for (let number = 0; number < 1_000; number++) {
      const rung = ring({ kind: random() < 0.2 ? 'cable' : 'modem' }, house);
      const speaks = random();
      if (speaks < 0.6) rung.computer.ppp(random() < 0.2 ? { password: 'guess' } : {});
      else if (speaks < 0.8) rung.computer.type('retro\rwin95\rslip\r');
      await rung.clock.pass(Math.floor(random() * 2_500));
      const ends = random();
      if (ends < 0.4) rung.far.drop(random() < 0.2 ? 'unplugged' : 'carrier');
      else if (ends < 0.6) rung.computer.close();
      else void rung.call.hangUp({ now: random() < 0.5 });
      await rung.clock.pass(5_000);
      if (rung.ended() === null) void rung.call.hangUp();
      await rung.clock.pass(4_000);
      expect(rung.ended()).not.toBeNull();
    }
    expect(house.clean).toBe(true);
    expect(house.clock.armed).toBe(before);
  });

  it('no bytes at all make it fail, and it always ends clean', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 80 }),
            fc.string({ maxLength: 20 }).map((s) => Buffer.from(s)),
          ),
          {
            maxLength: 12,
          },
        ),
        fc.constantFrom('modem', 'cable', 'tcp'),
        async (pieces, kind) => {
          const rung = ring({ kind, slipUser: 'retro' });
          for (const piece of pieces) {
            rung.far.write(piece);
            await rung.clock.pass(700);
          }
          rung.far.drop();
          await over(rung);
        },
      ),
      { numRuns: 60 },
    );
  });
});

function escaped(bytes: Uint8Array): number[] {
  return [...bytes].flatMap((octet) =>
    octet === 0xc0 ? [0xdb, 0xdc] : octet === 0xdb ? [0xdb, 0xdd] : [octet],
  );
}
