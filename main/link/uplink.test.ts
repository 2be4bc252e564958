import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type LoginStep, NEW_PROVIDER, type Provider } from '../contract.ts';
import type { HandLine } from '../gateway-parts.ts';
import { type DialFailure, REDIAL } from '../modem/result-codes.ts';
import type { PppCloseReason } from '../ppp/types.ts';
import { UNATTENDED_MS } from './by-hand.ts';
import { ScriptedParts, settled, UP } from './scripted-parts.ts';
import { Uplink } from './uplink.ts';
import { REDIAL_LOST, REDIAL_PPP } from './verdicts.ts';

vi.mock('./real-parts.ts', () => ({ realParts: {} }));

const provider: Provider = {
  ...NEW_PROVIDER,
  id: 'p',
  name: 'P',
  numbers: ['555-0100'],
  user: 'someone',
};

let parts: ScriptedParts;
let phases: string[];
let losses: { code: string; redial: string }[];
let packets: number[];
let uplink: Uplink;
const abort = () => new AbortController();

function dial(signal = abort().signal, loginScript: Provider['loginScript'] = 'auto') {
  return uplink.dial(
    {
      provider: { ...provider, loginScript },
      password: 'secret',
      number: '555-0100',
      portPath: '/dev/ttyS0',
    },
    signal,
  );
}

async function connect() {
  const dialling = dial();
  await settled();
  parts.session.up();
  const outcome = await dialling;
  if (!outcome.ok) throw new Error(outcome.fault.code);
  return outcome.up;
}

/** The line is hung up and the port closed, once each, and no timer is left. */
function expectHungUp(): void {
  expect(parts.call.hungUp).toHaveLength(1);
  expect(parts.closed).toBe(1);
  expect(parts.clock.armed).toBe(0);
}

beforeEach(() => {
  parts = new ScriptedParts();
  phases = [];
  losses = [];
  packets = [];
  uplink = new Uplink(
    {
      phase: (phase) => phases.at(-1) !== phase && phases.push(phase),
      log: () => {},
      packet: (_buffer, _offset, length) => packets.push(length),
      lost: (fault, redial) => losses.push({ code: fault.code, redial }),
    },
    parts,
  );
});

describe('the way up', () => {
  it('tells each phase and the facts of the link', async () => {
    const dialling = dial();
    await settled();
    parts.session.sink.event({ type: 'phase', phase: 'authenticate' });
    parts.session.sink.event({ type: 'phase', phase: 'network' });
    parts.session.up();
    const outcome = await dialling;
    expect(phases).toEqual([
      'opening-modem',
      'initialising-modem',
      'dialling',
      'negotiating',
      'authenticating',
      'configuring',
    ]);
    expect(outcome).toMatchObject({
      ok: true,
      up: {
        facts: { carrierRate: 33_600, connectText: 'CONNECT 33600', authentication: 'CHAP-MD5' },
        up: { local: UP.local, peer: UP.peer, dns: UP.dns, mtu: 576 },
      },
    });
  });

  it('offers MRU 1500, an MTU for the rate, and Deflate only where the modem does not compress', async () => {
    await connect();
    expect(parts.session.config).toMatchObject({ mru: 1500, mtu: 576, deflate: true, vj: true, dns: true });
  });

  it('paces and sizes packets by the rate away from us where the modem tells it apart', async () => {
    parts.call.carrierRate = 48_000;
    parts.call.transmitRate = 16_800;
    await connect();
    expect(parts.session.config).toMatchObject({ lineRate: 16_800, mtu: 296 });
    const packet = new Uint8Array(286).fill(0x45);
    for (let i = 0; i < 40; i++) uplink.send(1, packet, 0, packet.length);
    await parts.clock.pass(1_000);
    const sent = parts.call.written.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(sent).toBeGreaterThan(0.8 * (16_800 / 8));
    expect(sent).toBeLessThan(1.2 * (16_800 / 8));
  });

  it('carries packets both ways and counts them', async () => {
    await connect();
    const packet = new Uint8Array(100).fill(0x45);
    uplink.send(1, packet, 0, packet.length);
    await parts.clock.pass(1);
    expect(parts.call.written).toEqual([{ at: 0, bytes: 104 }]);
    parts.call.onData?.(new Uint8Array(60));
    expect(packets).toEqual([60]);
    expect(uplink.meter()).toMatchObject({ bytesUp: 100, bytesDown: 60, queuedBytes: 0 });
  });
});

