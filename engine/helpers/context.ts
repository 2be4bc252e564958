// What a helper may ask for, for one session: the engine's side of HelperContext. Every check that must hold for all helpers is here.

import { mayMap } from '../masquerade/limits.ts';
import { begin, makeMapping } from '../masquerade/open.ts';
import {
  F_ANSWERED,
  F_INBOUND,
  M_FLAGS,
  M_INSIDE,
  M_PINS,
  M_PORTS,
  M_PROTOCOL,
  MAPPING_WORDS,
  S_CLIENT,
  S_FLAGS,
  S_IN_PORTS,
  S_INSIDE,
  S_INSIDE_PORT,
  S_PROTOCOL,
  S_REMOTE,
  S_STATE,
  SESSION_WORDS,
} from '../masquerade/record.ts';
import type { Masquerade } from '../masquerade/state.ts';
import { DATAGRAM } from '../masquerade/tcp-state.ts';
import { QUARTERS } from '../masquerade/timers.ts';
import type { Uplink } from '../masquerade/uplink.ts';
import { formatAddress } from '../packet/address.ts';
import { GRE, TCP, UDP } from '../packet/ipv4.ts';
import type { Attachment } from './attachment.ts';
import { type Expectations, LONGEST_SECONDS } from './expectations.ts';
import { type Dialogue, type Expected, type HelperContext, staysClosed } from './helper.ts';
import type { Tally } from './posts.ts';

export class Context implements HelperContext {
  readonly #m: Masquerade;
  readonly #expectations: Expectations;
  readonly #attachment: Attachment;
  /** Null while it is not known whose the session is. */
  readonly #tally: Tally | null;
  readonly #at: number;
  now: number;

  constructor(
    m: Masquerade,
    expectations: Expectations,
    attachment: Attachment,
    tally: Tally | null,
    now: number,
  ) {
    this.#m = m;
    this.#expectations = expectations;
    this.#attachment = attachment;
    this.#tally = tally;
    this.#at = attachment.session * SESSION_WORDS;
    this.now = now;
  }

