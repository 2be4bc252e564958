import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Modem, type ModemGround } from './modem.ts';
import { busyPort } from './port-faults.ts';
import { FakeModem, type FakeModemTraits } from './testing/fake-modem.ts';
import { SimClock } from './testing/sim-clock.ts';

const ERROR = '\r\nERROR\r\n';

function setUp(traits: Partial<FakeModemTraits> = {}) {
  const clock = new SimClock();
  const fake = new FakeModem(clock, traits);
  const progress: string[] = [];
  const ground: ModemGround = {
    clock,
    openLine: (_path, rate) => {
      fake.rate = rate;
      return Promise.resolve({ ok: true, line: fake.reopened() });
    },
    modemManagerRuns: () => Promise.resolve(false),
  };
  const abort = new AbortController();
  const onProgress = (text: string) => progress.push(text);
  const open = () => clock.run(Modem.open(fake.path, 115_200, abort.signal, onProgress, ground));
  const opened = async () => {
    const result = await open();
    if (!result.ok) throw new Error(result.fault.sentence);
    return result.modem;
  };
  const dial = (modem: Modem, number = '555-0100', more = {}) =>
    modem.dial({ number, blindDial: false, init: [], signal: abort.signal, onProgress, ...more });
  const call = async (modem: Modem) => {
    const result = await clock.run(dial(modem));
    if (!result.ok) throw new Error(result.fault.sentence);
    return result.call;
  };
  return { clock, fake, ground, progress, abort, onProgress, open, opened, dial, call };
}

describe('finding a modem', () => {
  it.each<[string, Partial<FakeModemTraits>]>([
    ['plain', {}],
    ['without modem lines', { lines: false, dtr: false }],
    ['answering in numbers', { verbose: false }],
    ['with results off', { quiet: true }],
    ['one byte a read', { piece: 1 }],
    ['slow to answer', { latency: 450 }],
    ['deaf for a moment after each result', { deaf: 30 }],
  ])('opens one %s', async (_name, traits) => {
    const { open } = setUp(traits);
    expect((await open()).ok).toBe(true);
  });

  it('finds the only speed a modem knows', async () => {
    const { opened, fake } = setUp({ rates: [9600] });
    const modem = await opened();
    expect(modem.rate).toBe(9600);
    expect(fake.rate).toBe(9600);
  });

  it('ends a call that was left open, where DTR cannot', async () => {
    const { opened, fake } = setUp({ lines: false, dtr: false });
    fake.inData = true;
    fake.offHook = true;
    await opened();
    expect(fake.offHook).toBe(false);
  });

  it('gives up on silence within 15 s, closed, at the rate asked for', async () => {
    const { open, fake, clock } = setUp({ rates: [] });
    const result = await open();
    expect(result).toMatchObject({ ok: false, fault: { code: 'modem-silent' } });
    expect(clock.now()).toBeLessThan(15_000);
    expect(fake.closed).toBe(true);
    expect(fake.rate).toBe(115_200);
  });

  it.each<[string, string, (fake: FakeModem) => void]>([
    [
      'a computer in PPP',
      'modem-in-call',
      (fake) => {
        fake.write = () => fake.say(Uint8Array.of(0x7e, 0xff, 0x7d, 0x23, 0xc0, 0x21, 0x7d, 0x21, 0x7e));
      },
    ],
    [
      'a looped cable',
      'modem-not-a-modem',
      (fake) => {
        fake.write = (sent) => fake.say(sent.slice());
      },
    ],
    [
      'a console',
      'modem-not-a-modem',
      (fake) => {
        fake.write = () => fake.say('\r\nrouter login: ');
      },
    ],
    [
      'noise',
      'modem-garbled',
      (fake) => {
        fake.write = () => fake.say(Uint8Array.of(0x80, 0xff, 0xfe, 0x00, 0x93, 0xc1));
      },
    ],
  ])('tells %s: %s', async (_name, code, spoil) => {
    const { open, fake } = setUp();
    spoil(fake);
    const result = await open();
    expect(result).toMatchObject({ ok: false, fault: { code } });
    expect(fake.closed).toBe(true);
  });

  it('can be cancelled at any time, and leaves no timer behind', async () => {
    for (const after of [0, 100, 700, 2000, 5000, 9000]) {
      const { open, clock, abort, fake } = setUp({ rates: [] });
      clock.at(after, () => abort.abort());
      expect(await open()).toMatchObject({ ok: false, fault: { code: 'cancelled' } });
      expect(fake.closed).toBe(true);
      expect(clock.pending).toBe(0);
    }
  });

  it('says so when the modem is pulled out meanwhile', async () => {
    const { open, clock, fake } = setUp({ rates: [] });
    clock.at(1000, () => fake.unplug());
    expect(await open()).toMatchObject({ ok: false, fault: { code: 'modem-unplugged' } });
  });

  it('waits 15 s for ModemManager, not for another program', async () => {
    for (const [runs, waited] of [
      [true, 15_000],
      [false, 0],
    ] as const) {
      const { clock, ground, abort, onProgress } = setUp();
      const busy: ModemGround = {
        ...ground,
        openLine: (path) => Promise.resolve({ ok: false, fault: busyPort(path, null, runs) }),
        modemManagerRuns: () => Promise.resolve(runs),
      };
      const result = await clock.run(Modem.open('/dev/ttyACM0', 115_200, abort.signal, onProgress, busy));
      expect(result).toMatchObject({ ok: false, fault: { code: 'port-busy' } });
      expect(clock.now()).toBe(waited);
    }
  });

  it('probe names the modem and closes the port', async () => {
    const answers = { I: '\r\n56000\r\n\r\nOK\r\n', '+GMI': '\r\nConexant\r\n\r\nOK\r\n', '+GMM': ERROR };
    const { clock, fake, ground, abort, onProgress } = setUp({ answers });
    const result = await clock.run(Modem.probe(fake.path, 115_200, abort.signal, onProgress, ground));
    expect(result).toEqual({
      isModem: true,
      kind: 'telephone',
      sentence: 'A modem answers at 115200 bit/s (Conexant).',
      fault: null,
      identity: 'Conexant',
    });
    expect(fake.closed).toBe(true);
  });
});