describe('a cable', () => {
  const cable = (loginScript: Provider['loginScript'] = 'auto') =>
    uplink.dial(
      {
        provider: { ...provider, kind: 'cable', numbers: [], port: '/dev/ttyS1', loginScript },
        password: 'secret',
        number: '',
        portPath: '/dev/ttyS1',
      },
      abort().signal,
    );

  it('greets as Windows does, then speaks PPP, with no modem in between', async () => {
    const dialling = cable();
    await settled();
    expect(parts.call.typed).toBe('CLIENT');
    parts.call.onData?.(new TextEncoder().encode('CLIENTSERVER'));
    await settled();
    parts.session.up();
    expect(await dialling).toMatchObject({ ok: true });
    expect(phases).toEqual(['opening-modem', 'logging-in', 'negotiating']);
    await uplink.hangUp();
    expectHungUp();
  });

  it('speaks PPP at once where no greeting is wanted', async () => {
    const dialling = cable('off');
    await settled();
    expect(parts.call.typed).toBe('');
    parts.session.up();
    expect(await dialling).toMatchObject({ ok: true });
  });

  it('tells a port that cannot be opened', async () => {
    parts.openFault = { code: 'port-busy', sentence: '', cause: '', remedy: '' };
    expect(await cable()).toMatchObject({ ok: false, redial: 'stop', fault: { code: 'port-busy' } });
  });

  it('gives up on a silent other end, and the port is closed', async () => {
    const dialling = cable();
    await parts.clock.pass(60_000);
    expect(await dialling).toMatchObject({ ok: false, fault: { code: 'login-silent' } });
    expectHungUp();
  });
});

describe('a login by hand', () => {
  async function handed() {
    const hands: (HandLine | null | undefined)[] = [];
    const heard: string[] = [];
    const log: string[] = [];
    uplink = new Uplink(
      {
        phase: (phase) => phases.at(-1) !== phase && phases.push(phase),
        log: (_level, _part, text) => log.push(text),
        packet: () => {},
        lost: () => {},
        talk: (hand) => hands.push(hand),
        heard: (bytes) => heard.push(String.fromCharCode(...bytes)),
      },
      parts,
    );
    const dialling = dial(abort().signal, 'terminal');
    await settled();
    const hand = hands[0];
    if (!hand) throw new Error('the line was not handed over');
    return { dialling, hand, hands, heard, log };
  }

  it('leaves the line to a person until they start PPP, and writes down what the line said only', async () => {
    const { dialling, hand, hands, heard, log } = await handed();
    parts.call.onData?.(new TextEncoder().encode('Password: '));
    hand.type(new TextEncoder().encode('sesame\r'));
    expect(parts.call.typed).toBe('sesame\r');
    expect(phases.at(-1)).toBe('logging-in');
    hand.startPpp();
    await settled();
    expect(hands.at(-1)).toBeUndefined();
    parts.session.up();
    expect(await dialling).toMatchObject({ ok: true });
    expect(heard).toEqual(['Password: ']);
    expect(log).toContain('The line: Password:');
    expect(log.join()).not.toContain('sesame');
  });

  it('goes on by itself when the far end begins PPP', async () => {
    const { dialling, heard } = await handed();
    parts.call.onData?.(Uint8Array.of(0x41, 0x7e, 0xff, 0x7d, 0x23, 0xc0));
    await settled();
    expect(heard).toEqual(['A']);
    parts.session.up();
    expect(await dialling).toMatchObject({ ok: true });
  });

  it('hangs up when nobody types', async () => {
    const { dialling, hand } = await handed();
    await parts.clock.pass(UNATTENDED_MS - 1);
    hand.type(Uint8Array.of(13));
    await parts.clock.pass(UNATTENDED_MS - 1);
    expect(parts.call.hungUp).toHaveLength(0);
    await parts.clock.pass(2);
    expect(await dialling).toMatchObject({ ok: false, redial: 'stop', fault: { code: 'login-unattended' } });
    expectHungUp();
  });

  it('is ended by a hang-up', async () => {
    const { dialling, hands } = await handed();
    await uplink.hangUp();
    expect(await dialling).toMatchObject({ ok: false, fault: { code: 'cancelled' } });
    expect(hands.at(-1)).toBeUndefined();
    expectHungUp();
  });
});

