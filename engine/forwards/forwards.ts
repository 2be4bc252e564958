// Port forwards: which inside host an outside port of the link leads to. A rule is a port or a range, tcp, udp or both, with or
// without another port inside, for all remotes or some, to one host or to several in turn by weight. A remote keeps its host
// (affinity); a host that leaves SYNs unanswered rests while others can take over. Rules belong to the link, not to its address.
import type { Forward } from '../contract.ts';
import { Networks, parseAddress } from '../packet/address.ts';
import { TCP, UDP } from '../packet/ipv4.ts';

export const AFFINITY_MS = 600_000;
export const REST_MS = 30_000;
const REMEMBERED_REMOTES = 1024;

interface Host {
  address: number;
  weight: number;
  /** Smooth weighted round robin: grows by weight, the highest is taken and pays the sum. */
  credit: number;
  restsUntil: number;
}

interface Rule {
  id: string;
  protocol: Forward['protocol'];
  first: number;
  last: number;
  shift: number;
  hosts: Host[];
  sources: Networks;
  affinity: Map<number, { host: Host; until: number }>;
}

const PORTS = 65_536;

export class Forwards {
  #rules: Rule[] = [];
  readonly #tcp = new Uint16Array(PORTS);
  readonly #udp = new Uint16Array(PORTS);
  /** Outside port by inside endpoint, for rules with one host: what such a server sends first leaves by its own port. */
  readonly #outside = new Map<string, number>();

