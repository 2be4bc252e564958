// Port triggers (autofw's RANGE; its DIRECT is what port preservation does, its PORT a forward with another port inside). Control traffic
// of a host opens inbound ranges for that host until `seconds` after the last of it. Several hosts may have one range open: a port goes
// to who has contacted the remote, else to who opened first, but never to one whose port it cannot be. What came in lives by its own timers.
import type { PortLease, Trigger } from '../contract.ts';
import { formatAddress } from '../packet/address.ts';
import { TCP, UDP } from '../packet/ipv4.ts';

/** Hosts that have a rule's ranges open, over all rules. */
export const OPENINGS = 256;
/** Contacted remotes remembered of one host and rule; the longest unheard is forgotten. */
export const REMEMBERED_REMOTES = 32;
/** Control packets of one host and rule nearer together than this are one (ms). */
const NOTE_MS = 250;

interface Range {
  tcp: boolean;
  udp: boolean;
  first: number;
  last: number;
}

interface Rule {
  id: string;
  control: Range;
  opens: readonly Range[];
  /** Milliseconds. */
  time: number;
  secure: boolean;
}

interface Opening {
  rule: Rule;
  inside: number;
  until: number;
  notedAt: number;
  notedRemote: number;
  /** When a remote was last contacted, the latest last. */
  remotes: Map<number, number>;
}

export class Triggers {
  readonly #count: (name: string) => void;
  #rules: Rule[] = [];
  #openings: Opening[] = [];

  /** `count`: counts a use of a rule, by name. */
  constructor(count: (name: string) => void) {
    this.#count = count;
  }

  /** Takes the rules that are on; what a host has open under a rule that stays, stays open. */
  configure(triggers: readonly Trigger[]): void {
    this.#rules = triggers
      .filter((trigger) => trigger.on)
      .map((trigger) => ({
        id: trigger.id,
        control: range(trigger),
        opens: trigger.opens.map(range),
        time: trigger.seconds * 1000,
        secure: trigger.secure,
      }));
    this.#openings = this.#openings.filter((opening) => {
      const rule = this.#rules.find((candidate) => candidate.id === opening.rule.id);
      if (rule) opening.rule = rule;
      return rule !== undefined;
    });
  }

  /** Whether traffic to this remote port is control traffic of a rule. */
  controls(protocol: number, remotePort: number): boolean {
    return this.#rules.some((rule) => covers(rule.control, protocol, remotePort));
  }

  /** Whether any rule opens this port, for whomever. */
  mayOpen(protocol: number, port: number): boolean {
    return this.#rules.some((rule) => opens(rule, protocol, port));
  }

  /** A control packet from inside. ms. */
  note(protocol: number, inside: number, remote: number, remotePort: number, now: number): void {
    for (const rule of this.#rules) {
      if (!covers(rule.control, protocol, remotePort)) continue;
      const opening = this.#openings.find((one) => one.rule === rule && one.inside === inside);
      if (!opening) this.#begin(rule, inside, remote, now);
      else if (opening.notedRemote !== remote || now - opening.notedAt >= NOTE_MS)
        renew(opening, remote, now);
    }
  }

  #begin(rule: Rule, inside: number, remote: number, now: number): void {
    if (this.#openings.length >= OPENINGS) this.expire(now);
    if (this.#openings.length >= OPENINGS) return;
    const opening: Opening = { rule, inside, until: 0, notedAt: 0, notedRemote: 0, remotes: new Map() };
    renew(opening, remote, now);
    this.#openings.push(opening);
    this.#count(`trigger-opened:${rule.id}`);
  }

  /** Whether this host has this port open for this remote; counts the session that then comes in. */
  admits(protocol: number, inside: number, port: number, remote: number, now: number): boolean {
    if (this.#openings.length === 0) return false;
    const opening = this.#openings.find(
      (one) =>
        one.inside === inside &&
        one.until > now &&
        opens(one.rule, protocol, port) &&
        (!one.rule.secure || one.remotes.has(remote)),
    );
    if (opening) this.#count(`trigger:${opening.rule.id}`);
    return opening !== undefined;
  }

  /** The host a free port leads to for this remote, or 0. `able`: whether the port can be that host's. */
  hostFor(
    protocol: number,
    port: number,
    remote: number,
    now: number,
    able: (inside: number) => boolean,
  ): number {
    if (this.#openings.length === 0) return 0;
    let best: Opening | undefined;
    let contacted = Number.NEGATIVE_INFINITY;
    for (const one of this.#openings) {
      if (one.until <= now || !opens(one.rule, protocol, port)) continue;
      const at = one.remotes.get(remote);
      if (at === undefined && one.rule.secure) continue;
      const rank = at ?? Number.NEGATIVE_INFINITY;
      if ((best === undefined || rank > contacted) && able(one.inside)) {
        best = one;
        contacted = rank;
      }
    }
    if (best) this.#count(`trigger:${best.rule.id}`);
    return best?.inside ?? 0;
  }

  /** Forgets what a host has open. */
  forget(inside: number): void {
    this.#openings = this.#openings.filter((one) => one.inside !== inside);
  }

  expire(now: number): void {
    if (this.#openings.some((one) => one.until <= now))
      this.#openings = this.#openings.filter((one) => one.until > now);
  }

  /** What is open, as rows for people. `now` ms since the epoch. */
  list(now: number): PortLease[] {
    return this.#openings
      .filter((one) => one.until > now)
      .flatMap((one) =>
        one.rule.opens.map((open) => ({
          by: 'trigger' as const,
          rule: one.rule.id,
          client: formatAddress(one.inside),
          protocol: open.tcp && open.udp ? ('both' as const) : open.tcp ? ('tcp' as const) : ('udp' as const),
          insidePort: open.first,
          outsidePort: open.first,
          count: open.last - open.first + 1,
          remote: null,
          expires: Math.round(one.until),
        })),
      );
  }
}

function range(of: { protocol: 'tcp' | 'udp' | 'both'; first: number; last: number }): Range {
  const { protocol, first } = of;
  return { tcp: protocol !== 'udp', udp: protocol !== 'tcp', first, last: Math.max(first, of.last) };
}

function covers(one: Range, protocol: number, port: number): boolean {
  const named = protocol === TCP ? one.tcp : protocol === UDP && one.udp;
  return named && port >= one.first && port <= one.last;
}

function opens(rule: Rule, protocol: number, port: number): boolean {
  for (const open of rule.opens) if (covers(open, protocol, port)) return true;
  return false;
}

function renew(opening: Opening, remote: number, now: number): void {
  opening.until = now + opening.rule.time;
  opening.notedAt = now;
  opening.notedRemote = remote;
  opening.remotes.delete(remote);
  if (opening.remotes.size >= REMEMBERED_REMOTES)
    for (const oldest of opening.remotes.keys()) {
      opening.remotes.delete(oldest);
      break;
    }
  opening.remotes.set(remote, now);
}
