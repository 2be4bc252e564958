/**
 * What a modem says about the connection it made: the CONNECT line and the CARRIER, PROTOCOL, COMPRESSION (Rockwell) or
 * +MCR, +MRR, +ER, +DR (V.250, 6.2 and 6.5) lines before it. Pure.
 */

export interface ConnectFacts {
  /** bit/s on the telephone line towards us (and both ways if the modem named one figure); null: not said. */
  carrierRate: number | null;
  /** bit/s on the telephone line away from us; null: not said. */
  transmitRate: number | null;
  errorCorrected: boolean | null;
  compressed: boolean | null;
}

/** Speeds of serial ports at which no telephone modem's carrier runs: such a CONNECT figure is the port's. */
const PORT_RATES = new Set([38_400, 57_600, 76_800, 115_200, 230_400, 460_800, 921_600]);
/** Two bundled ISDN channels; what is faster is a cellular module's invention. */
const FASTEST_CARRIER = 128_000;
/** Up to this carrier rate old modems change the port to the carrier's speed, so an equal figure means both. */
const FASTEST_UNLOCKED = 14_400;

const ERROR_CONTROL = /^(?:ARQ|EC|LAP-?M|LAP-?B|MNP\d*|ALT|REL.*|V\.?42|V\.?42 ?BIS|X\.?25)$/;
const COMPRESSION = /^(?:V\.?42 ?BIS|V\.?42B|V\.?44|MNP ?5|CLASS ?5|COMP)$/;

function plausibleCarrier(rate: number, portRate: number): boolean {
  if (rate < 75 || rate > FASTEST_CARRIER || PORT_RATES.has(rate)) return false;
  return rate !== portRate || rate <= FASTEST_UNLOCKED;
}

/** `text` is the CONNECT line, `before` the lines between ATD and it, `portRate` the speed of the port in bit/s. */
export function connectFacts(text: string, before: readonly string[], portRate: number): ConnectFacts {
  const facts: ConnectFacts = {
    carrierRate: null,
    transmitRate: null,
    errorCorrected: null,
    compressed: null,
  };
  readConnect(text.toUpperCase(), portRate, facts);
  for (const line of before) readReport(line.trim().toUpperCase(), facts);
  facts.transmitRate ??= facts.carrierRate;
  if (facts.compressed && facts.errorCorrected === null) facts.errorCorrected = true;
  return facts;
}

function readConnect(text: string, portRate: number, facts: ConnectFacts): void {
  const receive = /(\d{3,6}):RX/.exec(text);
  const transmit = /(\d{3,6}):TX/.exec(text);
  const first = /\d{3,7}/.exec(text.replace(/\d+:[RT]X/g, ''));
  if (receive) facts.carrierRate = Number(receive[1]);
  else if (first && plausibleCarrier(Number(first[0]), portRate)) facts.carrierRate = Number(first[0]);
  else if (/^CONNECT$/.test(text) && portRate === 300) facts.carrierRate = 300;
  if (transmit) facts.transmitRate = Number(transmit[1]);

  const words = text.split(/[/,\s]+/).slice(1);
  const corrected = words.some((word) => ERROR_CONTROL.test(word));
  const compressed = words.some((word) => COMPRESSION.test(word));
  const none = words.some((word) => /^(?:NONE|NORM|NOEC)$/.test(word));
  if (corrected) facts.errorCorrected = true;
  else if (none) facts.errorCorrected = false;
  if (compressed) facts.compressed = true;
  else if (none) facts.compressed = false;
}

function readReport(line: string, facts: ConnectFacts): void {
  const carrier = /^CARRIER:? (\d{2,6})/.exec(line);
  if (carrier) facts.carrierRate = Number(carrier[1]);
  // +MRR: transmit[,receive]; some modems give it inside +MCR after the modulation's name.
  const rates = /^\+M[CR]R: ?(?:[A-Z][A-Z0-9]*,?)?(?:[01],)?(\d{3,6})?(?:,(\d{3,6}))?/.exec(line);
  if (rates?.[1]) {
    facts.transmitRate = Number(rates[1]);
    facts.carrierRate = Number(rates[2] ?? rates[1]);
  }
  const protocol = /^(?:PROTOCOL|\+ER): ?(.+)$/.exec(line);
  if (protocol) facts.errorCorrected = protocol[1] !== 'NONE';
  const compression = /^(?:COMPRESSION|\+DR): ?(.+)$/.exec(line);
  if (compression) facts.compressed = compression[1] !== 'NONE';
}
