/**
 * Old rule files (rc.firewall of the 2.0, 2.2 and 2.4 days) read line by line into what they mean here.
 * Nothing is run and nothing is changed: the result is shown first, then applied by consent.
 */
import type { ImportedRow, Settings } from '../contract.ts';
import { ipmasqadm, iptablesDnat, redir } from './forwarding-rules.ts';
import { echo, moduleLoad } from './kernel-switches.ts';
import { ipchains, ipfwadm, iptablesMasquerade, type Mark, otherIptables } from './masquerade-rules.ts';
import { Options } from './options.ts';
import { readScript, type ScriptLine } from './shell.ts';
import { type Change, type ImportedTrigger, leftOut, type Verdict } from './verdict.ts';

export interface ImportedLine {
  number: number;
  text: string;
  verdict: Verdict;
}

/** Words of the shell itself and programs that only set the scene; not worth a row of their own. */
const scenery = new Set([
  'echo',
  'exit',
  'sleep',
  'set',
  'true',
  ':',
  'PATH',
  'depmod',
  'sync',
  'printf',
  'then',
  'else',
  'fi',
  'done',
  'esac',
  ';;',
]);
const control = new Set(['if', 'elif', 'for', 'while', 'case', 'do', 'function']);

function judge(line: ScriptLine, marks: Map<number, Mark>): Verdict | null {
  const [first = '', ...rest] = line.words;
  const program = first.replace(/^.*\//, '');
  if (program === 'echo') return echo(rest);
  if (scenery.has(program)) return null;
  if (control.has(program))
    return leftOut('conditions and loops are not followed: look at the lines inside one by one');
  const known = ['ipfwadm', 'ipchains', 'ipmasqadm', 'iptables', 'modprobe', 'insmod', 'redir'].includes(
    program,
  );
  if (!known) return null;
  if (line.unknown !== null)
    return leftOut(`the value of ${line.unknown} is not in the file: write it out and import again`);
  if (program === 'ipfwadm') return ipfwadm(rest);
  if (program === 'ipchains') return ipchains(rest, marks);
  if (program === 'ipmasqadm') return ipmasqadm(rest, marks);
  if (program === 'redir') return redir(rest);
  if (program === 'iptables') return iptables(rest);
  return moduleLoad(rest);
}

function iptables(words: readonly string[]): Verdict {
  const one = ['-t', '-A', '-I', '-i', '-o', '-s', '-d', '-p', '-j', '-m', '-F', '-X', '-N'];
  const long = [
    '--source',
    '--src',
    '--destination',
    '--dst',
    '--protocol',
    '--dport',
    '--destination-port',
    '--sport',
    '--to',
    '--to-destination',
    '--to-source',
    '--state',
    '--ctstate',
    '--policy',
  ];
  const arity = Object.fromEntries([...one, ...long].map((flag) => [flag, 1]));
  const options = new Options(words, { ...arity, '-P': 2 });
  const target = options.one('-j', '--jump');
  if (options.one('-t') === 'nat') {
    if (target === 'MASQUERADE' || target === 'SNAT') {
      const verdict = iptablesMasquerade(options);
      return target === 'SNAT' && verdict.outcome === 'becomes'
        ? { ...verdict, words: `${verdict.words}, always behind the address the call brings` }
        : verdict;
    }
    if (target === 'DNAT') return iptablesDnat(options);
    if (target === 'REDIRECT') return leftOut('a transparent proxy on the gateway has no counterpart');
  }
  return otherIptables(options);
}

/** Reads a whole file. Every line that means something gets a row; never throws. */
export function importRules(source: string): ImportedLine[] {
  const marks = new Map<number, Mark>();
  const rows: ImportedLine[] = [];
  for (const line of readScript(source)) {
    const verdict = judge(line, marks);
    if (verdict !== null) rows.push({ number: line.number, text: line.text, verdict });
  }
  return rows;
}

function freeId(
  forwards: Settings['forwards'],
  { protocol, first, last }: { protocol: string; first: number; last: number },
): string {
  const id = `import-${protocol}-${first}${last === first ? '' : `-${last}`}`;
  for (let number = 1; ; number++) {
    const wanted = number === 1 ? id : `${id}-n${number}`;
    if (!forwards.some((other) => other.id === wanted)) return wanted;
  }
}

/** Two rules for the same outside ports are one forward balanced over both hosts, as portfw did. */
function mergeForwards(settings: Settings, changes: Change[]): Settings['forwards'] {
  const forwards = settings.forwards.map((forward) => ({ ...forward, hosts: [...forward.hosts] }));
  for (const change of changes) {
    if (change.kind !== 'forward') continue;
    const { forward } = change;
    const same = forwards.find(
      (other) =>
        other.protocol === forward.protocol &&
        other.first === forward.first &&
        other.last === forward.last &&
        other.insideFirst === forward.insideFirst &&
        other.sources.join() === forward.sources.join(),
    );
    if (same === undefined) {
      forwards.push({ ...forward, id: freeId(forwards, forward), on: true, hosts: [...forward.hosts] });
      continue;
    }
    for (const host of forward.hosts) {
      if (!same.hosts.some((other) => other.address === host.address) && same.hosts.length < 16)
        same.hosts.push(host);
    }
  }
  return forwards;
}

/** The settings after consent, and the triggers (kept apart until the settings hold them). */
export function applyImport(
  settings: Settings,
  rows: readonly ImportedLine[],
): { patch: Partial<Settings>; triggers: ImportedTrigger[] } {
  const changes = rows.flatMap((row) => (row.verdict.outcome === 'becomes' ? [row.verdict.change] : []));
  const patch: Partial<Settings> = {};
  const masquerade = { ...settings.masquerade, timers: { ...settings.masquerade.timers } };
  const chosen = new Set(settings.access.mode === 'chosen' ? settings.access.chosen : []);
  const helpers = { ...settings.helpers };
  let everybody = false;
  for (const change of changes) {
    if (change.kind === 'timers') {
      if (change.tcpEstablished > 0) masquerade.timers.tcpEstablished = change.tcpEstablished;
      if (change.tcpClosing > 0) masquerade.timers.tcpClosing = change.tcpClosing;
      if (change.udp > 0) masquerade.timers.udp = change.udp;
    }
    if (change.kind === 'loose-udp') masquerade.udpFiltering = 'endpoint-independent';
    if (change.kind === 'share-network') everybody = true;
    if (change.kind === 'share-host') chosen.add(change.address);
    if (change.kind === 'helper') {
      const ports = [
        ...new Set([
          ...(helpers[change.name]?.on ? (helpers[change.name]?.ports ?? []) : []),
          ...change.ports,
        ]),
      ].slice(0, 12);
      helpers[change.name] = { on: true, ports };
    }
  }
  if (changes.some((change) => change.kind === 'timers' || change.kind === 'loose-udp'))
    patch.masquerade = masquerade;
  if (everybody) patch.access = { ...settings.access, mode: 'everybody' };
  else if (chosen.size > 0) patch.access = { ...settings.access, mode: 'chosen', chosen: [...chosen] };
  if (changes.some((change) => change.kind === 'helper')) patch.helpers = helpers;
  if (changes.some((change) => change.kind === 'forward')) patch.forwards = mergeForwards(settings, changes);
  return {
    patch,
    triggers: changes.flatMap((change) => (change.kind === 'trigger' ? [change.trigger] : [])),
  };
}

/** The whole file as rows for a person and the patch that consent applies. Empty when no line becomes anything. */
export function readRules(
  source: string,
  settings: Settings,
): { rows: ImportedRow[]; patch: Partial<Settings> } {
  const lines = importRules(source);
  return {
    rows: lines.map(({ number, text, verdict }) => ({
      number,
      text,
      outcome: verdict.outcome,
      words: `${verdict.words}${cardStillToChoose(verdict, settings)}`,
    })),
    patch: applyImport(settings, lines).patch,
  };
}

/** A rule file names a network; here a network is shared by choosing its card, which no rule file tells. */
function cardStillToChoose(verdict: Verdict, { lan }: Settings): string {
  if (verdict.outcome !== 'becomes' || verdict.change.kind !== 'share-network') return '';
  if (lan === null) return ': choose its network card in the settings';
  const { address, prefix } = verdict.change;
  const number = (dotted: string) => dotted.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const network = (dotted: string) => Math.floor(number(dotted) / 2 ** (32 - Math.min(prefix, lan.prefix)));
  return network(address) === network(lan.address)
    ? ''
    : `; the settings share ${lan.interface} with ${lan.address}/${lan.prefix} now, so change that if it is not meant`;
}
