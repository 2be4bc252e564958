/**
 * Old rule files (rc.firewall of the 2.0, 2.2 and 2.4 days) read line by line into what they mean here.
 * Nothing is run and nothing is changed: the result is shown first, then applied by consent.
 */
import {
  type Forward,
  freeId,
  type ImportedRow,
  rangeId,
  rivalOf,
  type Settings,
  TRIGGER_RANGES,
  TRIGGER_SECONDS,
  type Trigger,
} from '../contract.ts';
import { ipmasqadm, ipportfw, iptablesDnat, redir } from './forwarding-rules.ts';
import { echo, moduleLoad } from './kernel-switches.ts';
import { ipchains, ipfwadm, iptablesMasquerade, type Mark, otherIptables } from './masquerade-rules.ts';
import { Options } from './options.ts';
import { readScript, type ScriptLine } from './shell.ts';
import { type Change, leftOut, type Verdict } from './verdict.ts';

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
const programs = new Set([
  'ipfwadm',
  'ipchains',
  'ipmasqadm',
  'ipautofw',
  'ipportfw',
  'iptables',
  'modprobe',
  'insmod',
  'redir',
]);
/** What follows one of these is, in what comes in, the link's own address. */
const ownAddressFlags = new Set(['-L', '-D', '-V', '-d', '--destination', '--dst', '-t', '-u']);
const control = new Set(['if', 'elif', 'for', 'while', 'case', 'do', 'function']);

function judge(line: ScriptLine, marks: Map<number, Mark>): Verdict | null {
  const [first = '', ...rest] = line.words;
  const program = first.replace(/^.*\//, '');
  if (program === 'echo') return echo(rest);
  if (scenery.has(program)) return null;
  if (control.has(program))
    return leftOut('conditions and loops are not followed: look at the lines inside one by one');
  if (!programs.has(program)) return null;
  const words = line.unknown === null ? rest : withoutOwnAddress(rest);
  const open = words.find(isOpen);
  if (open !== undefined) {
    const name = /\$\w+/.exec(open)?.[0] ?? line.unknown;
    return leftOut(`the value of ${name} is not in the file: write it out and import again`);
  }
  if (program === 'ipfwadm') return ipfwadm(words);
  if (program === 'ipchains') return ipchains(words, marks);
  if (program === 'ipmasqadm') return ipmasqadm(words, marks);
  if (program === 'ipautofw') return ipmasqadm(['autofw', ...words], marks);
  if (program === 'ipportfw') return ipportfw(words);
  if (program === 'redir') return redir(words);
  if (program === 'iptables') return iptables(words);
  return moduleLoad(words);
}

/** A word that the script alone does not tell: a variable, or the output of a command. */
const isOpen = (word: string): boolean => /\$[\w{(]|`/.test(word);

/**
 * Scripts of dial-up days ask `ifconfig` for the address of the moment and name it as that of what comes in. Here rules belong
 * to the link whatever its address, so that where it stands for the link's own its value need not be known.
 */
function withoutOwnAddress(words: readonly string[]): string[] {
  return words.map((word, at) => {
    if (ownAddressFlags.has(words[at - 1] ?? '') && isOpen(word)) return word.replace(/^[^/]+/, '0.0.0.0');
    return word.replace(/^(-[tu])[$`][^/]+/, '$10.0.0.0');
  });
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

type Wanted = Extract<Change, { kind: 'forward' }>['forward'];

const leadsAlike = (one: Wanted, other: Wanted): boolean =>
  rangeId(one) === rangeId(other) && one.insideFirst === other.insideFirst;
const addresses = ({ hosts }: Wanted): string => hosts.map(({ address }) => address).join();

/**
 * Two rules for the same outside ports are one forward balanced over both hosts, as portfw did; two that differ in their
 * sources alone are one for both sources. A rule whose ports another has already stays, switched off.
 */
function mergeForwards(settings: Settings, changes: Change[]): Settings['forwards'] {
  const forwards = structuredClone(settings.forwards);
  for (const change of changes) {
    if (change.kind !== 'forward') continue;
    const wanted = structuredClone(change.forward);
    const alike = forwards.filter((other) => leadsAlike(other, wanted));
    const sameSources = alike.find((other) => other.sources.join() === wanted.sources.join());
    const sameHosts = alike.find(
      (other) =>
        addresses(other) === addresses(wanted) && other.sources.length > 0 && wanted.sources.length > 0,
    );
    if (sameSources !== undefined) {
      const known = new Set(sameSources.hosts.map(({ address }) => address));
      sameSources.hosts.push(...wanted.hosts.filter(({ address }) => !known.has(address)));
      sameSources.hosts.splice(16);
    } else if (sameHosts !== undefined)
      sameHosts.sources = [...new Set([...sameHosts.sources, ...wanted.sources])].slice(0, 64);
    else {
      const made = { ...wanted, id: freeId(`import-${rangeId(wanted)}`, forwards), on: true };
      forwards.push({ ...made, on: rivalOf(made, forwards) === undefined });
    }
  }
  return forwards;
}

