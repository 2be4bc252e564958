/** The command line's words: plain text for people from the contract's state. Pure; `--json` bypasses all of it. */
import {
  type CallState,
  type Client,
  type ClientShare,
  type Fault,
  type Forward,
  type HelperState,
  helperPortsText,
  type LinkFacts,
  moneyText,
  type PortLease,
  type PortRange,
  PRESETS,
  type State,
  type Trigger,
  type UsageNow,
} from '../contract.ts';
import { bytes, PHASE_WORDS } from '../faces/words.ts';

export function bits(rate: number): string {
  return rate < 1000 ? `${Math.round(rate)} bit/s` : `${(rate / 1000).toFixed(1)} kbit/s`;
}

export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export function fault(told: Fault): string {
  return `${told.sentence}\n  Why:  ${told.cause}\n  Do:   ${told.remedy}`;
}

export function status(state: State, now: number): string {
  const provider = state.practice
    ? 'the practice provider'
    : (state.providers.find((known) => known.id === state.providerId)?.name ?? null);
  const lines = [
    `${PHASE_WORDS[state.phase]}${provider !== null && state.phase !== 'idle' ? ` (${provider})` : ''}`,
  ];
  if (state.activity !== '' && state.phase !== 'connected' && state.phase !== 'failed')
    lines.push(`  ${state.activity}`);
  if (state.link !== null) lines.push(...link(state.link, now));
  if (state.usage !== null) lines.push(...cost(state.usage));
  if (state.callEnds !== null)
    lines.push(`  Hung up in ${duration(state.callEnds.at - now)}: ${state.callEnds.sentence}`);
  if (state.second !== null) lines.push(...secondCall(state.second, state, now));
  if (state.clients.length > 0)
    lines.push(`  clients    ${state.clients.filter((c) => c.kind !== 'gateway').length}`);
  if (state.dialIn.calls.length > 0)
    lines.push(
      `  callers    ${state.dialIn.calls.map(({ user, from }) => user ?? from ?? 'somebody').join(', ')}`,
    );
  if (state.fault !== null) lines.push(fault(state.fault));
  for (const told of state.hostFaults) lines.push(`Note: ${fault(told)}`);
  return lines.join('\n');
}

function secondCall(call: CallState, { providers, practice }: State, now: number): string[] {
  const named = providers.find((known) => known.id === call.providerId)?.name;
  const provider = practice ? 'the practice provider' : named;
  const whose = provider !== undefined && call.phase !== 'idle' ? ` (${provider})` : '';
  const lines = [`Second call: ${PHASE_WORDS[call.phase].toLowerCase()}${whose}`];
  if (call.activity !== '' && call.phase !== 'connected' && call.phase !== 'failed')
    lines.push(`  ${call.activity}`);
  if (call.link !== null) lines.push(...link(call.link, now));
  if (call.usage !== null) lines.push(...cost(call.usage));
  if (call.callEnds !== null)
    lines.push(`  Hung up in ${duration(call.callEnds.at - now)}: ${call.callEnds.sentence}`);
  if (call.fault !== null) lines.push(fault(call.fault));
  return lines;
}

function link(facts: LinkFacts, now: number): string[] {
  const carrier = facts.carrierRate === null ? 'not told by the modem' : `${facts.carrierRate} bit/s`;
  return [
    `  carrier    ${carrier} (${facts.connectText})`,
    `  address    ${facts.local}, peer ${facts.peer}`,
    ...(facts.radio ? [`  network    ${radio(facts.radio)}`] : []),
    `  DNS        ${facts.dns.join(', ') || 'none given'}`,
    `  online     ${duration(now - facts.connectedAt)}`,
    `  received   ${bytes(facts.bytesDown)}, sent ${bytes(facts.bytesUp)}`,
  ];
}

function radio({ network, signalDbm, roaming }: NonNullable<LinkFacts['radio']>): string {
  const signal = signalDbm === null ? [] : [`${signalDbm} dBm`];
  return [network ?? 'not named', ...signal, ...(roaming ? ['roaming'] : [])].join(', ');
}

/** What the call has cost, and its provider's month. */
function cost({ cost, currency, month, limit }: UsageNow): string[] {
  const money = (amount: number) => moneyText(amount, currency).replace('\u00a0', ' ');
  const lines: string[] = [];
  if (cost !== null) lines.push(`  cost       ${money(cost)}`);
  const taken = [duration(month.seconds * 1000), bytes(month.bytes)];
  if (month.cost !== null) taken.push(money(month.cost));
  const share = limit === null ? '' : ` (${Math.floor(limit.used * 100)} % of its limit)`;
  return [...lines, `  this month ${taken.join(', ')}${share}`];
}

