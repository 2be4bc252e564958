// The table of the masquerade: mappings (one inside endpoint ↔ one outside port, RFC 4787 §4.1) and sessions (a mapping with one
// remote endpoint). Records are rows of 32-bit words in one array (record.ts), so that a packet touches two cache lines and makes no
// object; hash chains run through them. Does not decide anything: who may have a row is decided elsewhere.
import { Peers } from './peers.ts';
import {
  M_CLIENT,
  M_FLAGS,
  M_INSIDE,
  M_NEXT,
  M_PINS,
  M_PORTS,
  M_PROTOCOL,
  M_SESSIONS,
  MAPPING_WORDS,
  S_ATTACHMENT,
  S_BYTES,
  S_CLIENT,
  S_IN_NEXT,
  S_IN_PORTS,
  S_INSIDE,
  S_INSIDE_PORT,
  S_MAPPING,
  S_OUT_NEXT,
  S_OUT_PORTS,
  S_PEER,
  S_PROTOCOL,
  S_REMOTE,
  S_SCHEDULED,
  SESSION_WORDS,
} from './record.ts';
import { BUCKETS, mix, Rows, unlink } from './rows.ts';

export const SESSION_CAPACITY = 1 << 17;
export const MAPPING_CAPACITY = 1 << 17;

export class Table {
  readonly sessionWords: Int32Array;
  readonly #sessionFloats: Float64Array;
  readonly mappingWords: Int32Array;
  /** Until when traffic from inside keeps a mapping; reckoned only while traffic from outside does not (quarter seconds). */
  readonly keptUntil = new Int32Array(MAPPING_CAPACITY);
  readonly #sessions: Rows;
  readonly #mappings: Rows;
  readonly #peers: Peers;
  readonly #outHeads = new Int32Array(BUCKETS).fill(-1);
  readonly #inHeads = new Int32Array(BUCKETS).fill(-1);
  readonly #mappingHeads = new Int32Array(BUCKETS).fill(-1);
  readonly #live = new Uint8Array(SESSION_CAPACITY);
  readonly #liveMappings = new Uint8Array(MAPPING_CAPACITY);
  readonly #seed: number;

  /** `seed`: 32 unpredictable bits, so that nobody can fill one chain. */
  constructor(seed: number) {
    const sessions = new ArrayBuffer(SESSION_CAPACITY * SESSION_WORDS * 4);
    const mappings = new ArrayBuffer(MAPPING_CAPACITY * MAPPING_WORDS * 4);
    this.#sessions = new Rows(sessions, SESSION_WORDS, SESSION_CAPACITY);
    this.#mappings = new Rows(mappings, MAPPING_WORDS, MAPPING_CAPACITY);
    this.#peers = new Peers(SESSION_CAPACITY, seed | 0);
    this.sessionWords = this.#sessions.words;
    this.mappingWords = this.#mappings.words;
    this.#sessionFloats = new Float64Array(sessions);
    this.#seed = seed | 0;
  }

  get sessionCount(): number {
    return this.#sessions.used;
  }
  get mappingCount(): number {
    return this.#mappings.used;
  }
  /** Session rows ever used: scan 0 ≤ row < sessionTop and ask `isLive`. */
  get sessionTop(): number {
    return this.#sessions.top;
  }
  get mappingTop(): number {
    return this.#mappings.top;
  }
  isLive(session: number): boolean {
    return this.#live[session] === 1;
  }
  isLiveMapping(mapping: number): boolean {
    return this.#liveMappings[mapping] === 1;
  }

  bytesUp(session: number): number {
    return this.#sessionFloats[session * (SESSION_WORDS / 2) + S_BYTES / 2] as number;
  }
  bytesDown(session: number): number {
    return this.#sessionFloats[session * (SESSION_WORDS / 2) + S_BYTES / 2 + 1] as number;
  }
  addUp(session: number, bytes: number): void {
    const at = session * (SESSION_WORDS / 2) + S_BYTES / 2;
    this.#sessionFloats[at] = (this.#sessionFloats[at] as number) + bytes;
  }
  addDown(session: number, bytes: number): void {
    const at = session * (SESSION_WORDS / 2) + S_BYTES / 2 + 1;
    this.#sessionFloats[at] = (this.#sessionFloats[at] as number) + bytes;
  }

