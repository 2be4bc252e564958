// The lines together, in simulated time: when they start and stop, what they wait for, who is given what.
import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type { LinkUp } from '../../engine/contract.ts';
import { type CallerLine, DIAL_IN_DEFAULT, type DialInSettings, type Fault } from '../contract.ts';
import type { Answered, AnswerOptions } from '../modem/answer.ts';
import { NO_CALLER_ID } from '../modem/caller-id.ts';
import { PppSession } from '../ppp/session.ts';
import { randomBytes, seeded } from '../ppp/testing/simulated-line.ts';
import { caller, RetroComputer, ScriptedClock, wire } from './dial-in.test-parts.ts';
import { DialIn, type DialInOptions } from './dial-in.ts';

const aFault = (code: string): Fault => ({ code, sentence: `It is ${code}.`, cause: '', remedy: '' });
const modem = (change: Partial<CallerLine> = {}) =>
  ({
    kind: 'modem',
    id: 'one',
    name: 'One',
    on: true,
    slipUser: null,
    port: '/dev/ttyS1',
    portRate: 115_200,
    modemInit: [],
    rings: 2,
    callerId: true,
    ringPatterns: [],
    ...change,
  }) as CallerLine;

const TCP_PORT = 23_197;
const tcp: CallerLine = {
  kind: 'tcp',
  id: 'lan',
  name: 'LAN',
  on: true,
  slipUser: null,
  tcpPort: TCP_PORT,
  reach: 'lan',
  callers: 1,
  portRate: 57_600,
};
const reached = (host: string) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect(TCP_PORT, host, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });

function setUp(lines: CallerLine[], change: Partial<DialInSettings> = {}) {
  const clock = new ScriptedClock();
  const house = {
    settings: { ...DIAL_IN_DEFAULT, callers: [caller()], lines, ...change } as DialInSettings,
    opened: [] as string[],
    closed: 0,
    openFault: null as Fault | null,
    lanAddress: null as string | null,
    engineFault: null as Fault | null,
    links: new Map<number, LinkUp>(),
    waiting: new Map<string, (answered: Answered) => void>(),
    rings: new Map<string, AnswerOptions>(),
  };
  const options: DialInOptions = {
    parts: {
      clock,
      async openModem(path) {
        house.opened.push(path);
        if (house.openFault !== null) return { ok: false, fault: house.openFault };
        return {
          ok: true,
          modem: {
            answer: (asked) =>
              new Promise((resolve) => {
                asked.onReady?.();
                house.rings.set(path, asked);
                house.waiting.set(path, resolve);
                const cancelled = () =>
                  resolve({ ok: false, kind: 'cancelled', fault: aFault('cancelled'), incoming: null });
                if (asked.signal.aborted) cancelled();
                else asked.signal.addEventListener('abort', cancelled, { once: true });
              }),
            async close() {
              house.closed++;
            },
          },
        };
      },
      openCable: async () => ({ ok: false, fault: aFault('no-cable') }),
      createPpp: (config, sink) => new PppSession(config, sink, randomBytes(seeded(5))),
    },
    date: () => new Date(2026, 10, 26, 12, 0, 0, clock.now()),
    settings: () => house.settings,
    find: (user) => house.settings.callers.find((one) => one.user === user) ?? null,
    password: () => 'win95',
    lanAddress: () => house.lanAddress,
    dns: () => [],
    reserved: () => false,
    engineReady: async () => house.engineFault,
    linkUp: async (up) => {
      house.links.set(up.link, up);
      return null;
    },
    linkDown: async (link) => void house.links.delete(link),
    packet() {},
    changed() {},
    log() {},
  };
  const dialIn = new DialIn(options);
  const phases = () => dialIn.lines.map(({ phase }) => phase);
  /** Somebody calls, and is answered. */
  const call = (path = '/dev/ttyS1') => {
    const { near, far } = wire(clock);
    const computer = new RetroComputer(far, clock);
    const incoming = { rings: 2, caller: { ...NO_CALLER_ID, number: '5550123' }, pattern: null };
    house.waiting.get(path)?.({ ok: true, call: near as never, incoming });
    return { computer, far, near };
  };
  return { clock, house, dialIn, phases, call };
}

