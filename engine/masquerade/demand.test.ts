import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { get16 } from '../packet/bytes.ts';
import { DemandRules, fits, readQuestion } from './demand.ts';
import { runs, tellInputs } from './fuzz.ts';
import { DNS, HOST1, Lab, udp } from './lab.ts';
import { DNS_ALIAS, TUN_ADDRESS } from './state.ts';

function query(name: string, id = 0x1234): Uint8Array {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Uint8Array.from([
    id >> 8,
    id & 255,
    1,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    1,
    ...labels,
    0,
    0,
    1,
    0,
    1,
    0,
    0,
    41,
  ]);
}
const ask = (name: string) => udp(TUN_ADDRESS, 3000, DNS_ALIAS, 53, query(name));
const payload = (bytes: Uint8Array | undefined) => (bytes ?? new Uint8Array(28)).subarray(28);

afterAll(tellInputs);

describe('demand rules', () => {
  it('the first rule that fits decides; a name without one dials', () => {
    const demandRules = [
      { action: 'dial' as const, pattern: 'good.ads.example' },
      { action: 'ignore' as const, pattern: '*.ads.example' },
      { action: 'ignore' as const, pattern: 'NTP?.example.org' },
    ];
    const wanted = (name: string) => {
      const lab = new Lab({ demand: true, demandRules });
      lab.out(ask(name));
      return lab.wants.map((want) => want.reason);
    };
    expect(wanted('Good.ads.example')).toEqual(['the name good.ads.example']);
    expect(wanted('bad.ads.example')).toEqual([]);
    expect(wanted('ads.example')).toEqual(['the name ads.example']);
    expect(wanted('ntp1.example.org')).toEqual([]);
    expect(wanted('ntp12.example.org')).toHaveLength(1);
  });
  it('an ignored lookup is answered at once: server failure, with the question as it was', () => {
    const lab = new Lab({ demand: true, demandRules: [{ action: 'ignore', pattern: '*' }] });
    const [answer] = lab.out(ask('www.example.org'));
    expect(answer).toMatchObject({
      link: 0,
      source: DNS_ALIAS,
      sourcePort: 53,
      destination: TUN_ADDRESS,
      destinationPort: 3000,
    });
    const dns = payload(answer?.bytes);
    expect([get16(dns, 0), get16(dns, 2), get16(dns, 4), get16(dns, 10)]).toEqual([0x1234, 0x8182, 1, 0]);
    expect([...dns.subarray(12)]).toEqual([...query('www.example.org').subarray(12, -3)]);
    expect(lab.counter('demand-ignored')).toBe(1);
    lab.up();
    expect(lab.links).toHaveLength(0);
  });
  it('a lookup that a client sends to a server of its own is judged alike', () => {
    const lab = new Lab({ demand: true, demandRules: [{ action: 'ignore', pattern: '*.example' }] });
    expect(lab.out(udp(HOST1, 3000, '8.8.8.8', 53, query('a.example')))).toMatchObject([
      { source: '8.8.8.8', destination: HOST1 },
    ]);
    lab.out(udp(HOST1, 3000, '8.8.8.8', 53, query('a.example.org')));
    expect(lab.wants).toEqual([{ client: HOST1, reason: 'the name a.example.org' }]);
  });
  it('names of the local network never dial, unless a rule says so', () => {
    const rules = new DemandRules();
    const local = [
      'printer',
      'printer.local',
      'nas.lan',
      'router.home.arpa',
      'wpad.example.org',
      'localhost',
    ];
    const reverse = ['1.0.168.192.in-addr.arpa', '4.3.20.172.in-addr.arpa', '9.9.9.10.in-addr.arpa'];
    for (const name of [...local, ...reverse]) expect([name, rules.dials(name)]).toEqual([name, false]);
    for (const name of [
      'example.org',
      'local.example',
      '80.100.51.198.in-addr.arpa',
      '1.1.32.172.in-addr.arpa',
    ])
      expect([name, rules.dials(name)]).toEqual([name, true]);
    rules.configure([{ action: 'dial', pattern: '*.LAN.' }]);
    expect(rules.dials('nas.lan')).toBe(true);
  });
  it('while the line is up every name goes out', () => {
    const lab = new Lab({ demand: true, demandRules: [{ action: 'ignore', pattern: '*' }] }).up();
    expect(lab.out(ask('bad.example'))).toMatchObject([{ destination: DNS }]);
  });
  it('property: the wildcard match is the plain one', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, word, (p, text) => {
        const plain = p.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(fits(p, text)).toBe(new RegExp(`^${plain}$`).test(text));
      }),
      runs(2000),
    );
  });
  it('property: no bytes lead the reader out of the packet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(80), (bytes, at) => {
        const end = bytes.length;
        const question = readQuestion(bytes, Math.min(at, end), end);
        if (question) expect(question.end).toBeLessThanOrEqual(end);
      }),
      runs(2000),
    );
  });
});
