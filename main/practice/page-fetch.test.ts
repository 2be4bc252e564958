import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageFetch, readAnswer } from './page-fetch.ts';

const PAGE = Buffer.from('A page of the practice Internet. '.repeat(80), 'latin1');
const LOCAL = '192.168.67.10';
const SERVER = [198, 51, 100, 80];

/** A name server and a web server that lose what `loses` says, packet by packet, either way. */
function fetchPage(
  loses: (packet: number) => boolean,
  answer = `HTTP/1.0 200 OK\r\n\r\n${PAGE.toString('latin1')}`,
) {
  const result: { end: { ok: boolean; body?: Uint8Array; why?: string } | null } = { end: null };
  const queue: Uint8Array[] = [];
  let count = 0;
  let now = 0;
  let acked = 0;
  const isn = 0xffff_fff0; // wraps soon
  const data = Buffer.from(answer, 'latin1');
  let asked = false;
  const reply = (
    protocol: number,
    source: number[],
    port: number,
    toPort: number,
    fill: (view: DataView) => Uint8Array,
  ) => {
    const packet = new Uint8Array(1600);
    const view = new DataView(packet.buffer);
    view.setUint16(20, port);
    view.setUint16(22, toPort);
    const rest = fill(new DataView(packet.buffer, 20));
    const total = rest.byteOffset + rest.length;
    packet[0] = 0x45;
    packet[9] = protocol;
    view.setUint16(2, total);
    packet.set(source, 12);
    packet.set(LOCAL.split('.').map(Number), 16);
    if (protocol === 6) view.setUint16(36, checksum(packet.subarray(0, total)));
    if (!loses(count++)) queue.push(packet.slice(0, total));
  };
  const segment = (toPort: number, seq: number, ack: number, flags: number, body: Uint8Array) =>
    reply(6, SERVER, 80, toPort, (view) => {
      view.setUint32(4, seq >>> 0);
      view.setUint32(8, ack >>> 0);
      view.setUint8(12, 0x50);
      view.setUint8(13, flags);
      new Uint8Array(view.buffer).set(body, 40);
      return new Uint8Array(view.buffer, 0, 40 + body.length);
    });
  let clientSeq = 0;
  const serve = (port: number) => {
    const from = acked;
    if (from < data.length) {
      const piece = data.subarray(from, from + 300);
      segment(port, isn + 1 + from, clientSeq, 0x18, piece);
    } else if (from === data.length) segment(port, isn + 1 + from, clientSeq, 0x11, new Uint8Array(0));
  };
  const page = new PageFetch(
    { local: LOCAL, dns: '192.0.0.6', name: 'www.practice.example', path: '/page.html', random: () => 0.5 },
    {
      send(packet) {
        if (loses(count++)) return;
        const view = new DataView(packet.buffer, packet.byteOffset);
        const port = view.getUint16(20);
        if (packet[9] === 17) {
          const query = packet.subarray(28);
          reply(17, [192, 0, 0, 6], 53, port, (out) => {
            const bytes = new Uint8Array(out.buffer);
            bytes.set(query, 28);
            bytes[30] = 0x81;
            bytes[31] = 0x80;
            bytes[35] = 1;
            bytes.set([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...SERVER], 28 + query.length);
            return new Uint8Array(out.buffer, 0, 28 + query.length + 16);
          });
          return;
        }
        expect(checksum(packet)).toBe(0);
        const flags = packet[33] as number;
        const seq = view.getUint32(24);
        if ((flags & 2) !== 0) {
          clientSeq = (seq + 1) >>> 0;
          segment(port, isn, clientSeq, 0x12, new Uint8Array(0));
          return;
        }
        const body = packet.subarray(40);
        if (body.length > 0) {
          expect(Buffer.from(body).toString()).toContain(
            'GET /page.html HTTP/1.0\r\nHost: www.practice.example',
          );
          asked = true;
          clientSeq = (seq + body.length) >>> 0;
        }
        const got = ((view.getUint32(28) - isn - 1) | 0) >>> 0;
        acked = Math.min(data.length, got);
        if (asked && got <= data.length) serve(port);
      },
      ended(end) {
        result.end = end;
      },
    },
  );
  page.begin(now);
  for (let step = 0; step < 3000 && result.end === null; step++) {
    const packet = queue.shift();
    if (packet !== undefined) page.receive(packet, now);
    else {
      now = Math.max(now + 1, Math.min(page.nextDeadline() ?? now, now + 1_000));
      page.advance(now);
    }
  }
  return { end: result.end, page };
}

function checksum(packet: Uint8Array): number {
  const body = packet.subarray(20);
  let total = 6 + body.length;
  for (const bytes of [packet.subarray(12, 20), body])
    for (let i = 0; i < bytes.length; i += 2) total += ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}

describe('the practice caller’s browser', () => {
  it('looks the name up, gets the page, and closes', () => {
    const { end, page } = fetchPage(() => false);
    expect(end).toMatchObject({ ok: true });
    expect(Buffer.from(end?.body ?? []).equals(PAGE)).toBe(true);
    expect(page.nextDeadline()).toBeNull();
  });

  it('repeats name and opening that were lost', () => {
    for (const lost of [0, 1, 2, 3])
      expect(fetchPage((packet) => packet === lost).end).toMatchObject({ ok: true });
  });

  it.each([
    ['a silent name server', () => true, undefined, 'name server'],
    ['a page that is not there', () => false, 'HTTP/1.0 404 Not Found\r\n\r\n', '404'],
    ['something that is no HTTP', () => false, 'hello', 'nothing known'],
  ])('says why: %s', (_, loses, answer, why) => {
    expect(fetchPage(loses, answer).end).toMatchObject({ ok: false, why: expect.stringContaining(why) });
  });

  it('stands any packet and any answer of a name server', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 120 })), (packets) => {
        const page = new PageFetch(
          { local: LOCAL, dns: '192.0.0.6', name: 'a.b', path: '/', random: () => 0.1 },
          { send() {}, ended() {} },
        );
        page.begin(0);
        for (const packet of packets) {
          page.receive(packet, 1);
          const aimed = Uint8Array.of(
            0x45,
            0,
            0,
            20 + packet.length,
            ...Array(5).fill(0),
            17,
            0,
            0,
            192,
            0,
            0,
            6,
            192,
            168,
            67,
            10,
            ...packet,
          );
          page.receive(aimed, 1);
          readAnswer(packet, ((packet[0] ?? 0) << 8) | (packet[1] ?? 0));
        }
      }),
    );
  });
});
