// ipmasqadm portfw, autofw and mfw, ipportfw and ipautofw before them, redir, and iptables' DNAT: what comes in and where it goes.
import type { Forward } from '../contract.ts';
import type { Mark } from './masquerade-rules.ts';
import { isAddress, isEverywhere, network, Options, port, portRange, protocol } from './options.ts';
import { already, becomes, leftOut, type Verdict } from './verdict.ts';

type Target = Omit<Forward, 'id' | 'on'>;

function forward(target: Target): Verdict {
  const { protocol: name, first, last, insideFirst, hosts, sources } = target;
  const outside = first === last ? `${first}` : `${first}-${last}`;
  const inside = first === last ? `${insideFirst}` : `${insideFirst}-${insideFirst + last - first}`;
  if (insideFirst + last - first > 65535)
    return leftOut('the range does not fit below port 65536 on the inside');
  const to = hosts
    .map((host) => (hosts.length > 1 ? `${host.address} (weight ${host.weight})` : host.address))
    .join(', ');
  const from = sources.length > 0 ? ` from ${sources.join(', ')}` : '';
  return becomes(`forward ${name} port ${outside}${from} to ${to} port ${inside}`, {
    kind: 'forward',
    forward: target,
  });
}

function portfw(options: Options): Verdict {
  if (options.has('-f', '-l')) return already('there are no old forwards to clear or list');
  if (!options.has('-a')) return leftOut('only lines that add a forward are taken over');
  const name = protocol(options.one('-P'));
  const [, outsidePort] = options.all('-L');
  const [address, insidePort] = options.all('-R');
  const from = port(outsidePort);
  const to = port(insidePort);
  if (name === null || from === null || to === null || !isAddress(address)) {
    return leftOut('a portfw line needs -P tcp|udp, -L address port and -R address port in numbers');
  }
  const weight = Math.min(100, Math.max(1, Number(options.one('-p') ?? 1) || 1));
  return forward({
    protocol: name,
    first: from,
    last: from,
    insideFirst: to,
    hosts: [{ address, weight }],
    sources: [],
  });
}

function autofw(options: Options): Verdict {
  if (options.has('-F', '-L')) return already('there are no old rules to clear or list');
  if (!options.has('-A')) return leftOut('only lines that add a rule are taken over');
  const [name, low, high] = options.all('-r');
  const open = protocol(name);
  const [controlName, controlText] = options.all('-c');
  const first = port(low);
  const last = port(high ?? low);
  const host = options.one('-h');
  if (open !== null && first !== null && last !== null && first <= last) {
    const control = protocol(controlName);
    const controlPort = port(controlText);
    if (control !== null && controlPort !== null) {
      return becomes(
        `trigger: when a client sends to ${control} port ${controlPort}, ${open} ports ${first}-${last} are opened to it`,
        {
          kind: 'trigger',
          control: { protocol: control, first: controlPort, last: controlPort },
          opens: { protocol: open, first, last },
        },
      );
    }
    if (isAddress(host)) {
      return forward({
        protocol: open,
        first,
        last,
        insideFirst: first,
        hosts: [{ address: host, weight: 1 }],
        sources: [],
      });
    }
    return leftOut(
      'a range needs a host (-h) or a control port (-c): "the last host that used it" is not guessed',
    );
  }
  const [mappedName, visible, hidden] = options.all('-p');
  const mapped = protocol(mappedName);
  if (mapped !== null && port(visible) !== null && port(hidden) !== null && isAddress(host)) {
    const at = port(visible) as number;
    return forward({
      protocol: mapped,
      first: at,
      last: at,
      insideFirst: port(hidden) as number,
      hosts: [{ address: host, weight: 1 }],
      sources: [],
    });
  }
  if (options.has('-d')) return already('source ports are kept wherever they are free');
  return leftOut('this autofw line could not be read');
}

function mfw(options: Options, marks: ReadonlyMap<number, Mark>): Verdict {
  if (options.has('-F')) return already('there are no old rules to clear');
  const mark = marks.get(Number(options.one('-m')));
  const [address, insidePort] = options.all('-r');
  if (mark === undefined) return leftOut('no ipchains rule above sets this mark');
  const name = protocol(mark.protocol);
  const range = portRange(mark.port);
  if (name === null || range === null || !isAddress(address)) {
    return leftOut('the rule that sets this mark names no protocol and port that could be forwarded');
  }
  const to = insidePort === undefined || insidePort === '0' ? range.first : port(insidePort);
  if (to === null) return leftOut(`"${insidePort}" is not a port`);
  const weight = Math.min(100, Math.max(1, Number(options.one('-p') ?? 1) || 1));
  return forward({ protocol: name, ...range, insideFirst: to, hosts: [{ address, weight }], sources: [] });
}