describe('lines', () => {
  it('start when the engine is ready, and a person’s next change asks for it again when it was refused', async () => {
    const { clock, house, dialIn, phases } = setUp([modem()]);
    house.engineFault = aFault('refused');
    dialIn.review();
    await clock.pass(0);
    expect(dialIn.lines).toMatchObject([{ phase: 'fault', fault: { code: 'refused' } }]);
    house.engineFault = null;
    dialIn.review();
    await clock.pass(0);
    expect(phases()).toEqual(['fault']);
    dialIn.review(true);
    await clock.pass(0);
    expect(phases()).toEqual(['waiting']);
    house.settings = { ...house.settings, lines: [modem({ on: false })] };
    dialIn.review();
    await clock.pass(0);
    expect(phases()).toEqual(['off']);
    expect(house.closed).toBe(1);
    expect(clock.armed).toBe(0);
  });

  it('that cannot open their port try again, less and less often', async () => {
    const { clock, house, dialIn } = setUp([modem()]);
    house.openFault = aFault('port-busy');
    dialIn.review();
    await clock.pass(1_000);
    expect(dialIn.lines).toMatchObject([{ phase: 'fault', fault: { code: 'port-busy' } }]);
    await clock.pass(180_000);
    expect(house.opened.length).toBeGreaterThan(4);
    expect(house.opened.length).toBeLessThan(9);
    house.openFault = null;
    await clock.pass(60_000);
    expect(dialIn.lines).toMatchObject([{ phase: 'waiting' }]);
    await dialIn.close();
    expect(clock.armed).toBe(0);
  });

  it('a new name changes nothing; another port starts the line anew', async () => {
    const { clock, house, dialIn } = setUp([modem()]);
    dialIn.review();
    await clock.pass(0);
    house.settings = { ...house.settings, lines: [modem({ name: 'Two' })] };
    dialIn.review();
    await clock.pass(0);
    expect(house.opened).toEqual(['/dev/ttyS1']);
    house.settings = { ...house.settings, lines: [modem({ port: '/dev/ttyS2' } as Partial<CallerLine>)] };
    dialIn.review();
    await clock.pass(0);
    expect(house.opened).toEqual(['/dev/ttyS1', '/dev/ttyS2']);
  });

  it('a call answered in the moment in which its line is switched off is hung up', async () => {
    const { clock, house, dialIn, phases, call } = setUp([modem()]);
    dialIn.review();
    await clock.pass(0);
    const { near } = call();
    house.settings = { ...house.settings, lines: [modem({ on: false })] };
    dialIn.review();
    await clock.pass(5_000);
    expect(near.hungUp).toHaveLength(1);
    expect(phases()).toEqual(['off']);
    expect(clock.armed).toBe(0);
  });

  it('that listen on the LAN follow its address', async () => {
    const { house, dialIn } = setUp([tcp]);
    house.lanAddress = '127.0.0.2';
    dialIn.review();
    await vi.waitFor(() => reached('127.0.0.2'));
    house.lanAddress = '127.0.0.3';
    dialIn.review();
    await vi.waitFor(() => reached('127.0.0.3'));
    await expect(reached('127.0.0.2')).rejects.toThrow('ECONNREFUSED');
    await expect(reached('127.0.0.1')).rejects.toThrow('ECONNREFUSED');
    await dialIn.close();
    await expect(reached('127.0.0.3')).rejects.toThrow('ECONNREFUSED');
  });

  it('show who rings, and forget who gave up; let other rings ring', async () => {
    const line = modem({ ringPatterns: ['B'] } as Partial<CallerLine>);
    const { clock, house, dialIn } = setUp([line]);
    dialIn.review();
    await clock.pass(0);
    const asked = house.rings.get('/dev/ttyS1');
    const incoming = { rings: 1, caller: { number: '5550123', name: 'ANNA', why: null }, pattern: 'B' };
    asked?.onRing?.(incoming);
    expect(dialIn.lines[0]).toMatchObject({
      phase: 'ringing',
      activity: expect.stringContaining('5550123 ANNA'),
    });
    expect(asked?.accept?.(incoming)).toBe(true);
    expect(asked?.accept?.({ ...incoming, pattern: null })).toBe(false);
    expect(asked?.accept?.({ ...incoming, pattern: 'A' })).toBe(false);
    await clock.pass(15_000);
    expect(dialIn.lines[0]?.phase).toBe('waiting');
  });
});