describe('setting up', () => {
  it('sends one setting at a time, tells what was refused, and goes on', async () => {
    const answers = { '&K3': ERROR, '+FCLASS=0': ERROR, L1M1: ERROR, W2: ERROR };
    const { clock, opened, fake, abort, onProgress } = setUp({ answers });
    const modem = await opened();
    const result = await clock.run(modem.initialise(['ATL1M1', 's11=60', ''], abort.signal, onProgress));
    expect(result).toEqual({ refused: ['L1M1'] });
    expect(fake.commands).toContain('+IFC=2,2');
    expect(fake.commands).toContain('S11=60');
    expect(fake.commands).not.toContain('&W');
    for (const command of fake.commands) expect(command.length).toBeLessThan(38);
  });

  it('never dials or answers by a setting', async () => {
    const { clock, opened, fake, abort, onProgress } = setUp();
    const modem = await opened();
    const result = await clock.run(modem.initialise(['ATDT0190123', 'A', 'O'], abort.signal, onProgress));
    expect(result).toEqual({ refused: ['ATDT0190123', 'A', 'O'] });
    expect(fake.commands.some((command) => /^[DAO]/.test(command))).toBe(false);
  });

  it('goes on past a setting that gets no answer at all', async () => {
    const { clock, opened, abort, onProgress } = setUp({ answers: { '&C1': null } });
    const result = await clock.run((await opened()).initialise([], abort.signal, onProgress));
    expect(result).toEqual({ refused: ['&C1'] });
  });

  it('a modem that falls silent or refuses the basics is a fault', async () => {
    const mute = setUp();
    const modem = await mute.opened();
    mute.fake.traits.rates = [];
    expect(await mute.clock.run(modem.initialise([], mute.abort.signal, mute.onProgress))).toMatchObject({
      fault: { code: 'modem-silent' },
    });
    const odd = setUp({ answers: { E0Q0V1: ERROR } });
    expect(
      await odd.clock.run((await odd.opened()).initialise([], odd.abort.signal, odd.onProgress)),
    ).toMatchObject({
      fault: { code: 'modem-refused' },
    });
  });
});

