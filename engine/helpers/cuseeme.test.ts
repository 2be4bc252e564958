import { describe, expect, it } from 'vitest';
import { HOST1, HOST2, Lab, OTHER, OUTSIDE } from '../masquerade/lab.ts';
import { parseAddress } from '../packet/address.ts';
import { get16, get32, put16, put32 } from '../packet/bytes.ts';
import { Datagrams, survivesAnyDatagram } from './datagrams.ts';

const meeting = { helper: 'cuseeme', port: 7648, clientPort: 7648 };

interface Facts {
  to?: [string, number];
  from?: [string, number];
  type?: number;
  clients?: string[];
  counted?: number;
}

function packet({ to, from, type = 1, clients = [], counted = clients.length }: Facts): Uint8Array {
  const b = new Uint8Array(clients.length > 0 || type === 101 ? 56 + clients.length * 12 : 40);
  put16(b, 0, 2);
  put16(b, 8, 2);
  if (to) {
    put16(b, 2, to[1]);
    put32(b, 4, parseAddress(to[0]));
  }
  if (from) {
    put16(b, 10, from[1]);
    put32(b, 12, parseAddress(from[0]));
  }
  put16(b, 22, type);
  if (type === 101) put16(b, 26, counted);
  for (const [i, client] of clients.entries()) put32(b, 56 + i * 12, parseAddress(client));
  return b;
}

describe('CU-SeeMe', () => {
  it('the sender’s address and port are those the other end sees', () => {
    const ends = new Datagrams(meeting);
    const sent = ends.say(packet({ from: [HOST1, 7648] }));
    expect(sent).toEqual(packet({ from: [OUTSIDE, 7648] }));
    expect(ends.outsidePort).toBe(7648);
    expect(ends.hear(packet({ to: [OUTSIDE, 7648] }))).toEqual(packet({ to: [HOST1, 7648] }));
    for (let i = 0; i < 5; i++) ends.say(packet({ from: [HOST1, 7648] }));
    expect(ends.hits).toBe(1);
  });
  it('a second client has its own port named, both ways', () => {
    const first = new Datagrams(meeting);
    const second = new Datagrams({ ...meeting, lab: first.lab, inside: HOST2 });
    first.say(packet({ from: [HOST1, 7648] }));
    const sent = second.say(packet({ from: [HOST2, 7648] })) ?? new Uint8Array();
    expect(second.outsidePort).not.toBe(7648);
    expect(get16(sent, 10)).toBe(second.outsidePort);
    expect(get32(sent, 12)).toBe(parseAddress(OUTSIDE));
    expect(second.hear(packet({ to: [OUTSIDE, second.outsidePort] }))).toEqual(packet({ to: [HOST2, 7648] }));
    expect(first.hear(packet({ to: [OUTSIDE, 7648] }))).toEqual(packet({ to: [HOST1, 7648] }));
  });
  it('the client finds itself in the list of an open-continue, wherever it stands', () => {
    const ends = new Datagrams(meeting);
    ends.say(packet({ from: [HOST1, 7648] }));
    const list = { type: 101, to: [OUTSIDE, 7648] as [string, number] };
    expect(ends.hear(packet({ ...list, clients: [OTHER, OUTSIDE, OTHER] }))).toEqual(
      packet({ type: 101, to: [HOST1, 7648], clients: [OTHER, HOST1, OTHER] }),
    );
  });
  it('a reflector inside behind a forward has its address rewritten too', () => {
    const ends = new Datagrams({ ...meeting, insideIsServer: true });
    expect(ends.hear(packet({ to: [OUTSIDE, 7648] }))).toEqual(packet({ to: [HOST1, 7648] }));
    expect(ends.say(packet({ from: [HOST1, 7648] }))).toEqual(packet({ from: [OUTSIDE, 7648] }));
  });
  it('off: nothing is rewritten', () => {
    const ends = new Datagrams({ ...meeting, on: false });
    expect(ends.say(packet({ from: [HOST1, 7648] }))).toEqual(packet({ from: [HOST1, 7648] }));
    expect(ends.hear(packet({ to: [OUTSIDE, 7648] }))).toEqual(packet({ to: [OUTSIDE, 7648] }));
  });
  it('an address left empty, or right already, stays', () => {
    const ends = new Datagrams(meeting);
    for (const facts of [{}, { from: [OUTSIDE, 7648] as [string, number] }])
      expect(ends.say(packet(facts))).toEqual(packet(facts));
    expect(ends.refusals).toEqual([]);
  });
  it('follows the line to another address', () => {
    const lab = new Lab({ helpers: { cuseeme: { on: true, ports: [] } } }).up();
    const ends = new Datagrams({ ...meeting, lab });
    ends.say(packet({ from: [HOST1, 7648] }));
    lab.down();
    lab.up('203.0.113.99');
    expect(ends.say(packet({ from: [HOST1, 7648] }))).toEqual(packet({ from: ['203.0.113.99', 7648] }));
  });
});

describe('CU-SeeMe, attacks', () => {
  it('a third party is not put in, and counted', () => {
    const ends = new Datagrams(meeting);
    expect(ends.say(packet({ from: [HOST2, 7648] }))).toEqual(packet({ from: [HOST2, 7648] }));
    expect(ends.refusals).toEqual(['the packet names a third party as its sender']);
    expect(ends.hear(packet({ to: [HOST2, 7648] }))).toEqual(packet({ to: [HOST2, 7648] }));
  });
  it('a count beyond the packet’s end is not believed', () => {
    const ends = new Datagrams(meeting);
    ends.say(packet({ from: [HOST1, 7648] }));
    const facts = { type: 101, clients: [OUTSIDE], counted: 65_535 };
    expect(ends.hear(packet(facts))).toEqual(packet({ ...facts, clients: [HOST1] }));
    expect(ends.hear(packet(facts).subarray(0, 67))).toEqual(packet(facts).subarray(0, 67));
  });
  const seeds = [
    packet({ from: [HOST1, 7648] }),
    packet({ to: [OUTSIDE, 7648] }),
    packet({ type: 101, to: [OUTSIDE, 7648], from: [HOST1, 7648], clients: [OUTSIDE, OTHER, OUTSIDE] }),
  ];
  survivesAnyDatagram(meeting, seeds);
  survivesAnyDatagram({ ...meeting, insideIsServer: true }, seeds);
});
