/**
 * What a modem's result codes mean: ITU-T V.250 table 1, and the wider Hayes, Rockwell and US Robotics sets in use.
 *
 * One row a meaning: its words, its number under ATV0, whether it ends a dial attempt, and whether dialling again is
 * sensible. The sentences for a person are in call-faults.ts. Pure.
 */

export type ResultKind =
  | 'ok'
  | 'error'
  | 'connect'
  | 'ring'
  | 'ringing'
  | 'no-carrier'
  | 'no-dialtone'
  | 'busy'
  | 'no-answer'
  | 'delayed'
  | 'blacklisted'
  | 'voice'
  | 'digital-line'
  | 'line-in-use'
  | 'sim';

export interface ResultCode {
  kind: ResultKind;
  /** The modem's own words; under ATV0 the words its number stands for. */
  text: string;
}

interface Row {
  kind: ResultKind;
  /** Whole line, upper case, spaces collapsed. */
  words: RegExp;
  /** Under ATV0, with the words it stands for. Only numbers on which the makers agree carry a rate. */
  numbers: Readonly<Record<number, string>>;
}

const CONNECT_NUMBERS: Record<number, string> = {
  1: 'CONNECT',
  5: 'CONNECT 1200',
  10: 'CONNECT 2400',
};
// Rockwell and US Robotics both use these for CONNECT, at different rates: the rate is left unsaid.
for (const number of [
  13, 14, 15, 16, 17, 18, 19, 20, 25, 43, 59, 61, 62, 63, 64, 84, 85, 91, 99, 103, 107, 151, 155,
])
  CONNECT_NUMBERS[number] = 'CONNECT';

const ROWS: readonly Row[] = [
  { kind: 'ok', words: /^OK$/, numbers: { 0: 'OK' } },
  { kind: 'connect', words: /^CONNECT(?:[ /:\d].*)?$/, numbers: CONNECT_NUMBERS },
  { kind: 'ring', words: /^(?:RING(?: ?[A-F\d])?|\+CRING:.*)$/, numbers: { 2: 'RING' } },
  {
    kind: 'no-carrier',
    words: /^(?:NO CARRIER\b.*|CARRIER LOST|DISCONNECT(?:ED)?)$/,
    numbers: { 3: 'NO CARRIER' },
  },
  { kind: 'error', words: /^(?:ERROR|COMMAND NOT SUPPORT(?:ED)?)$/, numbers: { 4: 'ERROR' } },
  { kind: 'no-dialtone', words: /^NO DIAL ?TONE$|^NO LINE$/, numbers: { 6: 'NO DIALTONE' } },
  { kind: 'busy', words: /^BUSY$/, numbers: { 7: 'BUSY' } },
  { kind: 'no-answer', words: /^NO ANSWER$/, numbers: { 8: 'NO ANSWER' } },
  { kind: 'ringing', words: /^RINGING$|^RING ?BACK$/, numbers: {} },
  { kind: 'delayed', words: /^DELAYED\b.*$/, numbers: { 24: 'DELAYED' } },
  { kind: 'blacklisted', words: /^BLACK ?LIST(?:ED)?\b.*$/, numbers: { 32: 'BLACKLISTED' } },
  { kind: 'voice', words: /^VOICE$|^FAX$|^\+?FCERROR$|^\+FCO(?:N)?$/, numbers: { 33: 'FAX' } },
  { kind: 'digital-line', words: /^DIGITAL LINE\b.*$/, numbers: {} },
  {
    kind: 'line-in-use',
    words: /^(?:LOCAL|LINE|EXTENSION|PHONE)[ -]IN[ -]USE$|^EXTENSION(?: OFF.?HOOK)?$|^OFF.?HOOK$/,
    numbers: {},
  },
];

