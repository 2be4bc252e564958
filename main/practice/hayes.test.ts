import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HayesModem, type HayesSink, type Tone } from './hayes.ts';
import { parseCommandLine, parseDialString } from './hayes-commands.ts';
import type { HayesSettings } from './hayes-settings.ts';

const LINE = { rate: 33_600, modulation: 'V34', errorCorrected: true };

/** A modem with somebody typing at it and a log of what it did to its line. */
function bench(stored?: HayesSettings) {
  let now = 0;
  let said = '';
  let sent = '';
  const did: string[] = [];
  let tone: Tone = 'dial';
  const sink: HayesSink = {
    toTerminal: (bytes) => {
      said += Buffer.from(bytes).toString('latin1');
    },
    carrierDetect: (on) => did.push(on ? 'DCD' : 'dcd'),
    tone: () => tone,
    call: (number, maxRate) =>
      did.push(`call ${number}${maxRate === Number.POSITIVE_INFINITY ? '' : ` ${maxRate}`}`),
    answer: () => did.push('answer'),
    release: () => did.push('release'),
    toLine: (bytes) => {
      sent += Buffer.from(bytes).toString('latin1');
    },
    portRate: () => 115_200,
  };
  const modem = new HayesModem(sink, stored);
  const bench = {
    modem,
    did,
    set tone(value: Tone) {
      tone = value;
    },
    type(text: string): string {
      said = '';
      modem.fromTerminal(Buffer.from(text, 'latin1'), now);
      return said;
    },
    /** Lets `ms` pass, stopping at every deadline; returns what was said. */
    wait(ms: number): string {
      said = '';
      const end = now + ms;
      for (let next = modem.nextDeadline(); next !== null && next <= end; next = modem.nextDeadline()) {
        now = Math.max(now, next);
        modem.advance(now);
      }
      now = end;
      return said;
    },
    say(act: (now: number) => void): string {
      said = '';
      act(now);
      return said;
    },
    sent: () => sent,
    /** Dials and connects with echo off. */
    connect(setup = 'ATE0W2'): string {
      bench.type(`${setup}\r`);
      bench.type('ATDT5550100\r');
      bench.wait(5_000);
      return bench.say((t) => modem.connected(LINE, t));
    },
  };
  return bench;
}

