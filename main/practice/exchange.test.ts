import { describe, expect, it } from 'vitest';
import { Exchange, type ExchangeOptions } from './exchange.ts';
import { answering, HayesSettings } from './hayes-settings.ts';
import { SimulatedTime } from './simulated-time.fixture.ts';
import type { Station, Terminal } from './station.ts';

/** A terminal that keeps all it is told. */
class Typist implements Terminal {
  heard = '';
  carrier = false;
  capacity = Number.MAX_SAFE_INTEGER;
  echoes = false;
  station: Station | null = null;
  room(): number {
    return this.capacity;
  }
  fromModem(bytes: Uint8Array): void {
    this.capacity -= bytes.length;
    this.heard += Buffer.from(bytes).toString('latin1');
    if (this.echoes) this.station?.send(bytes.slice());
  }
  ready(): void {}
  carrierDetect(on: boolean): void {
    this.carrier = on;
  }
  portRate(): number {
    return 115_200;
  }
  type(text: string): void {
    this.station?.send(Buffer.from(text, 'latin1'));
  }
  /** What was heard since the last time, without line ends. */
  lines(): string[] {
    const lines = this.heard.split(/[\r\n]+/).filter((line) => line !== '');
    this.heard = '';
    return lines;
  }
}

function town(options: Partial<ExchangeOptions> = {}) {
  const time = new SimulatedTime();
  const run = (ms: number) => time.run(ms);
  const exchange = new Exchange({
    clock: time.clock(),
    rate: 33_600,
    delayMs: 0,
    bufferBytes: 2048,
    random: () => 0.5,
    ...options,
  });
  const caller = new Typist();
  caller.station = exchange.plug(caller, '555-0199');
  const provider = new Typist();
  provider.station = exchange.plug(provider, '555-0100', answering());
  caller.type('ATE0W2\r');
  caller.lines();
  const dial = (number: string, ms = 30_000) => {
    caller.type(`ATDT${number}\r`);
    run(ms);
    return caller.lines();
  };
  return { exchange, caller, provider, run, dial };
}

describe('the practice telephone book', () => {
  it.each<[string, string[]]>([
    ['555-0100', ['CONNECT 33600/ARQ/V34/LAPM']],
    ['*70,555-0100', ['CONNECT 33600/ARQ/V34/LAPM']],
    ['0W5550100', ['CONNECT 33600/ARQ/V34/LAPM']],
    ['5550100,,,4242', ['CONNECT 33600/ARQ/V34/LAPM']],
    ['555-0101', ['BUSY']],
    ['555-0102', ['NO DIALTONE']],
    ['555-0103', ['NO ANSWER']],
    ['555-0104', ['VOICE']],
    ['555-0105', ['NO CARRIER']],
    ['555-0110', ['DELAYED']],
    ['555-0111', ['BLACKLISTED']],
    ['555-7777', ['VOICE']],
    ['', ['VOICE']],
  ])('%s: %j', (number, lines) => {
    expect(town().dial(number)).toEqual(lines);
  });

  it('is busy twice and then answers at 555-0112', () => {
    const t = town();
    t.exchange.plug(new Typist(), '555-0112', answering());
    expect(t.dial('555-0112')).toEqual(['BUSY']);
    expect(t.dial('555-0112')).toEqual(['BUSY']);
    expect(t.dial('555-0112')).toEqual(['CONNECT 33600/ARQ/V34/LAPM']);
  });

  it('drops the carrier at 555-0108 after 20 s', () => {
    const t = town();
    t.exchange.plug(new Typist(), '555-0108', answering());
    expect(t.dial('555-0108', 15_000)).toEqual(['CONNECT 33600/ARQ/V34/LAPM']);
    t.run(12_000);
    expect(t.caller.lines()).toEqual(['NO CARRIER']);
  });

  it('has no error correction, and errors, at 555-0109', () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const t = town({ random });
    const far = new Typist();
    far.station = t.exchange.plug(far, '555-0109', answering());
    expect(t.dial('555-0109', 10_000)).toEqual(['CONNECT 33600/V34/NONE']);
    let wrong = 0;
    for (let i = 0; i < 400; i += 1) {
      t.caller.type('U'.repeat(1000));
      t.run(300);
    }
    for (const character of far.heard) if (character !== 'U') wrong += 1;
    expect(far.heard.length).toBe(400_000);
    expect(wrong).toBeGreaterThan(10);
    expect(wrong).toBeLessThan(70);
  });
});

