/**
 * The practice telephone book: what happens when a number of the practice exchange is dialled. One number for each thing
 * that a real line does to a caller, so that every sentence of the gateway can be seen without a telephone.
 */

export interface NumberEntry {
  number: string;
  /** For a person. */
  title: string;
  /**
   * `answers`: a modem plugged in under this number. The rest the exchange plays itself: `dead`, `delayed` and
   * `blacklisted` are the caller's own modem refusing, `quiet` is an answer without a modem, `unanswered` rings for ever.
   */
  outcome: 'answers' | 'busy' | 'dead' | 'delayed' | 'blacklisted' | 'unanswered' | 'voice' | 'quiet';
  /** What the answering modem leads to. */
  service?: Service;
  /** Busy for so many calls before it does what it says. */
  busyCalls?: number;
  /** ms after CONNECT at which the carrier drops. */
  dropAfterMs?: number;
  /** Share of bits that arrive wrong, with no error correction between the modems. */
  errorRate?: number;
}

/** `ppp`: PPP at once. `login`: a login prompt, then PPP. `prompt`: a login prompt only. `silent`: not a byte. `echo`: a loop. */
export type Service = 'ppp' | 'login' | 'prompt' | 'silent' | 'echo';

export const PROVIDER_NUMBER = '555-0100';

export const PRACTICE_NUMBERS: readonly NumberEntry[] = [
  { number: PROVIDER_NUMBER, title: 'The practice provider', outcome: 'answers', service: 'ppp' },
  { number: '555-0101', title: 'Busy', outcome: 'busy' },
  { number: '555-0102', title: 'No dial tone', outcome: 'dead' },
  { number: '555-0103', title: 'Nobody answers', outcome: 'unanswered' },
  { number: '555-0104', title: 'A person answers', outcome: 'voice' },
  { number: '555-0105', title: 'Answers, but not as a modem', outcome: 'quiet' },
  { number: '555-0106', title: 'A login prompt and never PPP', outcome: 'answers', service: 'prompt' },
  { number: '555-0107', title: 'A login prompt, then PPP', outcome: 'answers', service: 'login' },
  {
    number: '555-0108',
    title: 'The provider; the carrier drops after 20 s',
    outcome: 'answers',
    service: 'ppp',
    dropAfterMs: 20_000,
  },
  {
    number: '555-0109',
    title: 'The provider over a noisy line',
    outcome: 'answers',
    service: 'ppp',
    errorRate: 1e-5,
  },
  { number: '555-0110', title: 'The modem enforces a pause', outcome: 'delayed' },
  { number: '555-0111', title: 'The modem refuses the number', outcome: 'blacklisted' },
  {
    number: '555-0112',
    title: 'Busy twice, then the provider',
    outcome: 'answers',
    service: 'ppp',
    busyCalls: 2,
  },
  { number: '555-0113', title: 'A line looped back', outcome: 'answers', service: 'echo' },
  { number: '555-0114', title: 'A modem with nothing behind it', outcome: 'answers', service: 'silent' },
];

/** The digits alone: how the exchange compares numbers. */
export function digitsOf(number: string): string {
  return number.replace(/[^0-9*#]/g, '');
}