describe('command line', () => {
  it.each<[string, string]>([
    ['AT\r', 'AT\r\r\nOK\r\n'],
    ['at\r', 'at\r\r\nOK\r\n'],
    ['aTe0\r', 'aTe0\r\r\nOK\r\n'],
    ['AT E0 Q0 V1 X4 &C1 &D2\r', 'AT E0 Q0 V1 X4 &C1 &D2\r\r\nOK\r\n'],
    ['ATE0\r', 'ATE0\r\r\nOK\r\n'],
    ['ATV0\r', 'ATV0\r0\r'],
    ['ATE0V0Q1\r', 'ATE0V0Q1\r'],
    ['ATE7\r', 'ATE7\r\r\nERROR\r\n'],
    ['AT&Z9=\r', 'AT&Z9=\r\r\nERROR\r\n'],
    ['ATS0?\r', 'ATS0?\r\r\n000\r\n\r\nOK\r\n'],
    ['ATS0=2S0?\r', 'ATS0=2S0?\r\r\n002\r\n\r\nOK\r\n'],
    ['ATS7\r', 'ATS7\r\r\nOK\r\n'],
    ['ATS7=999\r', 'ATS7=999\r\r\nERROR\r\n'],
    ['AT+FCLASS=0\r', 'AT+FCLASS=0\r\r\nOK\r\n'],
    ['AT+FCLASS=1\r', 'AT+FCLASS=1\r\r\nERROR\r\n'],
    ['AT+FCLASS=?\r', 'AT+FCLASS=?\r\r\n0\r\n\r\nOK\r\n'],
    ['AT+MR=1;+ER=1;+DR=1;X3\r', 'AT+MR=1;+ER=1;+DR=1;X3\r\r\nOK\r\n'],
    ['AT+IFC=2,2\r', 'AT+IFC=2,2\r\r\nOK\r\n'],
    ['AT+GMI;+GMM\r', 'AT+GMI;+GMM\r\r\nMasq-Gate\r\n\r\nPractice Modem 33600\r\n\r\nOK\r\n'],
    ['AT+CPIN?\r', 'AT+CPIN?\r\r\nERROR\r\n'],
    ['ATI3\r', 'ATI3\r\r\nMasq-Gate Practice Modem V.34\r\n\r\nOK\r\n'],
    ['ATL1M1W2&K3\\N3%C0\r', 'ATL1M1W2&K3\\N3%C0\r\r\nOK\r\n'],
    ['garbage\r~}#AT\r', 'garbage\r~}#AT\r\r\nOK\r\n'],
    ['ATE9\b1\r', 'ATE9\b1\r\r\nOK\r\n'],
    [`AT${'E1'.repeat(30)}\r`, `AT${'E1'.repeat(30)}\r\r\nERROR\r\n`],
  ])('%j', (typed, answer) => {
    expect(bench().type(typed)).toBe(answer);
  });

  it('runs what comes before an error and nothing after it', () => {
    const b = bench();
    b.type('ATS8=9*S8=5\r');
    expect(b.modem.settings.register(8)).toBe(9);
  });

  it('repeats the last line at A/ without a carriage return', () => {
    const b = bench();
    b.type('ATE0S0?\r');
    expect(b.type('A/')).toBe('\r\n000\r\n\r\nOK\r\n');
  });

  it('brings back what &W stored at Z, and the factory at &F', () => {
    const b = bench();
    b.type('ATE0S7=33&W\r');
    b.type('ATS7=44\r');
    expect(b.type('ATZ\r')).toBe('\r\nOK\r\n');
    expect(b.modem.settings.register(7)).toBe(33);
    b.type('AT&F\r');
    expect(b.modem.settings.register(7)).toBe(50);
  });

  it('survives any bytes, and is a modem still', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 8 }), (chunks) => {
        const b = bench();
        for (const chunk of chunks) b.type(Buffer.from(chunk).toString('latin1'));
        b.type('\r');
        b.wait(600_000);
        b.type('AT&FQ0V1E0\r');
        return b.type('AT\r').endsWith('OK\r\n');
      }),
    );
  });

  it('reads any command line to the end or to the first error', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (line) => {
        const commands = parseCommandLine(line);
        return commands.slice(0, -1).every((command) => command.kind !== 'bad') && commands.length <= 60;
      }),
    );
  });
});

describe('dial string', () => {
  it.each([
    ['T555-0100', '5550100'],
    ['T0W5550100', '0W5550100'],
    ['P*70,(555)0100', '*70,5550100'],
    ['5550100@,42', '5550100@,42'],
    ['T5550100;', '5550100'],
  ])('%s', (text, number) => {
    expect(parseDialString(text, false, 2000, 95)?.number).toBe(number);
  });
  it('takes pauses, tones and pulses for the time they are', () => {
    expect(parseDialString('T55', false, 2000, 95)?.milliseconds).toBe(380);
    expect(parseDialString('T5,5', false, 2000, 95)?.milliseconds).toBe(2380);
    expect(parseDialString('P10', false, 2000, 95)?.milliseconds).toBe(800 + 1700);
  });
  it('refuses what no modem dials', () => {
    expect(parseDialString('T555?', false, 2000, 95)).toBeNull();
    expect(parseDialString('T;555', false, 2000, 95)).toBeNull();
  });
});

