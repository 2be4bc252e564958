/**
 * Firewalls of others that drop forwarded packets (Docker, ufw, firewalld, hand-made): a table of ours cannot overrule a
 * drop of theirs, so one accept rule for masq0 goes to the front of their own forward chain, if the person agreed, journalled and
 * undone, and is looked for again now and then because they flush their chains. Their own rules are not touched.
 */
import type { Fault } from '../contract.ts';
import { fault } from './faults.ts';
import type { Journal } from './journal.ts';
import { type Log, TUN_NAME } from './network.ts';
import { findTool, run, runJson } from './run.ts';
import { undo } from './undo-step.ts';

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
      owner: ownerOf(neighbours, chain.table),
      family: chain.family,
      table: chain.table,
      chain: chain.name,
      open: rules.filter((rule) => rule.comment === RULE_COMMENT).length >= 2,
    });
  }
  return drops;
}

/** Whose table it is, by the names of its chains. */
export function ownerOf(chains: readonly string[], table: string): string {
  if (table === 'firewalld') return 'firewalld';
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

/** What stands closed: places our rule could not be put into, and places that wait for the person's consent. */
export interface Closed {
  refused: string[];
  waiting: string[];
}

/** Opens every such place for masq0 if it may, else closes those that we opened before. */
export async function openForeignFirewalls(journal: Journal, mayOpen: boolean, log: Log): Promise<Closed> {
  const closed: Closed = { refused: [], waiting: [] };
  if (findTool('nft') === null) {
    if (await legacyDrops()) closed.refused.push('iptables');
    return closed;
  }
  for (const drop of findForwardDrops(await readRuleset())) {
    if (drop.open && mayOpen) continue;
    const { family, table, chain } = drop;
    const where = `${family} ${table} ${chain}`;
    const step = { kind: 'firewall', family, table, chain, comment: RULE_COMMENT } as const;
    if (!mayOpen) {
      if (drop.open) await undo(step); // the consent was taken back
      closed.waiting.push(drop.owner);
      continue;
    }
    journal.will(step);
    const rules = ['iifname', 'oifname'].map(
      (side) => `insert rule ${where} ${side} "${TUN_NAME}" counter accept comment "${RULE_COMMENT}"\n`,
    );
    const opened = await run('nft', ['-f', '-'], rules.join(''));
    if (opened.code !== 0) closed.refused.push(drop.owner);
    else {
      const what = `${drop.owner} drops forwarded packets; ${TUN_NAME} was let through in ${where}`;
      log('info', `${what}, which is taken back when sharing ends.`);
    }
  }
  return closed;
}

export async function readRuleset(): Promise<NftObject[]> {
  const listed = (await runJson('nft', ['-j', 'list', 'ruleset'])) as { nftables?: NftObject[] } | null;
  return listed?.nftables ?? [];
}

/** Without nft only the old iptables can be asked, and it cannot be undone by comment: nothing is changed there. */
async function legacyDrops(): Promise<boolean> {
  const listed = await run('iptables', ['-S', 'FORWARD']);
  return listed.code === 0 && listed.stdout.includes('-P FORWARD DROP');
}

/** The firewall drops the LAN's packets and would be opened if the person agreed. */
export function firewallAsks(owners: readonly string[]): Fault {
  return fault(
    'foreign-firewall-closed',
    `The firewall of this computer (${owners.join(', ')}) lets nothing through from the LAN to the line.`,
    'It drops whatever it has no rule for. One rule of its own for Masq-Gate’s network card masq0 would let the LAN through.',
    'Let Masq-Gate add that rule (Settings, “The firewall of this computer”); it is taken away again when sharing ends.',
  );
}

/** The firewall drops the LAN's packets and our rule could not be put into it. */
export function firewallClosed(owners: readonly string[]): Fault {
  return fault(
    'foreign-firewall',
    `The firewall of this computer (${owners.join(', ')}) drops what the LAN sends, and could not be opened for it.`,
    findTool('nft') === null
      ? 'Its forward policy is “drop”, and the program “nft”, with which Masq-Gate would let masq0 through, is not installed.'
      : 'It drops whatever it has no rule for, and refused the one rule that lets masq0 through.',
    findTool('nft') === null
      ? 'Install it (“sudo apt install nftables”), or run “sudo iptables -I FORWARD -i masq0 -j ACCEPT” and the same with “-o masq0”.'
      : 'Allow forwarding from and to the network card masq0 in that firewall’s own settings.',
  );
}