describe('a call', () => {
  it('carries both ways, and tells the other end of a hang-up', () => {
    const t = town();
    t.dial('555-0100');
    expect(t.exchange.callsUp).toBe(1);
    expect([t.caller.carrier, t.provider.carrier]).toEqual([true, true]);
    t.caller.type('up');
    t.provider.type('down');
    t.run(100);
    expect([t.provider.heard, t.caller.heard]).toEqual(['up', 'down']);
    t.caller.lines();
    t.provider.station?.dtr(false);
    t.run(10);
    expect(t.caller.lines()).toEqual(['NO CARRIER']);
    expect(t.exchange.callsUp).toBe(0);
    expect(t.caller.carrier).toBe(false);
  });

  it('keeps data for a terminal that does not read, and for an escaped modem', () => {
    const t = town();
    t.dial('555-0100');
    t.caller.capacity = 0;
    t.provider.type('x'.repeat(100));
    t.run(1_000);
    expect(t.caller.heard).toBe('');
    t.caller.capacity = 10_000;
    t.caller.station?.drained();
    expect(t.caller.heard).toBe('x'.repeat(100));
    t.caller.lines();
    t.caller.type('+++');
    t.run(1_500);
    expect(t.caller.lines()).toEqual(['OK']);
    t.provider.type('later');
    t.run(1_000);
    expect(t.caller.lines()).toEqual([]);
    t.caller.type('ATO\r');
    t.run(1_000);
    expect(t.caller.lines()).toEqual(['CONNECT 33600/ARQ/V34/LAPM', 'later']);
  });

  it('loses its carrier for both when the cable is cut', () => {
    const t = town();
    t.dial('555-0100');
    t.exchange.dropCarrier();
    t.run(1_300);
    expect(t.caller.lines()).toEqual([]);
    t.run(200);
    expect(t.caller.lines()).toEqual(['NO CARRIER']);
    expect(t.provider.carrier).toBe(false);
    expect(t.dial('555-0100')).toEqual(['CONNECT 33600/ARQ/V34/LAPM']);
  });

  it('is as slow as the slower modem allows', () => {
    const t = town();
    t.caller.type('AT+MS=V32,1,300,9600\r');
    t.caller.lines();
    expect(t.dial('555-0100')).toEqual(['CONNECT 9600/ARQ/V32/LAPM']);
    t.caller.type('x'.repeat(2000));
    t.run(1_000);
    expect(t.provider.heard.length).toBeGreaterThan(1_150);
    expect(t.provider.heard.length).toBeLessThanOrEqual(1_200);
  });

  it('finds a second line busy, unless there is one more modem to hunt to', () => {
    const t = town();
    t.dial('555-0100');
    const second = new Typist();
    second.station = t.exchange.plug(second);
    second.type('ATE0W2DT5550100\r');
    t.run(20_000);
    expect(second.lines().at(-1)).toBe('BUSY');
    t.exchange.plug(new Typist(), '555-0100', answering());
    second.type('ATDT5550100\r');
    t.run(20_000);
    expect(second.lines().at(-1)).toBe('CONNECT 33600/ARQ/V34/LAPM');
  });

  it('rings until it is answered by hand, with the caller told', () => {
    const t = town();
    const house = new Typist();
    house.station = t.exchange.plug(house, '555-0150');
    house.type('ATE0+VCID=1\r');
    house.lines();
    t.dial('555-0150', 4_700);
    expect(house.lines()).toEqual([
      'RING',
      'DATE = 1120',
      'TIME = 1306',
      'NMBR = 5550199',
      'NAME = PRACTICE',
      'RING',
    ]);
    house.type('ATA\r');
    t.run(5_000);
    expect(house.lines()).toEqual(['CONNECT 115200']);
    expect(t.caller.lines()).toEqual(['CONNECT 33600/ARQ/V34/LAPM']);
  });

  it('stops ringing when the caller gives up', () => {
    const t = town();
    const house = new Typist();
    house.station = t.exchange.plug(house, '555-0150', new HayesSettings());
    t.dial('555-0150', 3_000);
    t.caller.type('x');
    t.run(10);
    expect(t.caller.lines()).toEqual(['NO CARRIER']);
    house.lines();
    t.run(10_000);
    expect(house.lines()).toEqual([]);
  });

  it('does not ring for ever', () => {
    const t = town();
    const house = new Typist();
    t.exchange.plug(house, '555-0150');
    expect(t.dial('555-0150')).toEqual(['NO ANSWER']);
  });

  it('carries a modem that does not pace itself without a figure', () => {
    const t = town({ rate: 0, bufferBytes: 65_536 });
    expect(t.dial('555-0100')).toEqual(['CONNECT']);
    t.caller.type('x'.repeat(60_000));
    expect(t.provider.heard.length).toBe(60_000);
  });
});