describe('dialling', () => {
  it('connects, knows the line, and keeps data of the same read', async () => {
    const { call, opened, fake, progress } = setUp({
      deaf: 30,
      dialResult: '\r\nCARRIER 31200\r\n\r\nPROTOCOL: LAP-M\r\n\r\nCONNECT 115200\r\n',
      firstData: Uint8Array.of(0x7e, 0xff, 0x03),
    });
    const placed = await call(await opened());
    expect(placed).toMatchObject({
      carrierRate: 31_200,
      portRate: 115_200,
      errorCorrected: true,
      compressed: null,
    });
    const got: number[] = [];
    placed.onData = (data) => got.push(...data);
    expect(got).toEqual([0x7e, 0xff, 0x03]);
    expect(fake.commands.at(-1)).toBe('DT5550100');
    expect(fake.deafTo).toBe('');
    expect(progress).toContain('Dialling 555-0100');
  });

  it.each([
    ['BUSY', 'busy'],
    ['NO CARRIER', 'no-carrier'],
    ['NO DIALTONE', 'no-dialtone'],
    ['NO ANSWER', 'no-answer'],
    ['DELAYED', 'delayed'],
    ['BLACKLISTED', 'blacklisted'],
    ['VOICE', 'voice'],
    ['DIGITAL LINE DETECTED', 'digital-line'],
    ['LINE IN USE', 'line-in-use'],
    ['ERROR', 'refused'],
    ['OK', 'refused'],
    ['+CME ERROR: 30', 'sim'],
  ])('%s is told as %s, and the modem can dial again', async (words, kind) => {
    const { clock, opened, dial, fake } = setUp({ dialResult: `\r\n${words}\r\n` });
    const modem = await opened();
    expect(await clock.run(dial(modem))).toMatchObject({ ok: false, kind, fault: { code: `dial-${kind}` } });
    fake.traits.dialResult = '\r\nCONNECT 33600\r\n';
    expect(await clock.run(dial(modem))).toMatchObject({ ok: true });
  });

  it('waits through RINGING', async () => {
    const { clock, opened, dial, fake, progress } = setUp();
    const modem = await opened();
    const dialled = dial(modem);
    clock.at(6000, () => fake.say('\r\nRINGING\r\n'));
    expect((await clock.run(dialled)).ok).toBe(true);
    expect(progress).toContain('The other end is ringing');
  });

  it('sends nothing while the modem dials, and gives up on a silent one', async () => {
    const { clock, opened, dial, fake } = setUp({ dialTime: 1e9 });
    const modem = await opened();
    const result = await clock.run(dial(modem));
    expect(result).toMatchObject({ ok: false, kind: 'silent' });
    expect(clock.now()).toBeGreaterThan(60_000);
    expect(clock.now()).toBeLessThan(100_000);
    expect(fake.offHook).toBe(false);
  });

  it('a cancel is one CR, ends on hook within 4 s, whenever it comes', async () => {
    for (const after of [500, 1500, 4000, 8100])
      for (const lines of [true, false]) {
        const { clock, opened, dial, fake, abort } = setUp({ lines, dtr: lines });
        const modem = await opened();
        const start = clock.now();
        let asked = 0;
        clock.at(after, () => {
          asked = clock.now();
          abort.abort();
          clock.at(50, () => expect(fake.offHook && !fake.inData).toBe(false));
        });
        const result = await clock.run(dial(modem));
        expect(result).toMatchObject({ ok: false, kind: 'cancelled' });
        expect(asked - start).toBe(after);
        expect(clock.now() - asked).toBeLessThan(4000);
        expect(fake.offHook).toBe(false);
        expect(fake.inData).toBe(false);
      }
  });

  it('a cancel at any moment leaves either a call or the modem on hook (property)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 12_000 }), fc.boolean(), async (after, lines) => {
        const { clock, opened, dial, fake, abort } = setUp({ lines, dtr: lines });
        const modem = await opened();
        clock.at(after, () => abort.abort());
        const result = await clock.run(dial(modem));
        if (!result.ok) expect(result.kind).toBe('cancelled');
        expect(fake.offHook).toBe(result.ok);
        expect(fake.inData).toBe(result.ok);
      }),
      { numRuns: 60 },
    );
  });

  it('unplugged while dialling', async () => {
    const { clock, opened, dial, fake } = setUp();
    const modem = await opened();
    const dialled = dial(modem);
    clock.at(5000, () => fake.unplug());
    expect(await clock.run(dialled)).toMatchObject({ ok: false, kind: 'lost' });
    expect((await clock.run(dial(modem))).ok).toBe(true);
  });

  it('dials blind by X3 and back by X4', async () => {
    const { clock, opened, dial, fake } = setUp({ dialResult: '\r\nBUSY\r\n' });
    const modem = await opened();
    await clock.run(dial(modem, '1', { blindDial: true }));
    expect(fake.commands.slice(-3)).toEqual(['X3', 'S7=60', 'DT1']);
    await clock.run(dial(modem, '1'));
    expect(fake.commands.slice(-3)).toEqual(['X4', 'S7=60', 'DT1']);
  });

  it.each([
    ['555 (01) 00-1.2', 'DT55501 0012'.replace(' ', '')],
    ['P0W5550100', 'DP0W5550100'],
    ['*99***1#', 'D*99***1#'],
    ['*70,5550100', 'DT*70,5550100'],
  ])('dials %s as AT%s', async (number, command) => {
    const { clock, opened, dial, fake } = setUp();
    await clock.run(dial(await opened(), number));
    expect(fake.commands.at(-1)).toBe(command);
  });

  it.each(['555\rATZ', 'ATH', '', '5550100 Q', ',,,'])('never sends the number %j', async (number) => {
    const { clock, opened, dial, fake } = setUp();
    expect(await clock.run(dial(await opened(), number))).toMatchObject({ ok: false, kind: 'refused' });
    expect(fake.commands.some((command) => command.startsWith('D'))).toBe(false);
  });

  it('works with any cut of the reads and any latency (property)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 400 }),
        fc.boolean(),
        fc.boolean(),
        async (piece, latency, echo, verbose) => {
          const { opened, call, fake } = setUp({ piece, latency, echo, verbose });
          const placed = await call(await opened());
          expect(placed.connectText).toBe('CONNECT 33600/ARQ/V34/LAPM');
          expect(fake.inData).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('a call', () => {
  it('is transparent both ways', async () => {
    const { clock, call, opened, fake } = setUp({ piece: 7 });
    const placed = await call(await opened());
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const got: number[] = [];
    placed.onData = (data) => got.push(...data);
    fake.say(all);
    placed.write(all);
    await clock.pass(100);
    expect(got).toEqual([...all]);
    expect(fake.dataReceived).toBe(String.fromCharCode(...all));
  });

  async function lossOf(
    traits: Partial<FakeModemTraits>,
    spoil: (fake: FakeModem) => void,
    wait = 2000,
  ): Promise<string[]> {
    const { clock, call, opened, fake } = setUp(traits);
    const placed = await call(await opened());
    await clock.pass(1000);
    const lost: string[] = [];
    placed.onLost = (cause) => lost.push(cause);
    spoil(fake);
    await clock.pass(wait);
    return lost;
  }
  const noDcd = { lines: false, dtr: false };

  it('notices a dropped carrier by DCD, once, without any text', async () => {
    expect(await lossOf({}, (fake) => fake.dropCarrier(''))).toEqual(['carrier']);
  });

  it('notices it by text where there are no modem lines, or DCD is stuck', async () => {
    expect(await lossOf(noDcd, (fake) => fake.dropCarrier())).toEqual(['carrier']);
    expect(await lossOf({ dcd: 'high' }, (fake) => fake.dropCarrier())).toEqual(['carrier']);
    expect(await lossOf({ dcd: 'low' }, (fake) => fake.dropCarrier())).toEqual(['carrier']);
    expect(await lossOf({ ...noDcd, piece: 1 }, (fake) => fake.dropCarrier())).toEqual(['carrier']);
  });

  it('does not believe the words from afar while DCD is up', async () => {
    expect(await lossOf({}, (fake) => fake.say('\r\nNO CARRIER\r\n'), 20_000)).toEqual([]);
  });

  it('does not believe the words inside a frame that goes on', async () => {
    const frame = (fake: FakeModem) => {
      fake.say('~\xff\x03\x00!mail: \r\nNO CARRIER\r\n');
      fake.say('and more~', 1500);
    };
    expect(await lossOf(noDcd, frame, 20_000)).toEqual([]);
  });

  it('believes the words after half a frame when nothing follows', async () => {
    const half = (fake: FakeModem) => fake.dropCarrier('~\xff\x03\x00!half a fra\r\nNO CARRIER\r\n');
    expect(await lossOf(noDcd, half, 2500)).toEqual([]);
    expect(await lossOf(noDcd, half, 3500)).toEqual(['carrier']);
  });

  it('believes them at once between frames', async () => {
    expect(await lossOf(noDcd, (fake) => fake.dropCarrier('~\xff\x03\x00!x~\r\nNO CARRIER\r\n'), 50)).toEqual(
      ['carrier'],
    );
  });

  it('tells unplugging, once', async () => {
    expect(await lossOf({}, (fake) => fake.unplug())).toEqual(['unplugged']);
  });

  it('tells a loss that came before anybody listened', async () => {
    const { clock, call, opened, fake } = setUp();
    const placed = await call(await opened());
    await clock.pass(1000);
    fake.unplug();
    await clock.pass(10);
    const lost: string[] = [];
    placed.onLost = (cause) => lost.push(cause);
    expect(lost).toEqual(['unplugged']);
  });
});

describe('hanging up', () => {
  it.each<[string, Partial<FakeModemTraits>, number]>([
    ['DTR', {}, 1500],
    ['reopening the port where DTR cannot be moved', { dtr: false }, 2500],
    ['the escape sequence without modem lines', { lines: false, dtr: false }, 4000],
    ['the escape sequence where DTR is ignored', { obeysDtr: false }, 9000],
  ])('by %s', async (_name, traits, limit) => {
    const { clock, call, opened, fake, dial } = setUp(traits);
    const modem = await opened();
    const placed = await call(modem);
    const lost: string[] = [];
    placed.onLost = (cause) => lost.push(cause);
    const start = clock.now();
    await clock.run(placed.hangUp());
    expect(clock.now() - start).toBeLessThan(limit);
    expect(fake.offHook).toBe(false);
    await clock.pass(5000);
    expect(lost).toEqual([]);
    expect(clock.pending).toBe(0);
    expect((await clock.run(dial(modem))).ok).toBe(true);
  });

  it('closes the port when nothing helps', async () => {
    const { clock, call, opened, fake } = setUp({ obeysDtr: false, escapeWorks: false });
    const placed = await call(await opened());
    await clock.run(placed.hangUp());
    expect(fake.closed).toBe(true);
  });

  it('now: within 1 s by DTR, 4 s without modem lines, port closed', async () => {
    for (const [lines, limit] of [
      [true, 1000],
      [false, 4000],
    ] as const) {
      const { clock, call, opened, fake } = setUp({ lines, dtr: lines });
      const placed = await call(await opened());
      const start = clock.now();
      await clock.run(placed.hangUp({ now: true }));
      expect(clock.now() - start).toBeLessThan(limit);
      expect(fake).toMatchObject({ offHook: false, closed: true });
    }
  });

  it.each([
    ['by DTR', {}, 700],
    ['by DTR that the modem does not heed', { obeysDtr: false }, 700],
    ['without modem lines', { lines: false, dtr: false }, 3_500],
    [
      'without modem lines, and with no way out of data',
      { lines: false, dtr: false, escapeWorks: false },
      3_500,
    ],
  ])('now, in the middle of one %s: cuts it short', async (_name, traits, limit) => {
    for (const moment of [100, 650, 1_000, 3_300]) {
      const { clock, call, opened, fake } = setUp(traits);
      const placed = await call(await opened());
      const start = clock.now();
      let over = Number.POSITIVE_INFINITY;
      const polite = placed.hangUp().then(() => {
        over = clock.now() - start;
      });
      await clock.pass(moment);
      await clock.run(Promise.all([polite, placed.hangUp({ now: true })]));
      expect(over).toBeLessThanOrEqual(Math.max(limit, moment + 10));
      await clock.pass(5000);
      expect(clock.pending).toBe(0);
      if (over > moment) expect(fake.closed).toBe(true);
    }
  });

  it('after the carrier was lost, or the modem pulled out, is quick and harmless', async () => {
    for (const spoil of [(fake: FakeModem) => fake.dropCarrier(), (fake: FakeModem) => fake.unplug()]) {
      const { clock, call, opened, fake, dial } = setUp({ lines: false, dtr: false });
      const modem = await opened();
      const placed = await call(modem);
      spoil(fake);
      await clock.pass(100);
      const start = clock.now();
      await clock.run(Promise.all([placed.hangUp(), placed.hangUp()]));
      expect(clock.now() - start).toBeLessThan(6000);
      expect((await clock.run(dial(modem))).ok).toBe(true);
    }
  });

  it('a loss nobody was told of before is not told after', async () => {
    const { clock, call, opened, fake } = setUp();
    const placed = await call(await opened());
    fake.unplug();
    await clock.run(placed.hangUp());
    const lost: string[] = [];
    placed.onLost = (cause) => lost.push(cause);
    await clock.pass(5000);
    expect(lost).toEqual([]);
  });

  it('a far end that keeps sending does not hide the OK', async () => {
    const { clock, call, opened, fake } = setUp({ lines: false, dtr: false });
    const placed = await call(await opened());
    const chatter = () => {
      if (!fake.inData) return;
      fake.say('~\xff}#\xc0!abc\r~');
      clock.at(100, chatter);
    };
    chatter();
    await clock.run(placed.hangUp());
    expect(fake).toMatchObject({ offHook: false, closed: false });
  });

  it('a hundred calls leave no timer behind', async () => {
    const { clock, call, opened, fake } = setUp();
    const modem = await opened();
    for (let i = 0; i < 100; i++) {
      const placed = await call(modem);
      placed.onLost = () => undefined;
      if (i % 3 === 0) fake.dropCarrier();
      await clock.pass(700);
      await clock.run(placed.hangUp());
    }
    await clock.run(modem.close());
    expect(clock.pending).toBe(0);
    expect(fake.closed).toBe(true);
  });
});

describe('answering', () => {
  const caller = ['DATE = 0312', 'TIME = 1405', 'NMBR = 5550199', 'NAME = A FRIEND'];

  it('takes the call on the second ring, with caller ID', async () => {
    const { clock, opened, fake, abort, onProgress } = setUp({ dialResult: '\r\nCONNECT 28800\r\n' });
    const modem = await opened();
    const answered = modem.answer({ rings: 2, callerId: true, init: [], signal: abort.signal, onProgress });
    clock.at(60_000, () => fake.ring(caller));
    clock.at(66_000, () => fake.ring());
    const result = await clock.run(answered);
    expect(result).toMatchObject({
      ok: true,
      call: { carrierRate: 28_800 },
      incoming: { rings: 2, caller: { number: '5550199', name: 'A FRIEND' } },
    });
    expect(fake.commands.at(-1)).toBe('A');
  });

  it('forgets a caller who gave up, and lets a refused one ring', async () => {
    const { clock, opened, fake, abort, onProgress } = setUp();
    const modem = await opened();
    const asked: number[] = [];
    const accept = (call: { rings: number }) => {
      asked.push(call.rings);
      return asked.length > 1;
    };
    const answered = modem.answer({
      rings: 3,
      callerId: false,
      init: [],
      accept,
      signal: abort.signal,
      onProgress,
    });
    for (const at of [30_000, 36_000, 90_000, 96_000, 102_000, 108_000]) clock.at(at, () => fake.ring());
    expect((await clock.run(answered)).ok).toBe(true);
    expect(asked).toEqual([3, 4]);
    expect(clock.now()).toBeGreaterThan(108_000);
  });

  it('a caller without a modem, a cancel and an unplugging are told apart', async () => {
    const person = setUp({ dialResult: '\r\nNO CARRIER\r\n' });
    const options = (it: ReturnType<typeof setUp>) => ({
      rings: 1,
      callerId: false,
      init: [],
      signal: it.abort.signal,
      onProgress: it.onProgress,
    });
    const first = (await person.opened()).answer(options(person));
    person.clock.at(20_000, () => person.fake.ring());
    expect(await person.clock.run(first)).toMatchObject({ ok: false, kind: 'no-carrier' });

    const cancelled = setUp();
    const second = (await cancelled.opened()).answer(options(cancelled));
    cancelled.clock.at(20_000, () => cancelled.abort.abort());
    expect(await cancelled.clock.run(second)).toMatchObject({ ok: false, kind: 'cancelled' });

    const pulled = setUp();
    const third = (await pulled.opened()).answer(options(pulled));
    pulled.clock.at(20_000, () => pulled.fake.unplug());
    expect(await pulled.clock.run(third)).toMatchObject({ ok: false, kind: 'lost' });
  });
});

describe('a mobile-network modem', () => {
  const answers = {
    '+CPIN?': '\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n',
    '+CREG?': '\r\n+CREG: 0,1\r\n\r\nOK\r\n',
    '+CSQ': '\r\n+CSQ: 20,99\r\n\r\nOK\r\n',
  };

  it('unlocks the card once, sets the access point, dials', async () => {
    const { clock, opened, dial, fake } = setUp({ answers, dialResult: '\r\nCONNECT 7200000\r\n' });
    const cellular = { apn: 'internet"\r', pin: '1111' };
    const result = await clock.run(dial(await opened(), '*99#', { cellular }));
    expect(result).toMatchObject({ ok: true, call: { carrierRate: null } });
    expect(fake.commands).toContain('+CPIN="1111"');
    expect(fake.commands).toContain('+CGDCONT=1,"IP","INTERNET"');
  });

  it('never sends a refused PIN a second time', async () => {
    const wrong = { ...answers, '+CPIN="2222"': '\r\n+CME ERROR: 16\r\n' };
    const { clock, opened, dial, fake } = setUp({ answers: wrong });
    const modem = await opened();
    for (let i = 0; i < 3; i++) {
      const result = await clock.run(dial(modem, '*99#', { cellular: { apn: '', pin: '2222' } }));
      expect(result).toMatchObject({ ok: false, kind: 'sim', fault: { sentence: 'The PIN is wrong.' } });
    }
    expect(fake.commands.filter((command) => command.startsWith('+CPIN='))).toHaveLength(1);
  });

  it('tells a missing card and a missing network', async () => {
    const none = setUp({ answers: { '+CPIN?': '\r\n+CME ERROR: 10\r\n' } });
    const cellular = { apn: '', pin: null };
    expect(await none.clock.run(none.dial(await none.opened(), '*99#', { cellular }))).toMatchObject({
      fault: { sentence: 'There is no SIM card in the modem.' },
    });
    const searching = '\r\n+CREG: 0,2\r\n\r\nOK\r\n';
    const lost = setUp({ answers: { '+CREG?': searching, '+CPIN?': '\r\n+CPIN: READY\r\n\r\nOK\r\n' } });
    expect(await lost.clock.run(lost.dial(await lost.opened(), '*99#', { cellular }))).toMatchObject({
      fault: { sentence: 'The modem finds no mobile network.' },
    });
  });
});
