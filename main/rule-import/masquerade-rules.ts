// ipfwadm (2.0), ipchains (2.2) and the masquerade lines of iptables: who is shared with, the timers, the policies.
import { isEverywhere, network, Options } from './options.ts';
import { already, becomes, leftOut, type Verdict } from './verdict.ts';

const HOST_FIREWALL =
  "rules for the gateway's own packets stay with the host's firewall: Masq-Gate lets nothing in by itself and touches no rule of yours";
const NEVER_FORWARDS = 'nothing is forwarded to the link unless it is shared on purpose';

/** The three idle times of `-M -S tcp fin udp` (or ipfwadm's `-M -s`); 0 leaves one alone. */
function timers(values: string[]): Verdict {
  const [tcp, fin, udp] = values.map(Number);
  if (
    values.length !== 3 ||
    ![tcp, fin, udp].every(
      (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 604_800,
    )
  ) {
    return leftOut('three idle times in seconds are needed: tcp, after-fin, udp');
  }
  const change = {
    kind: 'timers' as const,
    tcpEstablished: tcp as number,
    tcpClosing: fin as number,
    udp: udp as number,
  };
  const named = (value: number) => (value === 0 ? 'as it is' : `${value} s`);
  return becomes(
    `idle times: TCP ${named(change.tcpEstablished)}, after FIN ${named(change.tcpClosing)}, UDP ${named(change.udp)}`,
    change,
  );
}

function shareWith(source: string | undefined, destination: string | undefined): Verdict {
  if (isEverywhere(source)) {
    return leftOut(
      'sharing with every source there is would be a default policy of masquerade: name the network in the settings',
    );
  }
  if (!isEverywhere(destination))
    return leftOut('sharing by destination has no counterpart: a client may reach all or nothing');
  const net = network(source);
  if (net === null) return leftOut(`"${source}" is not an address or a network`);
  if (net.prefix === 32)
    return becomes(`share the link with the host ${net.address}`, {
      kind: 'share-host',
      address: net.address,
    });
  return becomes(`share the link with the network ${net.address}/${net.prefix}`, {
    kind: 'share-network',
    ...net,
  });
}

export function ipfwadm(words: readonly string[]): Verdict {
  const options = new Options(words, {
    '-S': 2,
    '-D': 2,
    '-p': 1,
    '-a': 1,
    '-i': 1,
    '-s': 3,
    '-P': 1,
    '-W': 1,
    '-V': 1,
    '-d': 1,
  });
  if (options.has('-M')) {
    if (options.has('-s')) return timers(options.all('-s'));
    return already('the live table is shown in the window and by `masq-gate masq`');
  }
  if (options.has('-I', '-O', '-A')) return leftOut(HOST_FIREWALL);
  if (!options.has('-F')) return leftOut('not a rule this program knows');
  if (options.has('-f', '-l')) return already('there are no old rules to clear or list');
  if (options.has('-p') && !options.has('-a', '-i')) {
    const policy = options.one('-p') ?? '';
    if (/^m/.test(policy))
      return leftOut('a default policy of masquerade is never taken over: name the network to share with');
    return policy.startsWith('a')
      ? leftOut(`a forward policy of accept has no counterpart: ${NEVER_FORWARDS}`)
      : already(NEVER_FORWARDS);
  }
  const policy = options.one('-a') ?? options.one('-i') ?? '';
  const masquerades = options.has('-m') || /^m/.test(policy);
  if (masquerades) return shareWith(options.all('-S')[0], options.all('-D')[0]);
  const refuses = /^(d|r)/.test(policy);
  if (refuses && isEverywhere(options.all('-S')[0]) && isEverywhere(options.all('-D')[0]))
    return already(NEVER_FORWARDS);
  return refuses
    ? leftOut('refusals by rule: choose hosts in the settings, or pause a client instead')
    : leftOut(HOST_FIREWALL);
}

export function ipchains(words: readonly string[], marks: Map<number, Mark>): Verdict {
  const options = new Options(words, {
    '-A': 1,
    '-I': 1,
    '-P': 2,
    '-F': 1,
    '-X': 1,
    '-N': 1,
    '-Z': 1,
    '-L': 1,
    '-D': 1,
    '-R': 2,
    '-s': 2,
    '-d': 2,
    '-p': 1,
    '-i': 1,
    '-j': 2,
    '-S': 3,
    '-m': 1,
    '--source': 2,
    '--destination': 2,
    '--proto': 1,
    '--dport': 1,
    '--destination-port': 1,
    '--mark': 1,
    '-t': 2,
    '--sport': 1,
    '--policy': 2,
    '--jump': 1,
  });
  if (options.has('-M')) {
    if (options.has('-S')) return timers(options.all('-S'));
    return already('the live table is shown in the window and by `masq-gate masq`');
  }
  if (options.has('-F', '-X', '-Z', '-L', '-N', '--flush'))
    return already('there are no old chains to clear, make or list');
  if (options.has('-P', '--policy')) {
    const [chain, policy] = options.all('-P', '--policy');
    if (chain !== 'forward') return leftOut(HOST_FIREWALL);
    if (policy === 'MASQ')
      return leftOut('a default policy of masquerade is never taken over: name the network to share with');
    return policy === 'ACCEPT'
      ? leftOut(`a forward policy of accept has no counterpart: ${NEVER_FORWARDS}`)
      : already(NEVER_FORWARDS);
  }
  const chain = options.one('-A', '-I');
  const target = options.one('-j', '--jump');
  const mark = Number(options.one('-m', '--mark'));
  if (Number.isInteger(mark) && mark > 0) {
    const [, destinationPort] = options.all('-d', '--destination');
    marks.set(mark, {
      protocol: options.one('-p', '--proto'),
      port: destinationPort ?? options.one('--dport', '--destination-port'),
    });
    return already(`mark ${mark} is remembered for the mfw lines that use it`);
  }
  if (target === 'MASQ') {
    return chain === 'forward'
      ? shareWith(options.all('-s', '--source')[0], options.all('-d', '--destination')[0])
      : leftOut('MASQ means something in the forward chain only');
  }
  if (chain !== 'forward') return leftOut(HOST_FIREWALL);
  return target === 'DENY' || target === 'REJECT' ? already(NEVER_FORWARDS) : leftOut(HOST_FIREWALL);
}

/** What an ipchains rule marked, until a `mfw` line says where it goes. */
export interface Mark {
  protocol: string | undefined;
  port: string | undefined;
}

/** `iptables -t nat -A POSTROUTING … -j MASQUERADE` and what usually stands around it. */
export function iptablesMasquerade(options: Options): Verdict {
  const source = options.one('-s', '--source', '--src');
  if (source === undefined) {
    return leftOut(
      'this shares with every source that is routed here: choose the network card to share to in the settings',
    );
  }
  return shareWith(source, options.one('-d', '--destination', '--dst'));
}

export const otherIptables = (options: Options): Verdict => {
  if (options.has('-F', '-X', '-Z', '-L', '-N', '--flush'))
    return already('there are no old chains to clear, make or list');
  const [chain, policy] = options.all('-P', '--policy');
  if (chain === 'FORWARD' && (policy === 'DROP' || policy === 'REJECT')) return already(NEVER_FORWARDS);
  if (options.one('-A', '-I') === 'FORWARD' && options.one('-j') === 'ACCEPT') {
    return already('what belongs to a session is let through, and forwards open themselves');
  }
  return leftOut(HOST_FIREWALL);
};