/** Lines with the same control port are one trigger that opens all their ranges. */
function mergeTriggers(settings: Settings, changes: Change[]): Trigger[] {
  const triggers = settings.triggers.map((trigger) => ({ ...trigger, opens: [...trigger.opens] }));
  for (const change of changes) {
    if (change.kind !== 'trigger') continue;
    const { control, opens } = change;
    const same = triggers.find(
      (other) =>
        rangeId(other) === rangeId(control) &&
        (other.opens.length < TRIGGER_RANGES ||
          other.opens.some((range) => rangeId(range) === rangeId(opens))),
    );
    if (same === undefined)
      triggers.push({
        ...control,
        id: freeId(`import-${rangeId(control)}`, triggers),
        on: true,
        opens: [opens],
        seconds: TRIGGER_SECONDS,
        secure: false,
      });
    else if (!same.opens.some((range) => rangeId(range) === rangeId(opens))) same.opens.push(opens);
  }
  return triggers;
}

/** What `saveSettings` takes on consent; empty when no line becomes anything. */
export function applyImport(settings: Settings, rows: readonly ImportedLine[]): Partial<Settings> {
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
    if (change.kind === 'helpers') {
      for (const { name, ports } of change.helpers) {
        const before = helpers[name]?.on ? helpers[name].ports : [];
        helpers[name] = { on: true, ports: [...new Set([...before, ...ports])].slice(0, 12) };
      }
    }
  }
  if (changes.some((change) => change.kind === 'timers' || change.kind === 'loose-udp'))
    patch.masquerade = masquerade;
  if (everybody) patch.access = { ...settings.access, mode: 'everybody' };
  else if (chosen.size > 0) patch.access = { ...settings.access, mode: 'chosen', chosen: [...chosen] };
  if (changes.some((change) => change.kind === 'helpers')) patch.helpers = helpers;
  if (changes.some((change) => change.kind === 'forward')) patch.forwards = mergeForwards(settings, changes);
  if (changes.some((change) => change.kind === 'trigger')) patch.triggers = mergeTriggers(settings, changes);
  return patch;
}

/** The whole file as rows for a person, and the patch that consent applies. */
export function readRules(
  source: string,
  settings: Settings,
): { rows: ImportedRow[]; patch: Partial<Settings> } {
  const lines = importRules(source);
  const patch = applyImport(settings, lines);
  const still = (verdict: Verdict) =>
    verdict.outcome !== 'becomes'
      ? ''
      : `${cardStillToChoose(verdict.change, settings)}${portsTaken(verdict.change, patch.forwards ?? [])}`;
  return {
    rows: lines.map(({ number, text, verdict }) => ({
      number,
      text,
      outcome: verdict.outcome,
      words: `${verdict.words}${still(verdict)}`,
    })),
    patch,
  };
}

function portsTaken(change: Change, forwards: readonly Forward[]): string {
  if (change.kind !== 'forward') return '';
  const { forward } = change;
  const made = forwards.find(
    (other) => leadsAlike(other, forward) && addresses(other) === addresses(forward),
  );
  const rival = made === undefined || made.on ? undefined : rivalOf(made, forwards);
  return rival === undefined ? '' : `; stays switched off, because the forward ${rival.id} has the port`;
}

/** A rule file names a network; here a network is shared by choosing its card, which no rule file tells. */
function cardStillToChoose(change: Change, { lan }: Settings): string {
  if (change.kind !== 'share-network') return '';
  if (lan === null) return ': choose its network card in the settings';
  const { address, prefix } = change;
  const number = (dotted: string) => dotted.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const network = (dotted: string) => Math.floor(number(dotted) / 2 ** (32 - Math.min(prefix, lan.prefix)));
  return network(address) === network(lan.address)
    ? ''
    : `; the settings share ${lan.interface} with ${lan.address}/${lan.prefix} now, so change that if it is not meant`;
}
