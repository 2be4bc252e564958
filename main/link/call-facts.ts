/** What follows from the facts of a call: the line for the scheduler, PPP's or SLIP's configuration, what a person is told of the link. */
import type { LinkFacts, Provider } from '../contract.ts';
import type { UplinkUp } from '../gateway-parts.ts';
import { PLACEHOLDER_PEER, type SlipSessionConfig } from '../ppp/slip-session.ts';
import type { PppClientConfig, PppUp } from '../ppp/types.ts';
import { mtuForRate, octetsPerSecond, upstreamRate } from './line-rate.ts';
import type { CallPart } from './parts.ts';
import type { SchedulerConfig } from './scheduler.ts';
import type { SlipAddresses } from './slip-addresses.ts';

const MRU = 1500;

export function lineOf(call: CallPart): SchedulerConfig {
  const upstream = upstreamRate(call);
  const octets = (rate: number | null) => (rate === null ? null : octetsPerSecond(rate, call.errorCorrected));
  return {
    octetsPerSecond: octets(upstream),
    octetsPerSecondDown: octets(call.carrierRate),
    fastestOctetsPerSecond: call.portRate / 10,
    mtu: mtuForRate(upstream),
  };
}

export function pppConfig(call: CallPart, provider: Provider, password: string): PppClientConfig {
  const upstream = upstreamRate(call);
  return {
    role: 'client',
    user: provider.user,
    password,
    mru: MRU,
    mtu: mtuForRate(upstream),
    lineRate: upstream ?? call.portRate,
    vj: provider.headerCompression,
    // A modem that compresses gains nothing from deflated data and loses its own gain.
    deflate: call.compressed === false,
    dns: true,
  };
}

export function slipConfig(call: CallPart, provider: Provider, found: SlipAddresses): SlipSessionConfig {
  return {
    local: found.local,
    peer: found.peer || PLACEHOLDER_PEER,
    dns: [],
    mtu: mtuForRate(upstreamRate(call)),
    compression: provider.link === 'cslip' ? 'on' : 'off',
    onlySource: null,
  };
}

export function upOf(
  call: CallPart,
  { local, peer, dns, mtu, authentication, compression }: PppUp,
): UplinkUp {
  const facts: LinkFacts = {
    carrierRate: call.carrierRate,
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
  };
  return { facts, up: { local, peer, dns, mtu } };
}
