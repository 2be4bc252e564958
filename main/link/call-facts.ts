/** What follows from the facts of a call: the line for the scheduler, PPP's or SLIP's configuration, what a person is told of the link. */
import type { LinkFacts, Provider, Radio } from '../contract.ts';
import type { UplinkUp } from '../gateway-parts.ts';
import { PLACEHOLDER_PEER, type SlipSessionConfig } from '../ppp/slip-session.ts';
import type { PppClientConfig, PppUp } from '../ppp/types.ts';
import { type LineRateFacts, mtuForRate, octetsPerSecond, upstreamRate } from './line-rate.ts';
import type { CallPart } from './parts.ts';
import type { SchedulerConfig } from './scheduler.ts';
import type { SlipAddresses } from './slip-addresses.ts';

const MRU = 1500;
/** The peer escapes the two octets that the line takes for itself. */
const ACCM_XON_XOFF = 0x000a0000;

/**
 * The line's rates: as set for the provider, else as the modem said. A mobile module's CONNECT figure is an invention, and
 * what it reaches changes by the minute.
 */
function ratesOf(call: CallPart, { kind, paceRate }: Provider): LineRateFacts {
  const { errorCorrected } = call;
  if (paceRate > 0) return { carrierRate: paceRate, transmitRate: paceRate, errorCorrected };
  return kind === 'cellular' ? { carrierRate: null, transmitRate: null, errorCorrected } : call;
}

const mtuOf = (rates: LineRateFacts, { mtu }: Provider) => mtu || mtuForRate(upstreamRate(rates));

export function lineOf(call: CallPart, provider: Provider): SchedulerConfig {
  const rates = ratesOf(call, provider);
  return { ...lineAt(call, rates), mtu: mtuOf(rates, provider) };
}

/** The line for the scheduler by the rates alone. */
export function lineAt(call: CallPart, rates: LineRateFacts = call): SchedulerConfig {
  const upstream = upstreamRate(rates);
  const octets = (rate: number | null) => (rate === null ? null : octetsPerSecond(rate, call.errorCorrected));
  return {
    octetsPerSecond: octets(upstream),
    octetsPerSecondDown: octets(rates.carrierRate),
    fastestOctetsPerSecond: call.portRate / 10,
    mtu: mtuForRate(upstream),
  };
}

export function pppConfig(call: CallPart, provider: Provider, password: string): PppClientConfig {
  const rates = ratesOf(call, provider);
  return {
    role: 'client',
    user: provider.user,
    password,
    mru: MRU,
    mtu: mtuOf(rates, provider),
    lineRate: upstreamRate(rates) ?? call.portRate,
    vj: provider.headerCompression,
    // A modem that compresses gains nothing from deflated data and loses its own gain.
    deflate: call.compressed === false,
    dns: true,
    ...(provider.kind === 'cable' && provider.flow === 'xon-xoff' ? { accm: ACCM_XON_XOFF } : {}),
  };
}

export function slipConfig(call: CallPart, provider: Provider, found: SlipAddresses): SlipSessionConfig {
  return {
    local: found.local,
    peer: found.peer || PLACEHOLDER_PEER,
    dns: [],
    mtu: mtuOf(ratesOf(call, provider), provider),
    compression: provider.link === 'cslip' ? 'on' : 'off',
    onlySource: null,
  };
}

export function upOf(
  call: CallPart,
  provider: Provider,
  radio: Radio | undefined,
  { local, peer, dns, mtu, authentication, compression }: PppUp,
): UplinkUp {
  const facts: LinkFacts = {
    carrierRate: ratesOf(call, provider).carrierRate,
    portRate: call.portRate,
    connectText: call.connectText,
    errorCorrected: call.errorCorrected,
    local,
    peer,
    dns,
    mtu,
    authentication,
    compression,
    connectedAt: Date.now(),
    bytesUp: 0,
    bytesDown: 0,
    ...(radio === undefined ? {} : { radio }),
  };
  return { facts, up: { local, peer, dns, mtu } };
}