/** +CME ERROR numbers (3GPP TS 27.007, 9.2) which speak of the SIM card or the network, not of the command. */
const SIM_ERRORS = new Set([10, 11, 12, 13, 14, 15, 16, 17, 18, 30, 31, 32, 40]);
const SIM_WORDS = /\b(?:SIM|PIN|PUK|INCORRECT PASSWORD|NO NETWORK|EMERGENCY)\b/;
const CME = /^\+CM[ES] ERROR: ?(.*)$/;

/** Number of a `+CME ERROR: n` line, or null. */
export function cmeNumber(text: string): number | null {
  const match = /^\+CME ERROR: ?(\d+)/i.exec(text);
  return match ? Number(match[1]) : null;
}

const rowByNumber = new Map<number, ResultCode>();
for (const row of ROWS)
  for (const [number, text] of Object.entries(row.numbers))
    rowByNumber.set(Number(number), { kind: row.kind, text });

/** The result code a whole line is, or null for anything else. Case and doubled spaces do not matter. */
export function resultOf(line: string): ResultCode | null {
  const words = line.trim().replace(/ +/g, ' ').toUpperCase();
  const cme = CME.exec(words);
  if (cme) {
    const number = cmeNumber(words);
    const sim = number === null ? SIM_WORDS.test(cme[1] ?? '') : SIM_ERRORS.has(number);
    return { kind: sim ? 'sim' : 'error', text: line.trim() };
  }
  for (const row of ROWS) if (row.words.test(words)) return { kind: row.kind, text: line.trim() };
  return null;
}

/** The result code a line of digits is under ATV0, or null. */
export function numericResultOf(line: string): ResultCode | null {
  return /^\d{1,3}$/.test(line) ? (rowByNumber.get(Number(line)) ?? null) : null;
}

/**
 * The result code at the end of a line that begins with line noise. Only for lines read while a call is being set up:
 * there, missing a CONNECT loses the call, and nothing else a modem says ends in these words.
 */
export function noisyResultOf(line: string): ResultCode | null {
  const match = /(?<![A-Z])(?<!NO )(CONNECT(?:[ /:\d].*)?|NO CARRIER|NO DIAL ?TONE|NO ANSWER|BUSY)$/i.exec(
    line.trimEnd(),
  );
  return match ? resultOf(match[1] ?? '') : null;
}

/** Why a dial attempt came to nothing. */
export type DialFailure =
  | 'busy'
  | 'no-carrier'
  | 'no-dialtone'
  | 'no-answer'
  | 'delayed'
  | 'blacklisted'
  | 'voice'
  | 'digital-line'
  | 'line-in-use'
  | 'silent'
  | 'cancelled'
  | 'lost'
  | 'refused'
  | 'sim';

/**
 * `again`: after a short pause, another number first if there is one. `later`: after minutes. `other`: another number, but this
 * one no more. `stop`: a person must act.
 */
export type Redial = 'again' | 'later' | 'other' | 'stop';

export const REDIAL: Readonly<Record<DialFailure, Redial>> = {
  busy: 'again',
  'no-carrier': 'again',
  'no-dialtone': 'stop',
  'no-answer': 'again',
  delayed: 'later',
  blacklisted: 'other',
  voice: 'other',
  'digital-line': 'stop',
  'line-in-use': 'later',
  silent: 'again',
  cancelled: 'stop',
  lost: 'stop',
  refused: 'stop',
  sim: 'stop',
};

/** Whether a result code ends a dial attempt without a call, and as what. */
export function dialFailureOf(kind: ResultKind): DialFailure | null {
  switch (kind) {
    case 'busy':
    case 'no-carrier':
    case 'no-dialtone':
    case 'no-answer':
    case 'delayed':
    case 'blacklisted':
    case 'voice':
    case 'digital-line':
    case 'line-in-use':
    case 'sim':
      return kind;
    // OK: the modem went back to command mode without a call (a number ending in `;`, or an old modem's way to abort).
    case 'ok':
    case 'error':
      return 'refused';
    default:
      return null;
  }
}