  /** The session of a packet from inside, or -1. Ports: inside << 16 | remote. */
  findOut(protocol: number, inside: number, remote: number, ports: number): number {
    const w = this.sessionWords;
    let row = this.#outHeads[mix(inside, remote ^ (protocol << 8), ports, this.#seed)] as number;
    while (row >= 0) {
      const at = row * SESSION_WORDS;
      if (
        w[at + S_OUT_PORTS] === ports &&
        w[at + S_INSIDE] === inside &&
        w[at + S_REMOTE] === remote &&
        ((w[at + S_PROTOCOL] as number) & 0xff) === protocol
      )
        return row;
      row = w[at + S_OUT_NEXT] as number;
    }
    return -1;
  }

  /** The session of a packet from outside, or -1. `protocol` with the uplink << 8; ports: mapped << 16 | remote. */
  findIn(protocol: number, remote: number, ports: number): number {
    const w = this.sessionWords;
    let row = this.#inHeads[mix(protocol, remote, ports, this.#seed)] as number;
    while (row >= 0) {
      const at = row * SESSION_WORDS;
      if (w[at + S_IN_PORTS] === ports && w[at + S_REMOTE] === remote && w[at + S_PROTOCOL] === protocol)
        return row;
      row = w[at + S_IN_NEXT] as number;
    }
    return -1;
  }

