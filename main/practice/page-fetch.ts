/**
 * The practice caller's browser: looks a name up (RFC 1035), opens a TCP connection (RFC 9293) and gets one page by HTTP/1.0.
 * As little of each as a correct client needs: segments in order, an ACK for each, repeated until answered. Pure.
 */
export interface FetchOptions {
  local: string;
  dns: string;
  name: string;
  path: string;
  /** Uniform in [0, 1). */
  random(): number;
}

export interface FetchSink {
  /** An IPv4 packet. */
  send(packet: Uint8Array): void;
  /** Once: the page, or why there is none. */
  ended(end: { ok: true; body: Uint8Array } | { ok: false; why: string }): void;
}

const TCP = 6;
const UDP = 17;
const FIN = 1;
const SYN = 2;
const RST = 4;
const PSH = 8;
const ACK = 16;
const FIRST_REPEAT_MS = 3_000;
const REPEATS = 3;
/** Without anything new for so long it is given up. */
const STALL_MS = 60_000;
const WINDOW = 8192;
const MSS = 536;
const LONGEST = 4 << 20;

export class PageFetch {
  readonly #options: FetchOptions;
  readonly #sink: FetchSink;
  readonly #local: number;
  readonly #port: number;
  readonly #id: number;
  #server = 0;
  #state: 'look-up' | 'opening' | 'open' | 'over' = 'look-up';
  #next = 0;
  #unacked = 0;
  #request = new Uint8Array(0);
  #received = 0;
  #body: Uint8Array[] = [];
  #bytes = 0;
  #repeatAt = 0;
  #repeats = 0;
  #stallAt = 0;
  #ident = 0;

  constructor(options: FetchOptions, sink: FetchSink) {
    const draw = (bound: number) => Math.floor(options.random() * bound);
    this.#options = options;
    this.#sink = sink;
    this.#local = numeric(options.local);
    this.#port = 49_152 + draw(16_000);
    this.#id = draw(65_536);
    this.#unacked = draw(2 ** 32);
    this.#next = (this.#unacked + 1) >>> 0;
    this.#request = Buffer.from(`GET ${options.path} HTTP/1.0\r\nHost: ${options.name}\r\n\r\n`, 'latin1');
  }

  begin(now: number): void {
    this.#repeats = 0;
    this.#repeat(now);
    this.#stallAt = now + STALL_MS;
  }

  nextDeadline(): number | null {
    return this.#state === 'over' ? null : Math.min(this.#repeatAt, this.#stallAt);
  }