describe('a provider that greets with text', () => {
  const steps: Provider['loginScript'] = [
    { do: 'expect', text: 'ogin:' },
    { do: 'send', text: '{user}' },
    { do: 'expect', text: 'word:', seconds: 5 },
    { do: 'send', text: '{password}' },
  ];
  const say = (text: string) => parts.call.onData?.(Buffer.from(text, 'latin1'));

  it('is logged in to by its own script before PPP is begun', async () => {
    const dialling = dial(undefined, steps);
    await settled();
    expect(parts.ppp).toBeNull();
    say('login: ');
    say('password: ');
    await settled();
    expect(parts.call.typed).toBe('someone\rsecret\r');
    parts.session.up();
    expect(await dialling).toMatchObject({ ok: true });
    expect(phases.slice(-3)).toEqual(['dialling', 'logging-in', 'negotiating']);
  });

  it('whose script gets no answer is told with what it said, and hung up', async () => {
    const dialling = dial(undefined, steps);
    await settled();
    say('login: ');
    say('All ports busy');
    await parts.clock.pass(5_000);
    expect(await dialling).toMatchObject({
      ok: false,
      fault: { code: 'login-silent', detail: 'The line said: All ports busy' },
      redial: 'again',
    });
    expectHungUp();
  });

  it('that echoes the password does not bring it into the fault', async () => {
    const dialling = dial(undefined, [...(steps as LoginStep[]), { do: 'expect', text: 'PPP', seconds: 5 }]);
    await settled();
    say('login: ');
    say('password: ');
    say('secret is wrong');
    await parts.clock.pass(5_000);
    expect(await dialling).toMatchObject({ ok: false, fault: { detail: 'The line said: •••• is wrong' } });
  });

  it('that drops the line, or is cancelled, in the middle of the script is hung up', async () => {
    const dialling = dial(undefined, steps);
    await settled();
    parts.call.onLost?.('carrier', 'gone');
    expect(await dialling).toMatchObject({ fault: { code: 'line-carrier' }, redial: 'again' });
    expectHungUp();
  });

  it('is cancelled in the middle of the script', async () => {
    const dialling = dial(undefined, steps);
    await settled();
    await uplink.hangUp();
    expect(await dialling).toMatchObject({ fault: { code: 'cancelled' } });
    expectHungUp();
  });

  it('is answered by the usual prompts once PPP has had its time', async () => {
    const dialling = dial();
    await settled();
    say('\r\nUsername: ');
    await parts.clock.pass(3_900);
    expect(parts.call.typed).toBe('');
    await parts.clock.pass(200);
    expect(parts.call.typed).toBe('\r');
    say('\r\nUsername: ');
    await parts.clock.pass(400);
    say('Password: ');
    await parts.clock.pass(400);
    expect(parts.call.typed).toBe('\rsomeone\rsecret\r');
    expect(parts.sessions).toBe(1);
    say('~\xff}#');
    await settled();
    expect(parts.sessions).toBe(2);
    parts.session.up();
    expect(await dialling).toMatchObject({ ok: true });
    await uplink.hangUp();
    expectHungUp();
  });

  it('and with PPP all the same is left to PPP', async () => {
    const dialling = dial();
    await settled();
    say('\r\nUsername: ');
    parts.session.peerSpoke = true;
    await parts.clock.pass(10_000);
    expect(parts.call.typed).toBe('');
    parts.session.up();
    expect(await dialling).toMatchObject({ ok: true });
  });

  it('is logged in to also when PPP gave up before the prompt was understood', async () => {
    const dialling = dial();
    await settled();
    say('Tell me your name, stranger');
    parts.session.down('no-ppp');
    await settled();
    expect(parts.call.typed).toBe('\r');
    await uplink.hangUp();
    await dialling;
    expectHungUp();
  });

  it('is told as such where no login is wanted', async () => {
    const dialling = dial(undefined, 'off');
    await settled();
    say('\r\nUsername: ');
    await parts.clock.pass(10_000);
    parts.session.down('no-ppp');
    expect(await dialling).toMatchObject({ fault: { code: 'no-ppp' } });
    expect(parts.call.typed).toBe('');
  });
});

describe('every failure has its own fault and verdict, and leaves the line hung up', () => {
  it('a port that cannot be opened', async () => {
    parts.openFault = { code: 'port-busy', sentence: '', cause: '', remedy: '' };
    expect(await dial()).toMatchObject({ ok: false, fault: { code: 'port-busy' }, redial: 'stop' });
    expect(parts.closed).toBe(0);
  });

  it('a modem that does not answer', async () => {
    parts.initialiseFault = { code: 'no-modem', sentence: '', cause: '', remedy: '' };
    expect(await dial()).toMatchObject({ ok: false, fault: { code: 'no-modem' }, redial: 'stop' });
    expect(parts.closed).toBe(1);
  });

  it.each(Object.keys(REDIAL) as DialFailure[])('dialling: %s', async (kind) => {
    parts.dialFailure = kind;
    expect(await dial()).toMatchObject({ fault: { code: `dial-${kind}` }, redial: REDIAL[kind] });
    expect(parts.closed).toBe(1);
  });

  it.each(Object.keys(REDIAL_PPP) as PppCloseReason[])('PPP before it is up: %s', async (reason) => {
    const dialling = dial();
    await settled();
    parts.session.down(reason);
    expect(await dialling).toMatchObject({ ok: false, fault: { code: reason }, redial: REDIAL_PPP[reason] });
    expectHungUp();
    expect(losses).toEqual([]);
  });

  it.each(['carrier', 'unplugged', 'error'] as const)('the line while logging in: %s', async (cause) => {
    const dialling = dial();
    await settled();
    parts.call.onLost?.(cause, 'gone');
    expect(await dialling).toMatchObject({ fault: { code: `line-${cause}` }, redial: REDIAL_LOST[cause] });
    expectHungUp();
  });

  it('a carrier dropped in answer to the password is a wrong password', async () => {
    const dialling = dial();
    await settled();
    parts.session.lowerDown = () => parts.session.down('wrong-password');
    parts.call.onLost?.('carrier', 'gone');
    expect(await dialling).toMatchObject({ fault: { code: 'wrong-password' }, redial: 'stop' });
  });

  it('an unplugged modem is told as such whatever PPP was waiting for', async () => {
    const dialling = dial();
    await settled();
    parts.session.lowerDown = () => parts.session.down('wrong-password');
    parts.call.onLost?.('unplugged', 'gone');
    expect(await dialling).toMatchObject({ fault: { code: 'line-unplugged' }, redial: 'stop' });
  });
});