  /**
   * A new session of `mapping`, linked into both chains; -1 when the table is full. The keys must be free. All counters
   * zero; the caller sets state, times and flags.
   */
  open(
    mapping: number,
    protocol: number,
    inside: number,
    insidePort: number,
    remote: number,
    outPorts: number,
    inPorts: number,
    client: number,
  ): number {
    const peer = this.#peers.take(mapping, remote);
    if (peer < 0) return -1;
    const row = this.#sessions.take();
    if (row < 0) {
      this.#peers.give(peer);
      return -1;
    }
    const w = this.sessionWords;
    const at = row * SESSION_WORDS;
    w.fill(0, at, at + SESSION_WORDS);
    w[at + S_INSIDE] = inside;
    w[at + S_REMOTE] = remote;
    w[at + S_OUT_PORTS] = outPorts;
    w[at + S_IN_PORTS] = inPorts;
    w[at + S_PROTOCOL] = protocol;
    w[at + S_CLIENT] = client;
    w[at + S_MAPPING] = mapping;
    w[at + S_INSIDE_PORT] = insidePort;
    w[at + S_PEER] = peer;
    w[at + S_ATTACHMENT] = -1;
    w[at + S_SCHEDULED] = -1;
    const out = mix(inside, remote ^ ((protocol & 0xff) << 8), outPorts, this.#seed);
    w[at + S_OUT_NEXT] = this.#outHeads[out] as number;
    this.#outHeads[out] = row;
    const incoming = mix(protocol, remote, inPorts, this.#seed);
    w[at + S_IN_NEXT] = this.#inHeads[incoming] as number;
    this.#inHeads[incoming] = row;
    const m = mapping * MAPPING_WORDS + M_SESSIONS;
    this.mappingWords[m] = (this.mappingWords[m] as number) + 1;
    this.#live[row] = 1;
    return row;
  }

  /** Unlinks a session; its mapping stays, with one session less. */
  close(row: number): void {
    const w = this.sessionWords;
    const at = row * SESSION_WORDS;
    const protocol = w[at + S_PROTOCOL] as number;
    const remote = w[at + S_REMOTE] as number;
    const outPorts = w[at + S_OUT_PORTS] as number;
    const out = mix(w[at] as number, remote ^ ((protocol & 0xff) << 8), outPorts, this.#seed);
    unlink(this.#outHeads, out, w, SESSION_WORDS, S_OUT_NEXT, row);
    const incoming = mix(protocol, remote, w[at + S_IN_PORTS] as number, this.#seed);
    unlink(this.#inHeads, incoming, w, SESSION_WORDS, S_IN_NEXT, row);
    this.#peers.give(w[at + S_PEER] as number);
    const m = (w[at + S_MAPPING] as number) * MAPPING_WORDS + M_SESSIONS;
    this.mappingWords[m] = (this.mappingWords[m] as number) - 1;
    this.#live[row] = 0;
    this.#sessions.give(row);
  }

  /** Gives a session another uplink and mapped port; false, and nothing done, when another session has that place. */
  moveSession(row: number, protocol: number, inPorts: number): boolean {
    const w = this.sessionWords;
    const at = row * SESSION_WORDS;
    const remote = w[at + S_REMOTE] as number;
    if (this.findIn(protocol, remote, inPorts) >= 0) return false;
    const before = mix(w[at + S_PROTOCOL] as number, remote, w[at + S_IN_PORTS] as number, this.#seed);
    unlink(this.#inHeads, before, w, SESSION_WORDS, S_IN_NEXT, row);
    w[at + S_PROTOCOL] = protocol;
    w[at + S_IN_PORTS] = inPorts;
    const bucket = mix(protocol, remote, inPorts, this.#seed);
    w[at + S_IN_NEXT] = this.#inHeads[bucket] as number;
    this.#inHeads[bucket] = row;
    return true;
  }

  /** The mapping of an inside endpoint, or -1. */
  findMapping(protocol: number, inside: number, insidePort: number): number {
    const w = this.mappingWords;
    let row = this.#mappingHeads[mix(protocol, inside, insidePort, this.#seed)] as number;
    while (row >= 0) {
      const at = row * MAPPING_WORDS;
      if (
        w[at + M_INSIDE] === inside &&
        (w[at + M_PORTS] as number) >>> 16 === insidePort &&
        ((w[at + M_PROTOCOL] as number) & 0xff) === protocol
      )
        return row;
      row = w[at + M_NEXT] as number;
    }
    return -1;
  }

  /** A new mapping, or -1 when the table is full. `protocol` with the uplink << 8. */
  map(
    protocol: number,
    inside: number,
    insidePort: number,
    mappedPort: number,
    flags: number,
    client: number,
  ): number {
    const row = this.#mappings.take();
    if (row < 0) return -1;
    const w = this.mappingWords;
    const at = row * MAPPING_WORDS;
    w[at + M_PROTOCOL] = protocol;
    w[at + M_INSIDE] = inside;
    w[at + M_PORTS] = (insidePort << 16) | mappedPort;
    w[at + M_SESSIONS] = 0;
    w[at + M_PINS] = 0;
    w[at + M_FLAGS] = flags;
    w[at + M_CLIENT] = client;
    const bucket = mix(protocol & 0xff, inside, insidePort, this.#seed);
    w[at + M_NEXT] = this.#mappingHeads[bucket] as number;
    this.#mappingHeads[bucket] = row;
    this.#liveMappings[row] = 1;
    this.keptUntil[row] = 0;
    return row;
  }

  /** Gives a mapping another uplink and outside port; its sessions are moved one by one. The chains do not know of either. */
  moveMapping(row: number, protocol: number, mappedPort: number): void {
    const w = this.mappingWords;
    const at = row * MAPPING_WORDS;
    w[at + M_PROTOCOL] = protocol;
    w[at + M_PORTS] = ((w[at + M_PORTS] as number) & ~0xffff) | mappedPort;
  }

  unmap(row: number): void {
    const w = this.mappingWords;
    const at = row * MAPPING_WORDS;
    const bucket = mix(
      (w[at + M_PROTOCOL] as number) & 0xff,
      w[at + M_INSIDE] as number,
      (w[at + M_PORTS] as number) >>> 16,
      this.#seed,
    );
    unlink(this.#mappingHeads, bucket, w, MAPPING_WORDS, M_NEXT, row);
    this.#liveMappings[row] = 0;
    this.#mappings.give(row);
  }

  /** Whether the mapping has a session with this remote address, whatever the port. */
  knowsPeer(mapping: number, remote: number): boolean {
    return this.#peers.find(mapping, remote) >= 0;
  }
}