  advance(now: number): void {
    if (this.#state === 'over') return;
    if (now >= this.#stallAt) this.#fail('nothing came for a minute');
    else if (now >= this.#repeatAt) {
      if (this.#repeats > REPEATS)
        this.#fail(
          this.#state === 'look-up' ? 'no answer from the name server' : 'no answer from the server',
        );
      else this.#repeat(now);
    }
  }

  /** Any packet that came; what is not for this is left alone. */
  receive(packet: Uint8Array, now: number): void {
    if (this.#state === 'over' || packet.length < 28 || (packet[0] as number) >>> 4 !== 4) return;
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    const header = ((packet[0] as number) & 15) * 4;
    const total = view.getUint16(2);
    if (header < 20 || total > packet.length || total < header + 8 || view.getUint32(16) !== this.#local)
      return;
    const payload = packet.subarray(header, total);
    if (packet[9] === UDP && this.#state === 'look-up') this.#answered(payload, now);
    else if (packet[9] === TCP && view.getUint32(12) === this.#server && payload.length >= 20)
      this.#segment(payload, now);
  }

  #repeat(now: number): void {
    this.#repeatAt = now + FIRST_REPEAT_MS * 2 ** this.#repeats++;
    if (this.#state === 'look-up') this.#sendQuery();
    else if (this.#state === 'opening') this.#sendTcp(this.#unacked, SYN, new Uint8Array(0));
    else if (this.#unacked !== this.#next) this.#sendTcp(this.#unacked, ACK | PSH, this.#request);
    else this.#repeatAt = Number.POSITIVE_INFINITY;
  }

  #answered(udp: Uint8Array, now: number): void {
    const view = new DataView(udp.buffer, udp.byteOffset, udp.byteLength);
    if (view.getUint16(0) !== 53 || view.getUint16(2) !== this.#port) return;
    const found = readAnswer(udp.subarray(8), this.#id);
    if (found === null) return;
    if (found === 'none') {
      this.#fail(`there is no ${this.#options.name}`);
      return;
    }
    this.#server = found;
    this.#state = 'opening';
    this.begin(now);
  }

  #segment(segment: Uint8Array, now: number): void {
    const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
    if (view.getUint16(0) !== 80 || view.getUint16(2) !== this.#port) return;
    if (sum(this.#server, this.#local, TCP, segment) !== 0) return;
    const seq = view.getUint32(4);
    const ack = view.getUint32(8);
    const flags = segment[13] as number;
    const from = ((segment[12] as number) >>> 4) * 4;
    if (from < 20 || from > segment.length || (flags & ACK) === 0) return;
    if ((flags & RST) !== 0) {
      if (ack === this.#next || seq === this.#received) this.#fail('the server refused');
      return;
    }
    if (this.#state === 'opening') {
      if ((flags & SYN) === 0 || ack !== this.#next) return;
      this.#received = (seq + 1) >>> 0;
      this.#state = 'open';
      this.#unacked = this.#next;
      this.#next = (this.#next + this.#request.length) >>> 0;
      this.begin(now);
      return;
    }
    if (ack === this.#next) {
      this.#unacked = this.#next;
      this.#repeatAt = Number.POSITIVE_INFINITY;
    }
    this.#take(segment.subarray(from), seq, (flags & FIN) !== 0, now);
  }

  #take(data: Uint8Array, seq: number, last: boolean, now: number): void {
    if (data.length === 0 && !last) return;
    if (seq !== this.#received) {
      this.#sendTcp(this.#next, ACK, new Uint8Array(0));
      return;
    }
    this.#body.push(data.slice());
    this.#bytes += data.length;
    this.#received = (this.#received + data.length + (last ? 1 : 0)) >>> 0;
    this.#stallAt = now + STALL_MS;
    this.#sendTcp(this.#next, last ? ACK | FIN : ACK, new Uint8Array(0));
    if (last) this.#finish();
    else if (this.#bytes > LONGEST) this.#fail('the page is too long');
  }

  #finish(): void {
    const answer = Buffer.concat(this.#body);
    const head = answer.indexOf('\r\n\r\n');
    const status = /^HTTP\/1\.\d (\d{3})/.exec(answer.toString('latin1', 0, 40))?.[1];
    if (head < 0 || status !== '200') {
      this.#fail(`the server answered ${status ?? 'nothing known'}`);
      return;
    }
    this.#state = 'over';
    this.#sink.ended({ ok: true, body: answer.subarray(head + 4) });
  }

  #fail(why: string): void {
    this.#state = 'over';
    this.#sink.ended({ ok: false, why });
  }

  #sendQuery(): void {
    const labels = this.#options.name
      .split('.')
      .flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]);
    const dns = Uint8Array.of(
      this.#id >> 8,
      this.#id & 255,
      1,
      0,
      0,
      1,
      0,
      0,
      0,
      0,
      0,
      0,
      ...labels,
      0,
      0,
      1,
      0,
      1,
    );
    const udp = new Uint8Array(8 + dns.length);
    const view = new DataView(udp.buffer);
    view.setUint16(0, this.#port);
    view.setUint16(2, 53);
    view.setUint16(4, udp.length);
    udp.set(dns, 8);
    const to = numeric(this.#options.dns);
    view.setUint16(6, sum(this.#local, to, UDP, udp) || 0xffff);
    this.#sendIp(to, UDP, udp);
  }

  #sendTcp(seq: number, flags: number, data: Uint8Array): void {
    const options = (flags & SYN) !== 0 ? [2, 4, MSS >> 8, MSS & 255] : [];
    const header = 20 + options.length;
    const segment = new Uint8Array(header + data.length);
    const view = new DataView(segment.buffer);
    view.setUint16(0, this.#port);
    view.setUint16(2, 80);
    view.setUint32(4, seq);
    view.setUint32(8, (flags & ACK) !== 0 ? this.#received : 0);
    segment[12] = (header / 4) << 4;
    segment[13] = flags;
    view.setUint16(14, WINDOW);
    segment.set(options, 20);
    segment.set(data, header);
    view.setUint16(16, sum(this.#local, this.#server, TCP, segment));
    this.#sendIp(this.#server, TCP, segment);
  }

  #sendIp(to: number, protocol: number, payload: Uint8Array): void {
    const packet = new Uint8Array(20 + payload.length);
    const view = new DataView(packet.buffer);
    packet[0] = 0x45;
    view.setUint16(2, packet.length);
    view.setUint16(4, ++this.#ident & 0xffff);
    packet[8] = 64;
    packet[9] = protocol;
    view.setUint32(12, this.#local);
    view.setUint32(16, to);
    view.setUint16(10, folded(add(packet.subarray(0, 20), 0)));
    packet.set(payload, 20);
    this.#sink.send(packet);
  }
}

/** The first address in an answer to our query; `none`: there is no such name; null: not an answer to it. */
export function readAnswer(dns: Uint8Array, id: number): number | 'none' | null {
  const view = new DataView(dns.buffer, dns.byteOffset, dns.byteLength);
  if (dns.length < 12 || view.getUint16(0) !== id || ((dns[2] as number) & 0x80) === 0) return null;
  if (((dns[3] as number) & 15) === 3) return 'none';
  let at = 12;
  for (let questions = view.getUint16(4); questions > 0; questions--) at = afterName(dns, at) + 4;
  for (let answers = view.getUint16(6); answers > 0; answers--) {
    at = afterName(dns, at);
    if (at + 10 > dns.length) return null;
    const length = view.getUint16(at + 8);
    if (at + 10 + length > dns.length) return null;
    if (view.getUint16(at) === 1 && length === 4) return view.getUint32(at + 10);
    at += 10 + length;
  }
  // A server that failed, or has no address for it yet: asked again.
  return null;
}

function afterName(dns: Uint8Array, start: number): number {
  let at = start;
  while (at < dns.length) {
    const length = dns[at] as number;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += length + 1;
  }
  return dns.length;
}

function numeric(address: string): number {
  return address.split('.').reduce((value, octet) => value * 256 + Number(octet), 0);
}

function add(bytes: Uint8Array, start: number): number {
  let total = start;
  for (let i = 0; i < bytes.length; i += 2) total += ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0);
  return total;
}

function folded(total: number): number {
  let value = total;
  while (value > 0xffff) value = (value & 0xffff) + Math.floor(value / 0x1_0000);
  return ~value & 0xffff;
}

/** Internet checksum with the pseudo-header (RFC 9293 §3.1); 0 over what carries a right one. */
function sum(from: number, to: number, protocol: number, segment: Uint8Array): number {
  const pseudo = (from >>> 16) + (from & 0xffff) + (to >>> 16) + (to & 0xffff) + protocol + segment.length;
  return folded(add(segment, pseudo));
}
