import { describe, expect, it } from 'vitest';
import { faultSchema } from '../../engine/contract.ts';
import { dialFault, lostCallFault } from './call-faults.ts';
import { NO_CALLER_ID, RingCadence, readCallerId, ringPattern } from './caller-id.ts';
import { connectFacts } from './connect-text.ts';
import {
  type DialFailure,
  dialFailureOf,
  noisyResultOf,
  numericResultOf,
  REDIAL,
  resultOf,
} from './result-codes.ts';

describe('result codes', () => {
  it.each([
    ['OK', 'ok'],
    ['ERROR', 'error'],
    ['CONNECT', 'connect'],
    ['CONNECT 33600/ARQ/V34/LAPM/V42BIS', 'connect'],
    ['CONNECT/ARQ', 'connect'],
    ['RING', 'ring'],
    ['RING B', 'ring'],
    ['+CRING: VOICE', 'ring'],
    ['RINGING', 'ringing'],
    ['no carrier', 'no-carrier'],
    ['NO DIALTONE', 'no-dialtone'],
    ['NO DIAL TONE', 'no-dialtone'],
    ['BUSY', 'busy'],
    ['NO ANSWER', 'no-answer'],
    ['DELAYED', 'delayed'],
    ['DELAYED 00:02:00', 'delayed'],
    ['BLACKLISTED', 'blacklisted'],
    ['BLACKLIST FULL', 'blacklisted'],
    ['VOICE', 'voice'],
    ['FAX', 'voice'],
    ['+FCERROR', 'voice'],
    ['DIGITAL LINE DETECTED', 'digital-line'],
    ['LINE IN USE', 'line-in-use'],
    ['LOCAL IN USE', 'line-in-use'],
    ['EXTENSION', 'line-in-use'],
    ['+CME ERROR: 10', 'sim'],
    ['+CME ERROR: SIM PIN required', 'sim'],
    ['+CME ERROR: 100', 'error'],
    ['+CMS ERROR: 500', 'error'],
  ])('%s is %s', (text, kind) => {
    expect(resultOf(text)?.kind).toBe(kind);
  });

  it.each(['OKAY', 'CONNECTED', 'NO CONNECT', 'STRING', 'CARRIER 33600', 'BUSY NOW', 'LOGIN:', '', '33600'])(
    '%j is none',
    (text) => {
      expect(resultOf(text)).toBeNull();
    },
  );

  it.each([
    ['0', 'ok'],
    ['1', 'connect'],
    ['2', 'ring'],
    ['3', 'no-carrier'],
    ['4', 'error'],
    ['6', 'no-dialtone'],
    ['7', 'busy'],
    ['8', 'no-answer'],
    ['10', 'connect'],
    ['24', 'delayed'],
    ['32', 'blacklisted'],
  ])('%s under V0 is %s', (text, kind) => {
    expect(numericResultOf(text)?.kind).toBe(kind);
  });

  it('reads results behind noise only whole', () => {
    expect(noisyResultOf('#}NO CARRIER')?.kind).toBe('no-carrier');
    expect(noisyResultOf('DISCONNECT')).toBeNull();
    expect(noisyResultOf('NO CONNECT')).toBeNull();
  });

  it('every failure has a redial rule and a whole fault within the contract', () => {
    for (const kind of Object.keys(REDIAL) as DialFailure[]) {
      const fault = dialFault(kind, { words: 'X'.repeat(60), number: '0'.repeat(60), port: '/dev/ttyUSB0' });
      expect(faultSchema.safeParse(fault).success, kind).toBe(true);
      for (const part of [fault.sentence, fault.cause, fault.remedy]) expect(part).toMatch(/^[A-Z].*[.]$/s);
    }
    for (const n of [10, 11, 12, 13, 14, 15, 16, 17, 18, 30, 31, 32]) {
      const fault = dialFault('sim', { words: `+CME ERROR: ${n}`, number: '', port: '/dev/ttyUSB2' });
      expect(fault.sentence.length).toBeGreaterThan(10);
    }
    for (const cause of ['carrier', 'unplugged', 'error'] as const)
      expect(faultSchema.safeParse(lostCallFault(cause, '/dev/x', 'why')).success).toBe(true);
  });

  it('a person or a fax is not called again, busy is', () => {
    expect(REDIAL[dialFailureOf('voice') ?? 'busy']).toBe('other');
    expect(REDIAL[dialFailureOf('busy') ?? 'voice']).toBe('again');
    expect(dialFailureOf('ringing')).toBeNull();
  });
});

