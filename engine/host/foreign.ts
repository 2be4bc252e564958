/**
 * Firewalls of others that drop forwarded packets (Docker, ufw, firewalld, hand-made): a table of ours cannot overrule a
 * drop of theirs, so one accept rule for masq0 goes to the front of their own forward chain, journalled and undone, and is
 * looked for again now and then because they flush their chains. Their own rules are not touched.
 */
import type { Journal } from './journal.ts';
import { type Log, TUN_NAME } from './network.ts';
import { findTool, run, runJson } from './run.ts';

export const RULE_COMMENT = 'masq-gate';

export interface NftObject {
  table?: { family: string; name: string };
  chain?: { family: string; table: string; name: string; hook?: string; policy?: string };
  rule?: { family: string; table: string; chain: string; comment?: string; expr?: unknown[] };
}

/** A place where forwarded packets may be dropped, and whose it is. */
export interface ForwardDrop {
  owner: string;
  family: 'ip' | 'inet';
  table: string;
  chain: string;
  /** Our accept rule stands there already. */
  open: boolean;
}

const OWNERS: [RegExp, string][] = [
  [/^DOCKER/, 'Docker'],
  [/^ufw-/, 'ufw'],
  [/^LIBVIRT/, 'libvirt'],
];

/** Reads `nft -j list ruleset`: forward chains with a drop policy, or firewalld's, which ends in a reject. */
export function findForwardDrops(ruleset: readonly NftObject[]): ForwardDrop[] {
  const drops: ForwardDrop[] = [];
  for (const { chain } of ruleset) {
    if (chain?.hook !== 'forward' || (chain.family !== 'ip' && chain.family !== 'inet')) continue;
    const rules = ruleset.flatMap(({ rule }) =>
      rule && rule.table === chain.table && rule.family === chain.family && rule.chain === chain.name
        ? [rule]
        : [],
    );
    const isFirewalld = chain.table === 'firewalld' && chain.name === 'filter_FORWARD';
    if (chain.policy !== 'drop' && !isFirewalld && !endsInRefusal(rules.at(-1)?.expr)) continue;
    const neighbours = ruleset.flatMap(({ chain: other }) =>
      other?.table === chain.table ? [other.name] : [],
    );
    drops.push({
      owner: isFirewalld ? 'firewalld' : ownerOf(neighbours, chain.table),
      family: chain.family,
      table: chain.table,
      chain: chain.name,
      open: rules.filter((rule) => rule.comment === RULE_COMMENT).length >= 2,
    });
  }
  return drops;
}

function ownerOf(chains: readonly string[], table: string): string {
  const hit = OWNERS.find(([pattern]) => chains.some((name) => pattern.test(name)));
  return hit ? hit[1] : `the firewall table “${table}”`;
}

/** A last rule that refuses everything, with nothing matched before its verdict. */
function endsInRefusal(expression: unknown[] | undefined): boolean {
  const verdicts = (expression ?? []).filter(
    (one) => typeof one === 'object' && one !== null && !('counter' in one),
  );
  const only = verdicts[0];
  return (
    verdicts.length === 1 && typeof only === 'object' && only !== null && ('drop' in only || 'reject' in only)
  );
}

/** Opens every such place for masq0. Returns the owners of those that could not be opened. */
export async function openForeignFirewalls(journal: Journal, log: Log): Promise<string[]> {
  if (findTool('nft') === null) return openLegacyFirewall(log);
  const listed = (await runJson('nft', ['-j', 'list', 'ruleset'])) as { nftables?: NftObject[] } | null;
  const failed: string[] = [];
  for (const drop of findForwardDrops(listed?.nftables ?? [])) {
    if (drop.open) continue;
    const where = `${drop.family} ${drop.table} ${drop.chain}`;
    const { family, table, chain } = drop;
    journal.will({ kind: 'firewall', family, table, chain, comment: RULE_COMMENT });
    const rules = ['iifname', 'oifname'].map(
      (side) => `insert rule ${where} ${side} "${TUN_NAME}" counter accept comment "${RULE_COMMENT}"\n`,
    );
    const opened = await run('nft', ['-f', '-'], rules.join(''));
    if (opened.code === 0)
      log('info', `${drop.owner} drops forwarded packets; ${TUN_NAME} was let through in ${where}.`);
    else failed.push(drop.owner);
  }
  return failed;
}

/** Without nft only the old iptables can be asked, and it cannot be undone by comment: say so, change nothing. */
async function openLegacyFirewall(log: Log): Promise<string[]> {
  const listed = await run('iptables', ['-S', 'FORWARD']);
  if (listed.code !== 0 || !listed.stdout.includes('-P FORWARD DROP')) return [];
  log('warning', 'The iptables FORWARD policy is DROP, and nft is not installed to let masq0 through.');
  return ['iptables'];
}