export function clients(list: readonly Client[], shares: readonly ClientShare[]): string {
  if (list.length === 0) return 'Nobody is there yet.';
  return table(
    ['Name', 'Address', 'Down now', 'Up now', 'Down', 'Up', 'Sessions', ''],
    list.map((client) => [
      client.name ?? (client.kind === 'gateway' ? 'this computer' : '-'),
      client.address,
      bits(client.rateDown),
      bits(client.rateUp),
      bytes(client.bytesDown),
      bytes(client.bytesUp),
      String(client.sessions),
      [client.paused && 'paused', ...shareWords(shares.find(({ address }) => address === client.address))]
        .filter(Boolean)
        .join(', '),
    ]),
  );
}

function shareWords(share: ClientShare | undefined): string[] {
  if (share === undefined) return [];
  const limit = share.limitKbit === null ? [] : [`at most ${share.limitKbit} kbit/s`];
  return share.priority === 'normal' ? limit : [`${share.priority} priority`, ...limit];
}

export function forwards(list: readonly Forward[]): string {
  if (list.length === 0) return 'No ports are forwarded.';
  const range = (first: number, last: number) => (first === last ? String(first) : `${first}-${last}`);
  return table(
    ['Id', 'On', 'Prot', 'Ports', 'To', 'From'],
    list.map((forward) => [
      forward.id,
      forward.on ? 'on' : 'off',
      forward.protocol,
      range(forward.first, forward.last),
      forward.hosts
        .map(({ address, weight }) => {
          const inside = range(forward.insideFirst, forward.insideFirst + forward.last - forward.first);
          return `${address}:${inside}${forward.hosts.length > 1 ? ` (weight ${weight})` : ''}`;
        })
        .join(', '),
      forward.sources.join(', ') || 'anywhere',
    ]),
  );
}

const portWords = ({ protocol, first, last }: PortRange) =>
  `${protocol} ${first}${last === first ? '' : `-${last}`}`;

export function triggers(list: readonly Trigger[], held: readonly PortLease[], now: number): string {
  if (list.length === 0) return 'There are no triggers.';
  const holders = (id: string) =>
    held
      .filter(({ by, rule, expires }) => by === 'trigger' && rule === id && expires > now)
      .map(({ client }) => client);
  return table(
    ['Id', 'On', 'When a client sends to', 'it may be reached at', 'For', 'Open now to'],
    list.map((trigger) => [
      trigger.id,
      trigger.on ? 'on' : 'off',
      portWords(trigger),
      trigger.opens.map(portWords).join(', '),
      `${trigger.seconds} s${trigger.secure ? ', by whom it sent to' : ''}`,
      [...new Set(holders(trigger.id))].join(', '),
    ]),
  );
}

export function leases(list: readonly PortLease[], now: number): string {
  if (list.length === 0) return 'No program has asked for a port.';
  return table(
    ['By', 'Client', 'Prot', 'Port', 'Inside', 'Only for', 'Left'],
    list.map((lease) => [
      lease.by,
      lease.client,
      lease.protocol,
      String(lease.outsidePort),
      String(lease.insidePort),
      lease.remote ?? 'anybody',
      duration(lease.expires - now),
    ]),
  );
}

export function programs(): string {
  return table(
    ['Name', 'Program', 'Opens', 'By'],
    PRESETS.map((program) => [
      program.name,
      program.title,
      program.opens.map(portWords).join(', '),
      program.triggers.length > 0 ? 'trigger or forward' : 'forward',
    ]),
  );
}

export function helpers(list: readonly HelperState[], now: number): string {
  if (list.length === 0) return 'The engine is not running; its helpers are known once it is.';
  const rows = table(
    ['Name', 'On', 'Ports', 'Uses', 'Open', 'Last use', 'What it opens'],
    list.map((helper) => [
      helper.name,
      helper.on ? 'on' : 'off',
      helperPortsText(helper.ports).replaceAll(', ', ','),
      String(helper.hits),
      String(helper.expectations),
      helper.lastUse === null ? 'never' : `${duration(now - helper.lastUse)} ago`,
      helper.opens,
    ]),
  );
  const refused = list.flatMap(({ name, refusals }) =>
    refusals.map(({ reason, count }) => `${name} refused ${count} ×: ${reason}`),
  );
  return [rows, ...refused].join('\n');
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