  /** Takes the rules that are on; where two claim a port the first has it. Affinity of an unchanged rule is kept. */
  configure(forwards: readonly Forward[]): void {
    const before = new Map(this.#rules.map((rule) => [rule.id, rule]));
    this.#tcp.fill(0);
    this.#udp.fill(0);
    this.#outside.clear();
    this.#rules = forwards
      .filter((forward) => forward.on && forward.last >= forward.first)
      .map((forward) => ({
        id: forward.id,
        protocol: forward.protocol,
        first: forward.first,
        last: Math.min(forward.last, 65_535 - Math.max(0, forward.insideFirst - forward.first)),
        shift: forward.insideFirst - forward.first,
        hosts: forward.hosts.map((host) => ({
          address: parseAddress(host.address),
          weight: host.weight,
          credit: 0,
          restsUntil: 0,
        })),
        sources: new Networks(forward.sources),
        affinity: new Map(),
      }));
    this.#rules.forEach((rule, index) => {
      const old = before.get(rule.id);
      if (old) keepAffinity(old, rule);
      for (let port = rule.first; port <= rule.last; port++) {
        if (rule.protocol !== 'udp') this.#claim(this.#tcp, TCP, port, rule, index);
        if (rule.protocol !== 'tcp') this.#claim(this.#udp, UDP, port, rule, index);
      }
    });
  }

  #claim(ports: Uint16Array, protocol: number, port: number, rule: Rule, index: number): void {
    if (ports[port] !== 0) return;
    ports[port] = index + 1;
    const only = rule.hosts.length === 1 ? rule.hosts[0] : undefined;
    const key = only ? endpointKey(protocol, only.address, port + rule.shift) : '';
    if (only && !this.#outside.has(key)) this.#outside.set(key, port);
  }

  /** Number of the rule that owns an outside port, or -1. */
  ruleFor(protocol: number, port: number): number {
    if (protocol === TCP) return (this.#tcp[port] as number) - 1;
    return protocol === UDP ? (this.#udp[port] as number) - 1 : -1;
  }
  /** Whether a port is not for the pool to give away. */
  reserves(protocol: number, port: number): boolean {
    return this.ruleFor(protocol, port) >= 0;
  }
  idOf(rule: number): string {
    return this.#rules[rule]?.id ?? '';
  }
  permits(rule: number, remote: number): boolean {
    const sources = this.#rules[rule]?.sources;
    return sources !== undefined && (sources.size === 0 || sources.contains(remote));
  }
  insidePort(rule: number, port: number): number {
    return port + (this.#rules[rule]?.shift ?? 0);
  }
  isBalanced(rule: number): boolean {
    return (this.#rules[rule]?.hosts.length ?? 0) > 1;
  }
  /** Whether the rule still leads this outside port to that inside endpoint. */
  leadsTo(protocol: number, port: number, inside: number, insidePort: number): boolean {
    const rule = this.#rules[this.ruleFor(protocol, port)];
    return (
      rule !== undefined &&
      port + rule.shift === insidePort &&
      rule.hosts.some((host) => host.address === inside)
    );
  }
  /** The outside port a single forwarded server endpoint owns, or 0. */
  outsidePort(protocol: number, inside: number, insidePort: number): number {
    if (this.#outside.size === 0) return 0;
    return this.#outside.get(endpointKey(protocol, inside, insidePort)) ?? 0;
  }

  /** The inside address for a remote: the one it had, else the next by weight among those not resting. */
  chooseHost(rule: number, remote: number, now: number): number {
    const chosen = this.#rules[rule];
    if (chosen === undefined) return 0;
    const only = chosen.hosts.length === 1 ? chosen.hosts[0] : undefined;
    if (only) return only.address;
    const known = chosen.affinity.get(remote);
    const awake = chosen.hosts.filter((host) => host.restsUntil <= now);
    // Where all rest, the one it had is as good as any.
    if (known && known.until > now && (known.host.restsUntil <= now || awake.length === 0)) {
      known.until = now + AFFINITY_MS;
      return known.host.address;
    }
    const able = awake.length > 0 ? awake : chosen.hosts;
    let best = able[0] as Host;
    let sum = 0;
    for (const host of able) {
      host.credit += host.weight;
      sum += host.weight;
      if (host.credit > best.credit) best = host;
    }
    best.credit -= sum;
    chosen.affinity.delete(remote);
    if (chosen.affinity.size >= REMEMBERED_REMOTES)
      for (const oldest of chosen.affinity.keys()) {
        chosen.affinity.delete(oldest);
        break;
      }
    chosen.affinity.set(remote, { host: best, until: now + AFFINITY_MS });
    return best.address;
  }

  /** The hosts of TCP rules with several, and the first inside port of each. */
  balanced(): { rule: string; address: number; port: number }[] {
    return this.#rules
      .filter((rule) => rule.hosts.length > 1 && rule.protocol !== 'udp')
      .flatMap((rule) =>
        rule.hosts.map(({ address }) => ({ rule: rule.id, address, port: rule.first + rule.shift })),
      );
  }
  /** A host of a rule is not to be chosen for a while, or may be again. */
  rest(id: string, address: number, now: number): void {
    for (const host of this.#hosts(id, address)) host.restsUntil = now + REST_MS;
  }
  wake(id: string, address: number): void {
    for (const host of this.#hosts(id, address)) host.restsUntil = 0;
  }
  #hosts(id: string, address: number): Host[] {
    const rule = this.#rules.find((candidate) => candidate.id === id);
    return rule?.hosts.filter((host) => host.address === address) ?? [];
  }

  /** A host let a SYN lie; it rests if another can take over. True when one can. */
  hostSilent(rule: number, address: number, now: number): boolean {
    const chosen = this.#rules[rule];
    if (chosen === undefined) return false;
    for (const host of chosen.hosts) if (host.address === address) host.restsUntil = now + REST_MS;
    return chosen.hosts.some((host) => host.restsUntil <= now);
  }
}

function endpointKey(protocol: number, address: number, port: number): string {
  return `${protocol} ${address} ${port}`;
}

function keepAffinity(old: Rule, rule: Rule): void {
  for (const [remote, { host, until }] of old.affinity) {
    const same = rule.hosts.find((candidate) => candidate.address === host.address);
    if (same) rule.affinity.set(remote, { host: same, until });
  }
}
