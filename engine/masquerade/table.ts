// The table of the masquerade: mappings (one inside endpoint ↔ one outside port, RFC 4787 §4.1) and sessions (a mapping with one
// remote endpoint). Records are rows of 32-bit words in one array, so that a packet touches two cache lines and makes no object;
// hash chains run through the records. Does not decide anything: who may have a row is decided elsewhere.
import { ESP, GRE, ICMP, TCP, UDP } from '../packet/ipv4.ts';

export const SESSION_CAPACITY = 1 << 17;
export const MAPPING_CAPACITY = 1 << 17;
const BUCKETS = 1 << 17;

/** Words of a session. The first 16 are the hot ones. */
export const S_INSIDE = 0; // inside address
export const S_REMOTE = 1; // remote address
export const S_OUT_PORTS = 2; // inside port << 16 | remote port, as packets from inside carry them
export const S_IN_PORTS = 3; // mapped port << 16 | remote port, as packets from outside carry them
export const S_PROTOCOL = 4; // protocol | uplink << 8
export const S_STATE = 5;
export const S_FLAGS = 6;
export const S_EXPIRES = 7; // quarter seconds since the router began
export const S_OUT_NEXT = 8;
export const S_IN_NEXT = 9;
export const S_CLIENT = 10;
export const S_MAPPING = 11;
const S_BYTES = 12; // two 64-bit floats, up and down
export const S_PACKETS_UP = 16;
export const S_PACKETS_DOWN = 17;
export const S_END_IN = 18; // highest sequence + length the client sent
export const S_ACK_IN = 19; // last acknowledgement the client sent
export const S_WINDOW_IN = 20; // the client's window, bytes
export const S_END_OUT = 21; // the same of the remote
export const S_ACK_OUT = 22;
export const S_WINDOW_OUT = 23;
export const S_SCALES = 24; // window scale + 1 of client | of remote << 8; 0 unknown
export const S_WHEEL_NEXT = 25;
export const S_WHEEL_PREVIOUS = 26;
export const S_SCHEDULED = 27; // the wheel's own second, -1 when not in it
export const S_PEER = 28; // row in the peers
export const S_ATTACHMENT = 29; // helper's record, -1 none
export const S_BEGAN = 30; // quarter second it was made in
export const S_INSIDE_PORT = 31;
export const SESSION_WORDS = 32;

/** Bits of S_FLAGS. */
export const F_ANSWERED = 1; // the remote has answered: a new address cannot follow any more
export const F_INBOUND = 2; // opened from outside
export const F_FORWARD = 4; // by a forward
export const F_DNS_ALIAS = 8; // the client thinks it talks to the alias of the provider's DNS
export const F_HAIRPIN = 16; // the remote is ourselves
export const F_TRACKED = 32; // sequence numbers of both ways are known from the first segment on
export const F_FIN_IN = 64; // the client has said FIN
export const F_FIN_OUT = 128; // the remote has said FIN
export const F_EXPECTED = 256; // a helper's expectation let it in
export const F_FOLLOW = 512; // unanswered when the link got another address

/** Words of a mapping. */
export const M_PROTOCOL = 0; // protocol | uplink << 8
export const M_INSIDE = 1;
export const M_PORTS = 2; // inside port << 16 | mapped port
export const M_SESSIONS = 3;
export const M_PINS = 4; // expectations that hold it open
export const M_FLAGS = 5;
export const M_CLIENT = 6;
export const M_NEXT = 7;
export const MAPPING_WORDS = 8;
/** The port belongs to a forward, or there is none: nothing for the pool to take back. */
export const MF_UNPOOLED = 1;

const P_MAPPING = 0;
const P_REMOTE = 1;
const P_COUNT = 2;
const P_NEXT = 3;
const PEER_WORDS = 4;

export const PROTOCOL_NAMES: Record<number, string> = {
  [ICMP]: 'icmp',
  [TCP]: 'tcp',
  [UDP]: 'udp',
  [GRE]: 'gre',
  [ESP]: 'esp',
};

function mix(a: number, b: number, c: number, seed: number): number {
  let h = Math.imul(a ^ seed, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15) ^ b, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13) ^ c, 0xc2b2ae35);
  return (h ^ (h >>> 16)) & (BUCKETS - 1);
}

/** Rows of `words` words each, handed out lowest first and again when freed. */
class Rows {
  readonly words: Int32Array;
  readonly size: number;
  readonly capacity: number;
  #free = -1;
  /** Rows ever used; everything above is untouched memory. */
  top = 0;
  used = 0;

