/**
 * What a line's rate decides: the first pace, the MTU, the byte time (RFC 3150 and the figures measured for V.34, V.90).
 *
 * Rates are bit/s, sizes bytes. Nothing here learns; rate-tracker.ts does.
 */

/** V.90 sends at most 33 600 up however fast it hears; 31 200 is what most lines give. */
const ANALOGUE_UPSTREAM = 31_200;
const FASTEST_V34 = 33_600;
const FASTEST_V90 = 56_000;
/** One MTU should not hold the line longer than this, ms. */
const MTU_TIME_MS = 150;
/** Nor should one that we ask for, of which three stand in the provider's queue. */
const INBOUND_TIME_MS = 95;
const LEAST_INBOUND = 296;
export const LEAST_FLIGHT = 3;
/** IP and TCP without options, bytes. */
export const TCP_HEADERS = 40;

export interface LineRateFacts {
  carrierRate: number | null;
  transmitRate: number | null;
  errorCorrected: boolean | null;
}

/** bit/s away from us as far as the modem told; null: unknown, do not pace by it. */
export function upstreamRate(facts: LineRateFacts): number | null {
  if (facts.transmitRate && facts.transmitRate !== facts.carrierRate) return facts.transmitRate;
  const rate = facts.carrierRate;
  if (rate === null) return null;
  return rate > FASTEST_V34 && rate <= FASTEST_V90 ? ANALOGUE_UPSTREAM : rate;
}

/** Octets a second that `rate` carries: error correction strips start and stop bits, a bare line carries them. */
export function octetsPerSecond(rate: number, errorCorrected: boolean | null): number {
  return rate / (errorCorrected === false ? 10 : 8);
}

/**
 * The largest packet to send, so that one of them does not hold up a keystroke for long: 296 below 19 200, 576 up to
 * 80 000 bit/s, else 1500. An unknown rate is taken for a fast one.
 */
export function mtuForRate(rate: number | null): number {
  if (rate === null || (1500 * 8 * 1000) / rate <= MTU_TIME_MS) return 1500;
  return rate >= 19_200 ? 576 : 296;
}

/**
 * The largest TCP segment to be sent to us over a line of so many octets a second, below `mtu`: there is no other say in
 * what stands before a ping at the provider. Smaller ones than behind an MTU of 296 cost more than they give. `unit`: the
 * steps in which our side's window can be told (RFC 7323 §2.2); three segments, the least that fill a line, should fit one
 * or more of them, or the next step up lets five stand there.
 */
export function inboundSegment(octetsPerSecond: number, mtu: number, unit = 1): number {
  const packet = Math.round((octetsPerSecond * INBOUND_TIME_MS) / 1000);
  const segment = Math.max(LEAST_INBOUND, packet) - TCP_HEADERS;
  const steps = Math.max(1, Math.round((LEAST_FLIGHT * segment) / unit));
  return Math.min(mtu - TCP_HEADERS, Math.floor((steps * unit) / LEAST_FLIGHT));
}