describe('dialling', () => {
  it.each([
    ['ATE0W0', '\r\nCONNECT 115200\r\n'],
    ['ATE0X0', '\r\nCONNECT\r\n'],
    ['ATE0W2', '\r\nCONNECT 33600/ARQ/V34/LAPM\r\n'],
    ['ATE0W1', '\r\nCARRIER 33600\r\n\r\nPROTOCOL: LAPM\r\n\r\nCOMPRESSION: NONE\r\n\r\nCONNECT 115200\r\n'],
    [
      'ATE0W2+MR=1;+ER=1;+DR=1',
      '\r\n+MCR: V34\r\n\r\n+MRR: 33600\r\n\r\n+ER: LAPM\r\n\r\n+DR: NONE\r\n\r\nCONNECT 33600/ARQ/V34/LAPM\r\n',
    ],
    ['ATE0W2V0', '84\r'],
    ['ATE0W2Q1', ''],
  ])('%s tells the connection', (setup, lines) => {
    expect(bench().connect(setup)).toBe(lines);
  });

  it('sends the digits after dial tone and their own time', () => {
    const b = bench();
    b.type('ATE0\r');
    b.type('ATDT5550100\r');
    b.wait(400 + 7 * 190 - 1);
    expect(b.did).toEqual([]);
    b.wait(1);
    expect(b.did).toEqual(['call 5550100']);
  });

  it.each<[string, string]>([
    ['ATE0X4', '\r\nNO DIALTONE\r\n'],
    ['ATE0X2', '\r\nNO DIALTONE\r\n'],
  ])('%s hears a dead line', (setup, answer) => {
    const b = bench();
    b.type(`${setup}\r`);
    b.tone = 'dead';
    b.type('ATD1\r');
    expect(b.wait(2_000)).toBe(answer);
  });

  it('dials blindly under X3 unless W says otherwise', () => {
    const b = bench();
    b.tone = 'dead';
    b.type('ATE0X3\r');
    b.type('ATDT1\r');
    expect(b.wait(5_000)).toBe('');
    expect(b.did).toContain('call 1');
    expect(b.wait(60_000)).toBe('\r\nNO CARRIER\r\n');
    b.type('ATDTW1\r');
    expect(b.wait(5_000)).toBe('\r\nNO DIALTONE\r\n');
  });

  it.each<[number, string]>([
    [4, 'BUSY'],
    [3, 'BUSY'],
    [2, ''],
    [0, ''],
  ])('X%i and a busy tone', (level, answer) => {
    const b = bench();
    b.type(`ATE0X${level}\r`);
    b.type('ATDT1\r');
    b.wait(5_000);
    expect(b.say((t) => b.modem.progress('busy', t)).trim()).toBe(answer);
  });

  it('tells a number that rings from one that is silent', () => {
    const b = bench();
    b.type('ATE0S7=20\r');
    b.type('ATDT1\r');
    b.wait(5_000);
    b.modem.progress('ringback', 5_000);
    expect(b.wait(20_000)).toBe('\r\nNO ANSWER\r\n');
    b.type('ATDT1\r');
    expect(b.wait(30_000)).toBe('\r\nNO CARRIER\r\n');
  });

  it('refuses delayed and blacklisted numbers, by name under X4 only', () => {
    const b = bench();
    b.type('ATE0\r');
    b.tone = 'delayed';
    expect(b.type('ATD1\r')).toBe('\r\nDELAYED\r\n');
    b.tone = 'blacklisted';
    expect(b.type('ATD1\r')).toBe('\r\nBLACKLISTED\r\n');
    expect(b.type('ATX3D1\r')).toBe('\r\nERROR\r\n');
  });

  it('is stopped by any key, but not by a line feed after the command', () => {
    const b = bench();
    b.type('ATE0\r');
    expect(b.type('ATDT1\r\n')).toBe('');
    b.wait(1_000);
    expect(b.type('x')).toBe('\r\nNO CARRIER\r\n');
    expect(b.modem.state).toBe('command');
  });

  it('stays in the command state after a semicolon', () => {
    const b = bench();
    b.type('ATE0\r');
    b.type('ATDT5;\r');
    expect(b.wait(5_000)).toBe('\r\nOK\r\n');
    expect(b.type('ATH\r')).toBe('\r\nOK\r\n');
    expect(b.did).toEqual(['call 5', 'release']);
  });

  it('keeps to the rate that +MS allows', () => {
    const b = bench();
    b.type('ATE0+MS=V34,1,300,9600\r');
    b.type('ATDT5\r');
    b.wait(5_000);
    expect(b.did).toEqual(['call 5 9600']);
  });
});