  constructor(buffer: ArrayBuffer, size: number, capacity: number) {
    this.words = new Int32Array(buffer);
    this.size = size;
    this.capacity = capacity;
  }
  take(): number {
    if (this.#free >= 0) {
      const row = this.#free;
      this.#free = this.words[row * this.size] as number;
      this.used++;
      return row;
    }
    if (this.top >= this.capacity) return -1;
    this.used++;
    return this.top++;
  }
  give(row: number): void {
    this.words[row * this.size] = this.#free;
    this.#free = row;
    this.used--;
  }
}

export class Table {
  readonly sessionWords: Int32Array;
  readonly #sessionFloats: Float64Array;
  readonly mappingWords: Int32Array;
  readonly #sessions: Rows;
  readonly #mappings: Rows;
  readonly #peers: Rows;
  readonly #outHeads = new Int32Array(BUCKETS).fill(-1);
  readonly #inHeads = new Int32Array(BUCKETS).fill(-1);
  readonly #mappingHeads = new Int32Array(BUCKETS).fill(-1);
  readonly #peerHeads = new Int32Array(BUCKETS).fill(-1);
  readonly #live = new Uint8Array(SESSION_CAPACITY);
  readonly #liveMappings = new Uint8Array(MAPPING_CAPACITY);
  readonly #seed: number;

  /** `seed`: 32 unpredictable bits, so that nobody can fill one chain. */
  constructor(seed: number) {
    const sessions = new ArrayBuffer(SESSION_CAPACITY * SESSION_WORDS * 4);
    const mappings = new ArrayBuffer(MAPPING_CAPACITY * MAPPING_WORDS * 4);
    this.#sessions = new Rows(sessions, SESSION_WORDS, SESSION_CAPACITY);
    this.#mappings = new Rows(mappings, MAPPING_WORDS, MAPPING_CAPACITY);
    this.#peers = new Rows(new ArrayBuffer(SESSION_CAPACITY * PEER_WORDS * 4), PEER_WORDS, SESSION_CAPACITY);
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
    const peer = this.#takePeer(mapping, remote);
    if (peer < 0) return -1;
    const row = this.#sessions.take();
    if (row < 0) {
      this.#givePeer(peer);
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
    this.#givePeer(w[at + S_PEER] as number);
    const m = (w[at + S_MAPPING] as number) * MAPPING_WORDS + M_SESSIONS;
    this.mappingWords[m] = (this.mappingWords[m] as number) - 1;
    this.#live[row] = 0;
    this.#sessions.give(row);
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
    return row;
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
    return this.#findPeer(mapping, remote) >= 0;
  }

  #findPeer(mapping: number, remote: number): number {
    const w = this.#peers.words;
    let row = this.#peerHeads[mix(mapping, remote, 0, this.#seed)] as number;
    while (row >= 0) {
      const at = row * PEER_WORDS;
      if (w[at + P_MAPPING] === mapping && w[at + P_REMOTE] === remote) return row;
      row = w[at + P_NEXT] as number;
    }
    return -1;
  }

  #takePeer(mapping: number, remote: number): number {
    const w = this.#peers.words;
    const known = this.#findPeer(mapping, remote);
    if (known >= 0) {
      w[known * PEER_WORDS + P_COUNT] = (w[known * PEER_WORDS + P_COUNT] as number) + 1;
      return known;
    }
    const row = this.#peers.take();
    if (row < 0) return -1;
    const at = row * PEER_WORDS;
    const bucket = mix(mapping, remote, 0, this.#seed);
    w[at + P_MAPPING] = mapping;
    w[at + P_REMOTE] = remote;
    w[at + P_COUNT] = 1;
    w[at + P_NEXT] = this.#peerHeads[bucket] as number;
    this.#peerHeads[bucket] = row;
    return row;
  }

  #givePeer(row: number): void {
    const w = this.#peers.words;
    const at = row * PEER_WORDS;
    const left = (w[at + P_COUNT] as number) - 1;
    w[at + P_COUNT] = left;
    if (left > 0) return;
    const bucket = mix(w[at + P_MAPPING] as number, w[at + P_REMOTE] as number, 0, this.#seed);
    unlink(this.#peerHeads, bucket, w, PEER_WORDS, P_NEXT, row);
    this.#peers.give(row);
  }
}

function unlink(
  heads: Int32Array,
  bucket: number,
  w: Int32Array,
  size: number,
  link: number,
  row: number,
): void {
  const after = w[row * size + link] as number;
  let at = heads[bucket] as number;
  if (at === row) {
    heads[bucket] = after;
    return;
  }
  while (at >= 0) {
    const next = w[at * size + link] as number;
    if (next === row) {
      w[at * size + link] = after;
      return;
    }
    at = next;
  }
}
