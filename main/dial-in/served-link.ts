/** What an answered call's facts come to: PPP's configuration in the server role, SLIP's, the engine's link. Pure. */
import type { LinkUp } from '../../engine/contract.ts';
import type { Caller, DialInSettings } from '../contract.ts';
import { mtuForRate, upstreamRate } from '../link/line-rate.ts';
import type { CallPart } from '../link/parts.ts';
import { SLIP_LARGEST_SENT, type SlipSessionConfig } from '../ppp/slip-session.ts';
import type { PppServerConfig, PppUp } from '../ppp/types.ts';

export function serverConfig(
  call: CallPart,
  { local, wins }: DialInSettings,
  dns: readonly string[],
  accm: number | undefined,
  who: { authenticate: boolean } & Pick<PppServerConfig, 'secret' | 'assign'>,
): PppServerConfig {
  const rate = upstreamRate(call);
  return {
    role: 'server',
    name: 'masq-gate',
    local,
    dns: dns.slice(0, 2),
    wins: wins.slice(0, 2),
    // The first that both can: Windows proposes its own, most others know the first and the last.
    authentication: who.authenticate ? ['chap-md5', 'mschap-v2', 'mschap', 'pap'] : [],
    secret: who.secret,
    assign: who.assign,
    mru: 1500,
    mtu: mtuForRate(rate),
    lineRate: rate ?? call.portRate,
    vj: true,
    // A modem that compresses gains nothing from deflated data and loses its own gain.
    deflate: call.compressed === false,
    ...(accm === undefined ? {} : { accm }),
  };
}

/** A caller may send from its own address only. */
export function slipConfig(
  compression: SlipSessionConfig['compression'],
  call: CallPart,
  local: string,
  peer: string,
  dns: string[],
): SlipSessionConfig {
  const mtu = Math.min(SLIP_LARGEST_SENT, mtuForRate(upstreamRate(call)));
  return { local, peer, dns, mtu, compression, onlySource: peer };
}

export function linkOf(link: number, up: PppUp, caller: Caller, proxyArp: boolean, call: CallPart): LinkUp {
  const mtu = Math.min(up.mtu, mtuForRate(upstreamRate(call)));
  const { internet, lan, callers } = caller;
  return {
    link,
    role: 'caller',
    local: up.local,
    peer: up.peer,
    dns: [],
    mtu: Math.min(1500, Math.max(128, mtu)),
    name: caller.user,
    caller: { internet, lan, callers, proxyArp },
  };
}