describe('data', () => {
  it('passes everything on, and says nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 10 }), (chunks) => {
        const b = bench();
        b.connect();
        let all = '';
        for (const chunk of chunks) {
          const text = Buffer.from(chunk).toString('latin1');
          all += text;
          expect(b.type(text)).toBe('');
        }
        expect(b.sent()).toBe(all);
      }),
      { numRuns: 50 },
    );
  });

  it('escapes after a guarded +++, and comes back with O', () => {
    const b = bench();
    b.connect();
    b.type('data');
    b.wait(1_000);
    expect(b.type('+++')).toBe('');
    expect(b.wait(999)).toBe('');
    expect(b.wait(1)).toBe('\r\nOK\r\n');
    expect(b.modem.online).toBe(true);
    expect(b.type('ATO\r')).toBe('\r\nCONNECT 33600/ARQ/V34/LAPM\r\n');
    b.type('more');
    expect(b.sent()).toBe('data+++more');
  });

  it.each<[string, (string | number)[]]>([
    ['data just before', ['x', 500, '+++']],
    ['data just after', [2_000, '+++', 500, 'x']],
    ['too slow', [2_000, '+', 1_500, '++']],
    ['in the middle of data', [2_000, 'a+++b']],
    ['four of them', [2_000, '++++']],
  ])('does not escape: %s', (_name, steps) => {
    const b = bench();
    b.connect();
    for (const step of steps) {
      if (typeof step === 'number') b.wait(step);
      else b.type(step);
    }
    b.wait(5_000);
    expect(b.modem.state).toBe('data');
  });

  it('does not escape with S2 above 127', () => {
    const b = bench();
    b.connect('ATE0S2=255');
    b.wait(2_000);
    b.type('+++');
    b.wait(5_000);
    expect(b.modem.state).toBe('data');
  });

  it('hangs up by escape and ATH', () => {
    const b = bench();
    b.connect();
    b.wait(1_200);
    b.type('+++');
    b.wait(1_200);
    expect(b.type('ATH\r')).toBe('\r\nOK\r\n');
    expect(b.did.slice(-2)).toEqual(['release', 'dcd']);
  });

  it('hears a hang-up at once and a lost carrier after S10', () => {
    const b = bench();
    b.connect();
    expect(b.say((t) => b.modem.carrierLost('hung-up', t))).toBe('\r\nNO CARRIER\r\n');
    b.connect();
    expect(b.say((t) => b.modem.carrierLost('lost', t))).toBe('');
    expect(b.wait(1_399)).toBe('');
    expect(b.wait(1)).toBe('\r\nNO CARRIER\r\n');
  });

  it.each([
    [0, 'data', true],
    [1, 'escaped', true],
    [2, 'command', false],
    [3, 'command', false],
  ])('&D%i when DTR falls', (mode, state, online) => {
    const b = bench();
    b.connect(`ATE0&D${mode}`);
    b.modem.dtr(false, 10_000);
    expect([b.modem.state, b.modem.online]).toEqual([state, online]);
  });

  it('hangs up by itself after S30 without data', () => {
    const b = bench();
    b.connect('ATE0S30=1');
    b.wait(9_000);
    b.type('x');
    expect(b.wait(9_999)).toBe('');
    expect(b.wait(1)).toBe('\r\nNO CARRIER\r\n');
  });
});

describe('answering', () => {
  const caller = { date: '1120', time: '1306', number: '5550199', name: 'PRACTICE' };

  it('tells the caller after the first ring if asked to', () => {
    const b = bench();
    b.type('ATE0+VCID=1\r');
    expect(b.say((t) => b.modem.ring(caller, t))).toBe(
      '\r\nRING\r\n\r\nDATE = 1120\r\n\r\nTIME = 1306\r\n\r\nNMBR = 5550199\r\n\r\nNAME = PRACTICE\r\n',
    );
    expect(b.say((t) => b.modem.ring(caller, t))).toBe('\r\nRING\r\n');
  });

  it('answers by A, or at the ring that S0 says, if the terminal is there', () => {
    const b = bench();
    b.type('ATE0S0=2\r');
    b.modem.ring(null, 0);
    expect(b.did).toEqual([]);
    b.modem.ring(null, 2_000);
    expect(b.did).toEqual(['answer']);

    const away = bench();
    away.type('ATE0S0=1\r');
    away.modem.dtr(false, 0);
    away.modem.ring(null, 0);
    expect(away.did).toEqual([]);

    const hand = bench();
    hand.type('ATE0\r');
    hand.modem.ring(null, 0);
    hand.type('ATA\r');
    expect(hand.did).toEqual(['answer']);
    expect(hand.wait(50_000)).toBe('\r\nNO CARRIER\r\n');
  });
});