export function ipmasqadm(words: readonly string[], marks: ReadonlyMap<number, Mark>): Verdict {
  const [module, ...rest] = words;
  const arity = {
    '-P': 1,
    '-L': 2,
    '-R': 2,
    '-p': module === 'autofw' ? 3 : 1,
    '-r': 3,
    '-h': 1,
    '-c': 2,
    '-m': 1,
  };
  const options = new Options(rest, arity);
  if (module === 'portfw') return portfw(options);
  if (module === 'autofw') return autofw(options);
  if (module === 'mfw') return mfw(options, marks);
  return leftOut('of ipmasqadm, portfw, autofw and mfw have counterparts');
}

/** `ipportfw -A -t203.0.113.9/80 -R 192.168.0.2/80` of the 2.0 days; `-u` for UDP. */
export function ipportfw(words: readonly string[]): Verdict {
  const apart = words.flatMap((word) => (/^-[tu]./.test(word) ? [word.slice(0, 2), word.slice(2)] : [word]));
  const options = new Options(apart, { '-t': 1, '-u': 1, '-R': 1 });
  if (options.has('-C', '-L')) return already('there are no old forwards to clear or list');
  if (!options.has('-A')) return leftOut('only lines that add a forward are taken over');
  const [, outsidePort] = (options.one('-t', '-u') ?? '').split('/');
  const [address, insidePort] = (options.one('-R') ?? '').split('/');
  const from = port(outsidePort);
  const to = port(insidePort);
  if (from === null || to === null || !isAddress(address))
    return leftOut('an ipportfw line needs -t or -u with address/port, and -R with address/port');
  return forward({
    protocol: options.has('-t') ? 'tcp' : 'udp',
    first: from,
    last: from,
    insideFirst: to,
    hosts: [{ address, weight: 1 }],
    sources: [],
  });
}

/** `redir --lport=80 --caddr=192.168.0.2 --cport=80`: a user-space forward of one TCP port. */
export function redir(words: readonly string[]): Verdict {
  const options = new Options(words, { '--lport': 1, '--laddr': 1, '--caddr': 1, '--cport': 1 });
  const from = port(options.one('--lport'));
  const to = port(options.one('--cport'));
  const address = options.one('--caddr');
  if (from === null || to === null || !isAddress(address))
    return leftOut('redir needs --lport, --caddr and --cport');
  return forward({
    protocol: 'tcp',
    first: from,
    last: from,
    insideFirst: to,
    hosts: [{ address, weight: 1 }],
    sources: [],
  });
}

/** `--to-destination a[-b][:port[-port]]`; a range of addresses is balanced evenly. */
export function iptablesDnat(options: Options): Verdict {
  const name = protocol(options.one('-p', '--protocol'));
  const range = portRange(options.one('--dport', '--destination-port'));
  const to = /^([\d.]+)(?:-([\d.]+))?(?::(\d+)(?:-\d+)?)?$/.exec(
    options.one('--to-destination', '--to') ?? '',
  );
  if (name === null || range === null || to === null || !isAddress(to[1])) {
    return leftOut('a DNAT line needs -p tcp|udp, --dport and --to-destination with an address');
  }
  const hosts = spread(to[1], to[2]);
  const insideFirst = to[3] === undefined ? range.first : port(to[3]);
  if (hosts === null || insideFirst === null) return leftOut('more than 16 hosts, or a port out of range');
  const source = options.one('-s', '--source');
  const net = network(source);
  if (!isEverywhere(source) && net === null) return leftOut(`"${source}" is not an address or a network`);
  const sources = isEverywhere(source) || net === null ? [] : [`${net.address}/${net.prefix}`];
  return forward({ protocol: name, ...range, insideFirst, hosts, sources });
}

function spread(first: string, last: string | undefined): Forward['hosts'] | null {
  if (last === undefined) return [{ address: first, weight: 1 }];
  if (!isAddress(last)) return null;
  const number = (address: string) => address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const count = number(last) - number(first) + 1;
  if (count < 1 || count > 16) return null;
  return Array.from({ length: count }, (_, index) => {
    const value = number(first) + index;
    return {
      address: [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.'),
      weight: 1,
    };
  });
}
