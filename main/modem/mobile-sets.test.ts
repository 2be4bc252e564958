/** Mobile modules and satellite telephones: from the SIM card to CONNECT. */
import { describe, expect, it } from 'vitest';
import { Modem, type ModemGround } from './modem.ts';
import { FakeModem, type FakeModemTraits } from './testing/fake-modem.ts';
import { mobileModule, type SimCard, satelliteSet } from './testing/mobile-sets.ts';
import { SimClock } from './testing/sim-clock.ts';

function setUp(traits: Partial<FakeModemTraits>, rate = 115_200) {
  const clock = new SimClock();
  const fake = new FakeModem(clock, traits, rate);
  const ground: ModemGround = {
    clock,
    openLine: async (_path, at) => {
      fake.rate = at;
      return { ok: true, line: fake.reopened() };
    },
    modemManagerRuns: async () => false,
  };
  const { signal } = new AbortController();
  const progress: string[] = [];
  const onProgress = (text: string) => void progress.push(text);
  const opened = async () => {
    const result = await clock.run(Modem.open(fake.path, rate, signal, onProgress, ground));
    if (!result.ok) throw new Error(result.fault.sentence);
    return result.modem;
  };
  const dial = async (modem: Modem, number: string, more: object) =>
    clock.run(modem.dial({ number, blindDial: false, init: [], signal, onProgress, ...more }));
  const probe = () => clock.run(Modem.probe(fake.path, rate, signal, onProgress, ground));
  return { clock, fake, progress, opened, dial, probe };
}

const aCard = (change: Partial<SimCard> = {}): SimCard => ({
  pin: '4711',
  tries: 3,
  registersAfter: 2,
  ...change,
});

describe('a mobile module', () => {
  it('is known by its name', async () => {
    const { probe } = setUp(mobileModule(aCard()));
    expect(await probe()).toMatchObject({ isModem: true, kind: 'cellular' });
  });

  it.each(['*99#', '*99***1#', '#777'])(
    'is unlocked, waited for, told its access point, and dialled: %s',
    async (number) => {
      const card = aCard({ roaming: true });
      const { opened, dial, fake, progress } = setUp(mobileModule(card));
      const result = await dial(await opened(), number, { cellular: { apn: 'internet', pin: '4711' } });
      expect(result).toMatchObject({
        ok: true,
        call: { carrierRate: null },
        radio: { network: 'Example Mobile', signalDbm: -79, roaming: true },
      });
      expect(fake.commands).toContain('+CGDCONT=1,"IP","INTERNET"');
      expect(fake.commands.at(-1)).toBe(`D${number}`);
      expect(progress).toContain('In the network of Example Mobile, signal −79 dBm, roaming');
    },
  );

  it('asks for the PIN that nobody gave, and spends none of its tries', async () => {
    const card = aCard();
    const { opened, dial } = setUp(mobileModule(card));
    const result = await dial(await opened(), '*99#', { cellular: { apn: '', pin: null } });
    expect(result).toMatchObject({ ok: false, kind: 'sim', fault: { code: 'sim-pin' } });
    expect(card.tries).toBe(3);
  });

  it('sends a wrong PIN once, however often it is dialled', async () => {
    const card = aCard();
    const { opened, dial } = setUp(mobileModule(card));
    const modem = await opened();
    for (let call = 0; call < 4; call++) {
      const result = await dial(modem, '*99#', { cellular: { apn: '', pin: '0815' } });
      expect(result).toMatchObject({ ok: false, kind: 'sim', fault: { code: 'sim-pin-wrong' } });
    }
    expect(card.tries).toBe(2);
  });

  it('says so when the card wants its PUK', async () => {
    const { opened, dial } = setUp(mobileModule(aCard({ tries: 0 })));
    const result = await dial(await opened(), '*99#', { cellular: { apn: '', pin: '4711' } });
    expect(result).toMatchObject({
      ok: false,
      fault: { sentence: 'The SIM card is locked and asks for its PUK.' },
    });
  });

  it('gives up where there is no network', async () => {
    const { opened, dial, clock } = setUp(
      mobileModule(aCard({ pin: null, registersAfter: Number.POSITIVE_INFINITY })),
    );
    const result = await dial(await opened(), '*99#', { cellular: { apn: '', pin: null } });
    expect(result).toMatchObject({ ok: false, fault: { sentence: 'The modem finds no mobile network.' } });
    expect(clock.now()).toBeLessThan(100_000);
  });
});

describe('a satellite telephone', () => {
  it('is found at 19 200 bit/s, known by its name, and waited for', async () => {
    const { opened, dial, fake, probe } = setUp(satelliteSet(), 19_200);
    expect(await probe()).toMatchObject({ isModem: true, kind: 'satellite' });
    const result = await dial(await opened(), '0088160000100', {
      carrierWaitSeconds: 120,
      blindDial: true,
      init: ['+CBST=71,0,1'],
    });
    expect(result).toMatchObject({ ok: true, call: { carrierRate: null, portRate: 19_200 } });
    expect(fake.commands).toEqual(expect.arrayContaining(['+CBST=71,0,1', 'S7=120', 'X3']));
  });
});