  #word(word: number): number {
    return this.#m.table.sessionWords[this.#at + word] as number;
  }
  get #uplink(): Uplink | undefined {
    return this.#m.uplinks[this.#word(S_PROTOCOL) >>> 8];
  }
  get inside(): number {
    return this.#word(S_INSIDE);
  }
  get insidePort(): number {
    return this.#word(S_INSIDE_PORT);
  }
  get outside(): number {
    return this.#uplink?.address ?? 0;
  }
  get outsidePort(): number {
    return this.#word(S_IN_PORTS) >>> 16;
  }
  get remote(): number {
    return this.#word(S_REMOTE);
  }
  get remotePort(): number {
    return this.#word(S_IN_PORTS) & 0xffff;
  }
  get insideIsServer(): boolean {
    return (this.#word(S_FLAGS) & F_INBOUND) !== 0;
  }

  expect(expected: Expected): number | null {
    if (!this.#permitted(expected.protocol, expected.insidePort)) return null;
    const mapping = this.#mapping(expected.protocol === 'tcp' ? TCP : UDP, expected.insidePort);
    return mapping < 0 ? null : this.#await(expected, mapping);
  }

  expectPair(expected: Expected): number | null {
    const protocol = expected.protocol === 'tcp' ? TCP : UDP;
    const { insidePort } = expected;
    if (![insidePort, insidePort + 1].every((port) => this.#permitted(expected.protocol, port))) return null;
    const known = this.#m.table.findMapping(protocol, this.inside, insidePort);
    const above = this.#m.table.findMapping(protocol, this.inside, insidePort + 1);
    let even = known;
    let odd = above;
    if (known < 0 && above < 0) {
      const port =
        this.#uplink?.pool(protocol)?.choosePair(this.inside, insidePort, this.#m.quarters(this.now)) ?? -1;
      if (port < 0 || !this.#charge() || !this.#charge()) return this.#refused('no pair of ports was free');
      even = this.#make(protocol, insidePort, port);
      odd = even < 0 ? -1 : this.#make(protocol, insidePort + 1, port + 1);
    } else if (above < 0) odd = this.#beside(known, 1, protocol, insidePort + 1);
    else if (known < 0) even = this.#beside(above, -1, protocol, insidePort);
    if (even < 0 || odd < 0 || this.#portOf(odd) !== this.#portOf(even) + 1) {
      for (const one of [even, odd]) if (one >= 0) this.#m.releaseMapping(one, this.now);
      return this.#refused('its ports are in use apart');
    }
    const port = this.#await(expected, even);
    if (port === null) {
      this.#m.releaseMapping(odd, this.now);
      return null;
    }
    const second = this.#await({ ...expected, insidePort: insidePort + 1 }, odd);
    return second === null ? null : port;
  }

  withdraw(protocol: 'tcp' | 'udp', insidePort: number, remote?: number): void {
    const mapping = this.#m.table.findMapping(protocol === 'tcp' ? TCP : UDP, this.inside, insidePort);
    for (const one of this.#attachment.expectations.slice())
      if (one.mapping === mapping && (remote === undefined || one.remote === remote))
        this.#expectations.remove(one, this.now);
  }

  expectOutbound(
    protocol: 'tcp' | 'udp',
    remote: number,
    remotePort: number,
    seconds: number,
    follow?: (context: HelperContext) => Dialogue,
  ): void {
    const expires = this.#m.quarters(this.now) + Math.min(seconds, LONGEST_SECONDS) * QUARTERS;
    const number = protocol === 'tcp' ? TCP : UDP;
    this.#expectations.announce(this.#attachment, number, this.inside, remote, remotePort, expires, follow);
  }

  insidePortOf(protocol: 'tcp' | 'udp', outsidePort: number): number | null {
    const mapping = this.#uplink?.pool(protocol === 'tcp' ? TCP : UDP)?.ownerOf(outsidePort) ?? -1;
    if (mapping < 0) return null;
    const words = this.#m.table.mappingWords;
    const at = mapping * MAPPING_WORDS;
    return words[at + M_INSIDE] === this.inside ? (words[at + M_PORTS] as number) >>> 16 : null;
  }

  mapCall(callId: number): number | null {
    const known = this.#attachment.calls.get(callId);
    if (known !== undefined) return this.#portOf(known);
    if (this.#attachment.calls.size >= 16 || !this.#charge()) return this.#refused('too many calls');
    const uplink = this.#uplink;
    const port = uplink?.gre.choose(this.inside, callId, this.#m.quarters(this.now)) ?? -1;
    const mapping = port < 0 ? -1 : this.#make(GRE, callId, port);
    if (mapping < 0) return this.#refused('no Call ID was free');
    this.#attachment.calls.set(callId, mapping);
    this.#pin(mapping, 1);
    return port;
  }

  openCall(callId: number, peerCallId: number): boolean {
    const mapping = this.#attachment.calls.get(callId);
    if (mapping === undefined) return false;
    const m = this.#m;
    const protocol = m.table.mappingWords[mapping * MAPPING_WORDS + M_PROTOCOL] as number;
    const inPorts = this.#portOf(mapping) << 16;
    if (m.table.findIn(protocol, this.remote, inPorts) >= 0) return true;
    if (m.table.findOut(GRE, this.inside, this.remote, peerCallId) >= 0) return false;
    const row = this.#word(S_CLIENT);
    const session = m.table.open(
      mapping,
      protocol,
      this.inside,
      callId,
      this.remote,
      peerCallId,
      inPorts,
      row,
    );
    if (session < 0) return false;
    begin(m, session, row, this.now);
    m.table.sessionWords[session * SESSION_WORDS + S_STATE] = DATAGRAM;
    m.table.sessionWords[session * SESSION_WORDS + S_FLAGS] = F_ANSWERED;
    m.refresh(session, m.quarters(this.now));
    m.helpers.adopt(session, this.#attachment);
    return true;
  }

  closeCall(callId: number): void {
    const mapping = this.#attachment.calls.get(callId);
    if (mapping === undefined) return;
    this.#attachment.calls.delete(callId);
    const protocol = this.#m.table.mappingWords[mapping * MAPPING_WORDS + M_PROTOCOL] as number;
    const session = this.#m.table.findIn(protocol, this.remote, this.#portOf(mapping) << 16);
    this.#pin(mapping, -1);
    if (session >= 0) this.#m.close(session, this.now);
    else this.#m.releaseMapping(mapping, this.now);
  }

  refuse(reason: string): void {
    if (!this.#tally) return;
    const { refusals } = this.#tally;
    const text = reason.slice(0, 120);
    if (refusals.has(text) || refusals.size < 16) refusals.set(text, (refusals.get(text) ?? 0) + 1);
    const name = this.#attachment.helper?.title ?? 'helper';
    this.#m.notices.refuse(
      'helper-refused',
      this.#word(S_CLIENT),
      this.now,
      () => `${name}, ${formatAddress(this.inside)} with ${formatAddress(this.remote)}: ${text}.`,
    );
  }
  used(): void {
    if (!this.#tally) return;
    this.#tally.hits++;
    this.#tally.lastUse = this.now;
  }
  stop(): void {
    this.#attachment.dialogue = null;
  }

  #refused(reason: string): null {
    this.refuse(reason);
    return null;
  }

  #permitted(protocol: 'tcp' | 'udp', port: number): boolean {
    const privileged = this.#attachment.helper?.privileged === true;
    const high = port >= 1024 || privileged;
    if (port > 0 && port <= 65_535 && high && !staysClosed(protocol, port)) return true;
    this.refuse(port < 1024 ? 'a port below 1024 was asked for' : 'a port that stays closed was asked for');
    return false;
  }

  /** Takes one mapping from the client's allowance. */
  #charge(): boolean {
    return mayMap(this.#m, this.#word(S_CLIENT), this.now);
  }

  #mapping(protocol: number, insidePort: number): number {
    const known = this.#m.table.findMapping(protocol, this.inside, insidePort);
    if (known >= 0) {
      const words = this.#m.table.mappingWords;
      const slot = (words[known * MAPPING_WORDS + M_PROTOCOL] as number) >>> 8;
      if (slot === this.#word(S_PROTOCOL) >>> 8 && words[known * MAPPING_WORDS + M_FLAGS] === 0) return known;
      this.refuse('its port is in use otherwise');
      return -1;
    }
    const uplink = this.#uplink;
    if (!uplink || !this.#charge()) {
      this.refuse('the client has reached its limit of mappings');
      return -1;
    }
    const row = this.#word(S_CLIENT);
    const mapping = makeMapping(this.#m, uplink, row, protocol, this.inside, insidePort, this.now);
    if (mapping < 0) this.refuse('no port was free');
    return mapping;
  }

  /** A mapping on a port already chosen. */
  #make(protocol: number, insidePort: number, port: number): number {
    const uplink = this.#uplink;
    const pool = uplink?.pool(protocol);
    if (!uplink || !pool) return -1;
    const row = this.#word(S_CLIENT);
    const mapping = this.#m.table.map(protocol | (uplink.slot << 8), this.inside, insidePort, port, 0, row);
    if (mapping < 0) return -1;
    pool.own(port, mapping);
    this.#m.clients.mappings[row] = (this.#m.clients.mappings[row] as number) + 1;
    return mapping;
  }

  /** The second of a pair whose first is still there from an earlier call: only the port beside that one will do. */
  #beside(first: number, step: 1 | -1, protocol: number, insidePort: number): number {
    const port = this.#portOf(first) + step;
    const slot = (this.#m.table.mappingWords[first * MAPPING_WORDS + M_PROTOCOL] as number) >>> 8;
    const uplink = this.#uplink;
    if (((port ^ insidePort) & 1) !== 0 || slot !== uplink?.slot) return -1;
    const free = uplink.pool(protocol)?.isFree(port, this.inside, insidePort, this.#m.quarters(this.now));
    return free && this.#charge() ? this.#make(protocol, insidePort, port) : -1;
  }

  #await(expected: Expected, mapping: number): number | null {
    const seconds = Math.min(Math.max(expected.seconds, 1), LONGEST_SECONDS);
    const added = this.#expectations.add(
      this.#attachment,
      mapping,
      expected.remote,
      expected.remotePort,
      this.#m.quarters(this.now) + seconds * QUARTERS,
      Math.max(1, expected.count),
      expected.follow,
    );
    if (added) return this.#portOf(mapping);
    this.#m.releaseMapping(mapping, this.now);
    return this.#refused('too many sessions were awaited at once');
  }

  #portOf(mapping: number): number {
    return (this.#m.table.mappingWords[mapping * MAPPING_WORDS + M_PORTS] as number) & 0xffff;
  }
  #pin(mapping: number, by: number): void {
    const words = this.#m.table.mappingWords;
    const at = mapping * MAPPING_WORDS + M_PINS;
    words[at] = (words[at] as number) + by;
  }
}
