// Module loads and echoes into /proc of old scripts: helpers with their ports, and what is built in here.
import { port } from './options.ts';
import { already, becomes, leftOut, type Verdict } from './verdict.ts';

/** Module name after its prefix, to the helper here. */
const helpers: Readonly<Record<string, string>> = {
  ftp: 'ftp',
  irc: 'irc',
  raudio: 'realaudio',
  cuseeme: 'cuseeme',
  vdolive: 'vdolive',
  quake: 'quake',
  h323: 'h323',
  pptp: 'pptp',
  sip: 'sip',
  tftp: 'tftp',
  amanda: 'amanda',
  talk: 'talk',
  mms: 'mms',
};

export function moduleLoad(words: readonly string[]): Verdict {
  const name = (words.find((word) => !word.startsWith('-')) ?? '').replace(/^.*\//, '').replace(/\.k?o$/, '');
  const kind = /^(?:ip_masq|ip_nat|nf_nat|ip_conntrack|nf_conntrack)_(\w+)$/.exec(name)?.[1];
  if (kind === undefined) return already('no kernel module is needed');
  if (['portfw', 'autofw', 'mfw', 'user'].includes(kind))
    return already('forwards and triggers are built in');
  if (kind === 'ipsec') return already('IPsec passes: NAT-T by mapping, raw ESP for one client per remote');
  const helper = helpers[kind];
  if (helper === undefined) {
    return kind === 'icq'
      ? leftOut('ICQ needs no helper any more: its servers are gone')
      : leftOut(`there is no helper for ${kind}`);
  }
  // Some documents of the day left the `ports=` out.
  const list = words.find((word) => /^(?:ports=|\d+(?:,\d+)*$)/.test(word))?.replace(/^ports=/, '');
  const ports = list === undefined ? [] : list.split(',').map(port);
  if (ports.some((value) => value === null) || ports.length > 12)
    return leftOut('ports= takes up to twelve port numbers');
  // The raudio module served RTSP beside RealAudio; here the first bytes say whose a session is.
  const names = helper === 'realaudio' ? [helper, 'rtsp'] : [helper];
  const switched = names.map((one) => ({ name: one, ports: ports as number[] }));
  const named = switched.map((one) =>
    one.ports.length > 0 ? `${one.name}, at ports ${one.ports.join(', ')}` : one.name,
  );
  return becomes(`switch on the helper ${named.join('; and the helper ')}`, {
    kind: 'helpers',
    helpers: switched,
  });
}

export function echo(words: readonly string[]): Verdict | null {
  const arrow = words.indexOf('>');
  const file = words[arrow + 1];
  if (arrow < 0 || file === undefined || !file.startsWith('/proc/sys/')) return null;
  const value = words.slice(0, arrow).join(' ').trim();
  const name = file.slice(file.lastIndexOf('/') + 1);
  if (name === 'ip_forward')
    return already('forwarding is switched for the cards that need it while sharing, and back again');
  if (name === 'ip_dynaddr') return already('a new address is always followed');
  if (name === 'ip_always_defrag') return already('fragments are always put together first');
  if (name === 'rp_filter') return already('forged source addresses are always refused');
  if (name === 'ip_masq_udp_dloose') {
    if (value === '0') return already('UDP answers are filtered by address unless you choose otherwise');
    return becomes('UDP: anybody may answer to a mapped port (loose UDP)', { kind: 'loose-udp' });
  }
  return leftOut(`${name} is a matter of the gateway's own system`);
}
