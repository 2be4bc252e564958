/**
 * What a Hayes modem says: result codes in words and in numbers, and the lines that tell of a new connection.
 * Source: ITU-T V.250 §5.7 and §6.2.7, the numeric codes of Rockwell modems, the CONNECT suffixes of USR modems.
 */
import type { HayesSettings } from './hayes-settings.ts';

/** What two modems agreed on. */
export interface Carrier {
  /** bit/s; 0 where there is no figure (a cable). */
  rate: number;
  modulation: string;
  /** V.42 error correction is on. */
  errorCorrected: boolean;
}

const numeric: Record<string, number> = {
  OK: 0,
  CONNECT: 1,
  RING: 2,
  'NO CARRIER': 3,
  ERROR: 4,
  'NO DIALTONE': 6,
  BUSY: 7,
  'NO ANSWER': 8,
  DELAYED: 24,
  BLACKLISTED: 32,
  VOICE: 38,
  'CONNECT 300': 1,
  'CONNECT 1200': 5,
  'CONNECT 2400': 10,
  'CONNECT 4800': 11,
  'CONNECT 9600': 12,
  'CONNECT 7200': 13,
  'CONNECT 12000': 14,
  'CONNECT 14400': 15,
  'CONNECT 19200': 16,
  'CONNECT 38400': 17,
  'CONNECT 57600': 18,
  'CONNECT 115200': 19,
  'CONNECT 230400': 20,
  'CONNECT 16800': 59,
  'CONNECT 21600': 61,
  'CONNECT 24000': 62,
  'CONNECT 26400': 63,
  'CONNECT 28800': 64,
  'CONNECT 33600': 84,
  'CONNECT 31200': 91,
  'PROTOCOL: NONE': 70,
  'PROTOCOL: LAPM': 77,
  'COMPRESSION: NONE': 69,
};

/** `text` between the line ends of V1, or its number under V0; empty where V0 has no number for it. */
export function formatResult(text: string, settings: HayesSettings): string {
  const cr = String.fromCharCode(settings.register(3));
  const lf = String.fromCharCode(settings.register(4));
  if (settings.verbose) return cr + lf + text + cr + lf;
  const code = numeric[text] ?? numeric[text.split('/')[0] as string];
  return code === undefined ? '' : `${code}${cr}`;
}

/** Information asked for (`I`, `+GMI`, `S0?`): a line of its own under V0 as well. */
export function formatInformation(text: string, settings: HayesSettings): string {
  const end = String.fromCharCode(settings.register(3), settings.register(4));
  return settings.verbose ? `${end}${text}${end}` : `${text}${end}`;
}

/** Highest rate, in bit/s, of each modulation that `+MS` names. */
export const MODULATIONS: Record<string, number> = {
  V21: 300,
  V22: 1200,
  V22B: 2400,
  V32: 9600,
  V32B: 14_400,
  V34: 33_600,
  V90: 56_000,
};

/** The slowest modulation that carries `rate` bit/s. */
export function modulationFor(rate: number): string {
  for (const [name, highest] of Object.entries(MODULATIONS)) if (rate <= highest) return name;
  return 'V90';
}

/** The lines that announce a connection, CONNECT last, as W, X, S95, +MR, +ER and +DR ask for them. */
export function connectLines(carrier: Carrier, settings: HayesSettings, portRate: number): string[] {
  const protocol = carrier.errorCorrected ? 'LAPM' : 'NONE';
  const s95 = settings.register(95);
  const lines: string[] = [];
  if (settings.reportModulation) {
    lines.push(`+MCR: ${carrier.modulation}`);
    if (carrier.rate > 0) lines.push(`+MRR: ${carrier.rate}`);
  }
  if (settings.reportProtocol) lines.push(`+ER: ${protocol}`);
  if (settings.reportCompression) lines.push('+DR: NONE');
  if (carrier.rate > 0 && (settings.connectReport === 1 || s95 & 4)) lines.push(`CARRIER ${carrier.rate}`);
  if (settings.connectReport === 1 || s95 & 8) lines.push(`PROTOCOL: ${protocol}`);
  if (settings.connectReport === 1 || s95 & 32) lines.push('COMPRESSION: NONE');
  if (settings.resultLevel === 0 || carrier.rate === 0) lines.push('CONNECT');
  else if (settings.connectReport === 2 || s95 & 1) {
    const suffix = carrier.errorCorrected ? `/ARQ/${carrier.modulation}/LAPM` : `/${carrier.modulation}/NONE`;
    lines.push(`CONNECT ${carrier.rate}${suffix}`);
  } else lines.push(`CONNECT ${portRate}`);
  return lines;
}