describe('calls', () => {
  it('have links of their own, from 16 up, one after another; who is taken off the list is hung up', async () => {
    const { clock, house, dialIn, call } = setUp([modem()]);
    dialIn.review();
    await clock.pass(0);
    for (const link of [16, 17]) {
      const { computer } = call();
      computer.ppp();
      await clock.pass(3_000);
      expect([...house.links.keys()]).toEqual([link]);
      expect(dialIn.calls).toMatchObject([
        { id: link, user: 'retro', address: '192.168.67.10', from: '5550123' },
      ]);
      expect(dialIn.send(link, 0, new Uint8Array(20), 0, 20)).toBe(true);
      if (link === 16) computer.close();
      else {
        house.settings = { ...house.settings, callers: [] };
        dialIn.review();
      }
      await clock.pass(4_000);
      expect(house.links.size).toBe(0);
      expect(dialIn.lines[0]?.phase).toBe('waiting');
    }
    expect(dialIn.send(1, 0, new Uint8Array(20), 0, 20)).toBe(false);
  });

  it('two modems, two callers, two addresses; a pool of one has none for the second', async () => {
    const lines = [modem(), modem({ id: 'two', port: '/dev/ttyS2' } as Partial<CallerLine>)];
    const { clock, house, dialIn, call } = setUp(lines, {
      callers: [caller({ calls: 3 })],
      pool: { first: '192.168.67.10', last: '192.168.67.10' },
    });
    dialIn.review();
    await clock.pass(0);
    const [first, second] = [call('/dev/ttyS1'), call('/dev/ttyS2')];
    first.computer.ppp();
    await clock.pass(3_000);
    second.computer.ppp();
    await clock.pass(5_000);
    expect(first.computer.up?.local).toBe('192.168.67.10');
    expect(second.computer.up).toBeNull();
    expect(dialIn.lines[1]).toMatchObject({ phase: 'waiting', fault: { code: 'caller-no-address' } });
    house.settings = { ...house.settings, pool: { first: '192.168.67.10', last: '192.168.67.11' } };
    const third = call('/dev/ttyS2');
    third.computer.ppp();
    await clock.pass(5_000);
    expect(third.computer.up?.local).toBe('192.168.67.11');
    expect(dialIn.lines[1]).toMatchObject({ phase: 'connected', fault: null });
  });

  it('end with an engine that is gone for good, and come back when it is asked for again', async () => {
    const { clock, dialIn, call, phases, house } = setUp([modem()]);
    dialIn.review();
    await clock.pass(0);
    const { computer } = call();
    computer.ppp();
    await clock.pass(3_000);
    void dialIn.abandon(aFault('engine-gone'));
    await clock.pass(5_000);
    expect(dialIn.calls).toEqual([]);
    expect(house.links.size).toBe(0);
    expect(dialIn.lines).toMatchObject([{ phase: 'fault', fault: { code: 'engine-gone' } }]);
    dialIn.review(true);
    await clock.pass(0);
    expect(phases()).toEqual(['waiting']);
  });

  it('are ended with their line, and nothing is left', async () => {
    const { clock, dialIn, call, house } = setUp([modem()]);
    dialIn.review();
    await clock.pass(0);
    const { computer } = call();
    computer.ppp();
    await clock.pass(3_000);
    const closing = dialIn.close();
    await clock.pass(5_000);
    await closing;
    expect(computer.down).toBe('peer-closed');
    expect([house.links.size, dialIn.calls.length, house.closed, clock.armed]).toEqual([0, 0, 1, 0]);
  });
});

describe('a modem that also dials', () => {
  it('is lent while nobody is on it, and taken back', async () => {
    const { clock, dialIn, call, phases, house } = setUp([modem()]);
    dialIn.review();
    await clock.pass(0);
    expect(await dialIn.yield('/dev/ttyUSB9')).toBeNull();
    expect(await dialIn.yield('/dev/ttyS1')).toBeNull();
    expect(house.closed).toBe(1);
    expect(dialIn.lines).toMatchObject([{ phase: 'fault', fault: { code: 'line-dials' } }]);
    dialIn.takeBack('/dev/ttyS1');
    await clock.pass(0);
    expect(phases()).toEqual(['waiting']);
    const { computer } = call();
    computer.ppp();
    await clock.pass(3_000);
    expect(await dialIn.yield('/dev/ttyS1')).toMatchObject({ code: 'caller-on-modem' });
  });
});