describe('once up, the end is told exactly once', () => {
  it.each(['carrier', 'unplugged', 'error'] as const)('by the line: %s', async (cause) => {
    await connect();
    const lose = parts.call.onLost;
    lose?.(cause, 'gone');
    lose?.(cause, 'gone again');
    parts.session.down('no-echo');
    expect(losses).toEqual([{ code: `line-${cause}`, redial: REDIAL_LOST[cause] }]);
    await parts.clock.pass(10_000);
    expectHungUp();
  });

  it('by the peer', async () => {
    await connect();
    parts.session.down('peer-closed');
    expect(losses).toEqual([{ code: 'peer-closed', redial: 'again' }]);
    await uplink.hangUp();
    expectHungUp();
  });

  it('by a new address in the middle, not by the same one again', async () => {
    await connect();
    parts.session.up();
    expect(losses).toEqual([]);
    parts.session.up({ ...UP, local: '203.0.113.65' });
    expect(losses).toEqual([{ code: 'address-changed', redial: 'again' }]);
    await parts.clock.pass(5_000);
    expectHungUp();
  });
});

describe('hanging up and cancelling', () => {
  it('says goodbye first, and is no loss', async () => {
    await connect();
    await uplink.hangUp();
    expect(parts.session.calls).toContain('close');
    expect(parts.call.hungUp).toEqual([false]);
    expect(losses).toEqual([]);
    expectHungUp();
    await uplink.hangUp();
    expectHungUp();
  });

  it('does not wait for ever for a peer that says nothing', async () => {
    await connect();
    parts.session.answersGoodbye = false;
    const hangingUp = uplink.hangUp();
    await parts.clock.pass(2_000);
    expect(parts.call.hungUp).toEqual([]);
    await parts.clock.pass(1_000);
    await hangingUp;
    expectHungUp();
  });

  it('in a hurry skips the goodbye, even one under way', async () => {
    await connect();
    parts.session.answersGoodbye = false;
    const polite = uplink.hangUp();
    await settled();
    await uplink.hangUp({ now: true });
    await polite;
    expect(parts.call.hungUp).toEqual([true]);
    expectHungUp();
  });

  it('in a hurry cuts short a modem that is being hung up', async () => {
    await connect();
    parts.call.clings = true;
    const polite = uplink.hangUp();
    await parts.clock.pass(10);
    expect(parts.call.hungUp).toEqual([false]);
    await uplink.hangUp({ now: true });
    await polite;
    expect(parts.call.hungUp).toEqual([false, true]);
    expect(parts.closed).toBe(1);
  });

  it('cancels while the telephone rings, by signal or by hangUp', async () => {
    parts.ringing = true;
    const controller = abort();
    const dialling = dial(controller.signal);
    await settled();
    controller.abort();
    expect(await dialling).toMatchObject({ ok: false, fault: { code: 'cancelled' }, redial: 'stop' });
    expect(parts.closed).toBe(1);
  });

  it('cancels while logging in', async () => {
    const dialling = dial();
    await settled();
    await uplink.hangUp();
    expect(await dialling).toMatchObject({ ok: false, fault: { code: 'cancelled' } });
    expectHungUp();
  });

  it('cancelled before it began, never dials', async () => {
    const controller = abort();
    controller.abort();
    expect(await dial(controller.signal)).toMatchObject({ ok: false, fault: { code: 'cancelled' } });
    expect(parts.ppp).toBeNull();
    expect(parts.closed).toBe(1);
  });
});