describe('what CONNECT says of the line', () => {
  it.each([
    ['CONNECT 33600/ARQ/V34/LAPM/V42BIS', [], 33_600, 33_600, true, true],
    ['CONNECT 49333/ARQ/V90/LAPM/V42BIS', [], 49_333, 49_333, true, true],
    ['CONNECT 115200', [], null, null, null, null],
    ['CONNECT 115200 V42bis', [], null, null, true, true],
    ['CONNECT 115200/V34/LAP-M/V.42bis/31200:TX/33600:RX', [], 33_600, 31_200, true, true],
    [
      'CONNECT 115200',
      ['CARRIER 28800', 'PROTOCOL: LAP-M', 'COMPRESSION: NONE'],
      28_800,
      28_800,
      true,
      false,
    ],
    [
      'CONNECT 115200',
      ['+MCR: V34', '+MRR: 31200,33600', '+ER: LAPM', '+DR: V42B'],
      33_600,
      31_200,
      true,
      true,
    ],
    ['CONNECT 57600', ['+MCR: B103', '+MRR: 300', '+ER: NONE', '+DR: NONE'], 300, 300, false, false],
    ['CONNECT 9600/NONE', [], 9600, 9600, false, false],
    ['CONNECT 33600/ARQ/V34/LAPM/NONE', [], 33_600, 33_600, true, false],
    ['CONNECT 7200000', [], null, null, null, null],
    ['CONNECT 64000', [], 64_000, 64_000, null, null],
    ['CONNECT', [], null, null, null, null],
  ] as const)('%s %j', (text, lines, carrier, transmit, corrected, compressed) => {
    expect(connectFacts(text, lines, 115_200)).toEqual({
      carrierRate: carrier,
      transmitRate: transmit,
      errorCorrected: corrected,
      compressed,
    });
  });

  it('a figure equal to the port’s is the port’s, unless an old modem sets both', () => {
    expect(connectFacts('CONNECT 19200', [], 19_200).carrierRate).toBeNull();
    expect(connectFacts('CONNECT 2400', [], 2400).carrierRate).toBe(2400);
  });
});

describe('caller ID', () => {
  it.each([
    [['DATE = 0312', 'TIME = 1405', 'NMBR = 5550100', 'NAME = SMITH J'], '5550100', 'SMITH J', null],
    [['NMBR=5550100'], '5550100', null, null],
    [['NMBR = P'], null, null, 'withheld'],
    [['NMBR = O', 'NAME = O'], null, null, 'unavailable'],
    [['+CLIP: "+49555",145'], '+49555', null, null],
    [['garbage', 'NMBR'], null, null, null],
  ] as const)('%j', (lines, number, name, why) => {
    expect(lines.reduce(readCallerId, NO_CALLER_ID)).toEqual({ number, name, why });
  });

  it('distinctive ring', () => {
    expect(ringPattern('RING B')).toBe('B');
    expect(ringPattern('RING')).toBeNull();
  });

  it.each([
    [[], null],
    [['DROF=40', 'DRON=20'], 'A'],
    [['DRON=8', 'DROF=4', 'DRON = 8'], 'B'],
    [['DRON=4', 'DROF=2', 'DRON=4', 'DROF=2', 'DRON=8'], 'C'],
    [['DRON=3', 'DROF=2', 'DRON=10', 'DROF=2', 'DRON=3'], 'D'],
    [['DRON=99999', 'XDRON=3'], null],
  ])('reads the cadence %j', (lines, letter) => {
    const cadence = new RingCadence();
    for (const line of lines) cadence.line(line);
    expect(cadence.ring()).toBe(letter);
    expect(cadence.ring()).toBeNull();
  });
});
