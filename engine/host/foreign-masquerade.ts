/**
 * A masquerade of somebody else's that catches what the LAN sends into masq0: the kernel then hides all LAN hosts behind
 * one address before we see them. It is only told of, never changed. Pure: reads `nft -j list ruleset`.
 *
 * One packet of the LAN's is led through the postrouting chains. What a match means that is not known here (marks,
 * connection state) counts as no match: rather a rule overlooked than a warning for nothing.
 */
import type { Fault, Lan } from '../contract.ts';
import { overlaps } from './clash.ts';
import { fault } from './faults.ts';
import { type NftObject, ownerOf } from './foreign.ts';
import { FAR_ADDRESS, TUN_NAME } from './network.ts';

const MAX_DEPTH = 16;

export interface ForeignMasquerade {
  owner: string;
  /** Family, table and chain, as nft names them. */
  where: string;
}

type Chain = { family: string; table: string; name: string };
type Way = ForeignMasquerade | 'accepted' | 'returned';
type Expression = Record<string, unknown>;

export function findForeignMasquerades(ruleset: readonly NftObject[], lan: Lan): ForeignMasquerade[] {
  const found: ForeignMasquerade[] = [];
  for (const { chain } of ruleset) {
    if (chain?.hook !== 'postrouting' || (chain.family !== 'ip' && chain.family !== 'inet')) continue;
    const way = walk(ruleset, chain, lan, 0);
    if (typeof way === 'object') found.push(way);
  }
  return found;
}

function walk(ruleset: readonly NftObject[], chain: Chain, lan: Lan, depth: number): Way {
  const { family, table, name } = chain;
  const isHere = (one: { family: string; table: string } | undefined) =>
    one?.family === family && one.table === table;
  for (const { rule } of ruleset) {
    if (rule?.chain !== name || !isHere(rule)) continue;
    const verdict = verdictOf((rule.expr ?? []) as Expression[], lan);
    if (verdict === null) continue;
    if (verdict === 'translate') {
      const neighbours = ruleset.flatMap(({ chain: other }) => (other && isHere(other) ? [other.name] : []));
      return { owner: ownerOf(neighbours, table), where: `${family} ${table} ${name}` };
    }
    if (verdict === 'accepted' || verdict === 'returned') return verdict;
    if (depth >= MAX_DEPTH) return 'returned';
    const inside = walk(ruleset, { family, table, name: verdict.chain }, lan, depth + 1);
    if (inside !== 'returned' || !verdict.comesBack) return inside;
  }
  return 'returned';
}

type Verdict = 'translate' | 'accepted' | 'returned' | { chain: string; comesBack: boolean };

/** What the rule does with our packet; null when it is not for it, or only counts. */
function verdictOf(expressions: readonly Expression[], lan: Lan): Verdict | null {
  for (const one of expressions) {
    if ('match' in one) {
      if (!matches(one.match as Match, lan)) return null;
    } else if ('masquerade' in one || 'snat' in one) return 'translate';
    else if ('xt' in one) {
      const { type, name } = one.xt as { type?: string; name?: string };
      if (type === 'match') return null;
      if (name === 'MASQUERADE' || name === 'SNAT') return 'translate';
    } else if ('accept' in one || 'drop' in one) return 'accepted';
    else if ('return' in one) return 'returned';
    else if ('jump' in one) return { chain: (one.jump as { target: string }).target, comesBack: true };
    else if ('goto' in one) return { chain: (one.goto as { target: string }).target, comesBack: false };
  }
  return null;
}

interface Match {
  op?: string;
  left?: { meta?: { key?: string }; payload?: { protocol?: string; field?: string } };
  right?: unknown;
}

function matches({ op, left, right }: Match, lan: Lan): boolean {
  const key = left?.meta?.key ?? '';
  const { protocol, field } = left?.payload ?? {};
  let hit: boolean;
  if (key === 'oifname' || key === 'oif') hit = anyOf(right, (name) => isName(name, TUN_NAME));
  else if (key === 'iifname' || key === 'iif') hit = anyOf(right, (name) => isName(name, lan.interface));
  else if (key === 'nfproto') hit = anyOf(right, (name) => name === 'ipv4');
  // TCP or UDP alone is bad enough.
  else if (key === 'l4proto' || (protocol === 'ip' && field === 'protocol')) hit = op !== '!=';
  else if (protocol === 'ip' && field === 'saddr')
    hit = anyOf(right, (net) => isNet(net, lan.address, lan.prefix));
  else if (protocol === 'ip' && field === 'daddr') hit = anyOf(right, (net) => isNet(net, FAR_ADDRESS, 32));
  else return false;
  if (op === '!=' && key !== 'l4proto' && field !== 'protocol') return !hit;
  return hit;
}

function anyOf(right: unknown, test: (one: unknown) => boolean): boolean {
  const set = typeof right === 'object' && right !== null && 'set' in right ? right.set : null;
  return Array.isArray(set) ? set.some(test) : test(right);
}

function isName(pattern: unknown, name: string): boolean {
  if (typeof pattern !== 'string') return false;
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** Does the rule's network touch this one? Ranges and named sets are not read. */
function isNet(value: unknown, address: string, prefix: number): boolean {
  const net =
    typeof value === 'object' && value !== null && 'prefix' in value
      ? (value.prefix as { addr?: unknown; len?: unknown })
      : { addr: value, len: 32 };
  if (typeof net.addr !== 'string' || typeof net.len !== 'number') return false;
  return /^\d+\.\d+\.\d+\.\d+$/.test(net.addr) && overlaps(net.addr, net.len, address, prefix);
}

export function foreignMasquerade(found: readonly ForeignMasquerade[]): Fault {
  const owners = [...new Set(found.map((one) => one.owner))].join(', ');
  const places = found.map((one) => `“${one.where}”`).join(' and ');
  return fault(
    'foreign-masquerade',
    `Another masquerade on this computer (${owners}) hides the LAN’s computers, so Masq-Gate takes them all for one.`,
    `A rule in ${places} rewrites what the LAN sends before it comes to Masq-Gate. The LAN works, but is not listed or shared fairly by computer.`,
    `If that rule was made to share a line, take it away: Masq-Gate does its work. Else leave masq0 out of it (nft: oifname != "masq0"; iptables: ! -o masq0).`,
  );
}
