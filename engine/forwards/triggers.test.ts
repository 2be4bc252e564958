import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Trigger } from '../contract.ts';
import { runs, tellInputs } from '../masquerade/fuzz.ts';
import { forward, HOST1, HOST2, Lab, OTHER, OUTSIDE, SERVER, tcp, udp } from '../masquerade/lab.ts';
import { parseAddress } from '../packet/address.ts';
import { ACK, SYN } from '../packet/tcp.ts';
import { OPENINGS, REMEMBERED_REMOTES, Triggers } from './triggers.ts';

const trigger = (changes: Partial<Trigger> = {}): Trigger => ({
  id: 'game',
  on: true,
  protocol: 'udp',
  first: 6112,
  last: 6119,
  opens: [
    { protocol: 'udp', first: 28_800, last: 28_900 },
    { protocol: 'tcp', first: 3783, last: 3783 },
  ],
  seconds: 15,
  secure: false,
  ...changes,
});
const STRANGER = '198.51.100.99';
const THIRD = '192.168.66.12';
const control = (host: string, server = SERVER) => udp(host, 4000, server, 6112);
const knock = (port: number, from = STRANGER) => udp(from, 9, OUTSIDE, port);
const syn = (port: number, from = STRANGER) => tcp(from, 9, OUTSIDE, port, { flags: SYN, sequence: 5 });

afterAll(tellInputs);

describe('triggers', () => {
  it('nothing is open before control traffic; then every range is, for the host that sent it', () => {
    const lab = new Lab({ triggers: [trigger()] }).up();
    expect(lab.in(knock(28_850))).toHaveLength(0);
    lab.out(control(HOST1));
    expect(lab.in(knock(28_850))).toMatchObject([{ destination: HOST1, destinationPort: 28_850 }]);
    expect(lab.in(syn(3783))).toMatchObject([{ destination: HOST1, destinationPort: 3783 }]);
    expect(lab.in(knock(28_901))).toHaveLength(0);
    expect(lab.in(syn(28_850))).toHaveLength(0);
    expect(lab.in(tcp(STRANGER, 10, OUTSIDE, 3783, { flags: ACK }))).toHaveLength(0);
    expect(lab.out(udp(HOST1, 28_850, STRANGER, 9))).toMatchObject([
      { source: OUTSIDE, sourcePort: 28_850, destination: STRANGER },
    ]);
    expect(lab.router.counters()).toMatchObject({
      'trigger:game': 2,
      'trigger-opened:game': 1,
      triggered: 2,
    });
  });
  it('closes when its time is over, begins it anew with control traffic, and keeps what came in', () => {
    const lab = new Lab({ triggers: [trigger()] }).up();
    lab.out(control(HOST1));
    for (let i = 0; i < 4; i++) {
      lab.pass(10_000);
      lab.out(control(HOST1));
    }
    expect(lab.in(knock(28_800))).toHaveLength(1);
    expect(lab.router.portLeases(lab.now)).toMatchObject([
      { by: 'trigger', rule: 'game', client: HOST1, protocol: 'udp', outsidePort: 28_800, count: 101 },
      { by: 'trigger', protocol: 'tcp', outsidePort: 3783, count: 1, expires: lab.now + 15_000 },
    ]);
    lab.pass(16_000);
    expect(lab.in(knock(28_800))).toHaveLength(1);
    expect(lab.in(knock(28_801))).toHaveLength(0);
    expect(lab.in(knock(28_800, OTHER))).toHaveLength(0);
    expect(lab.router.portLeases(lab.now)).toEqual([]);
  });
  it('several hosts at once: who has contacted the remote has its packet, each on ports that are free', () => {
    const lab = new Lab({ triggers: [trigger()] }).up();
    lab.out(control(HOST1, SERVER));
    lab.out(control(HOST2, OTHER));
    expect(lab.in(knock(28_810, OTHER))).toMatchObject([{ destination: HOST2 }]);
    expect(lab.in(knock(28_811, SERVER))).toMatchObject([{ destination: HOST1 }]);
    expect(lab.in(knock(28_812))).toMatchObject([{ destination: HOST1 }]);
    // The port is HOST2's now, for everybody.
    expect(lab.in(knock(28_810))).toMatchObject([{ destination: HOST2 }]);
    // A third host owns a port in the range by its own traffic: it is nobody else's.
    lab.out(udp(THIRD, 28_813, SERVER, 1));
    expect(lab.in(knock(28_813))).toHaveLength(0);
  });
  it('secure: only from a contacted remote', () => {
    const lab = new Lab({ triggers: [trigger({ secure: true })] }).up();
    lab.out(control(HOST1, SERVER));
    expect(lab.in(knock(28_800, STRANGER))).toHaveLength(0);
    expect(lab.in(knock(28_800, SERVER))).toHaveLength(1);
    expect(lab.in(knock(28_800, STRANGER))).toHaveLength(0);
    lab.out(control(HOST1, STRANGER));
    expect(lab.in(knock(28_800, STRANGER))).toHaveLength(1);
  });
  it('opens the mapped port of the host itself as well', () => {
    const lab = new Lab({ triggers: [trigger()] }).up();
    lab.out(udp(HOST1, 28_820, SERVER, 6115));
    expect(lab.in(knock(28_820))).toMatchObject([{ destination: HOST1 }]);
  });
  it('a forward comes first, and a paused or switched-off rule opens nothing', () => {
    const forwards = [forward({ protocol: 'udp', first: 28_800, last: 28_800, insideFirst: 80 })];
    const lab = new Lab({ triggers: [trigger()], forwards }).up();
    lab.out(control(HOST2));
    expect(lab.in(knock(28_800))).toMatchObject([{ destination: HOST1, destinationPort: 80 }]);
    expect(lab.in(knock(28_801))).toMatchObject([{ destination: HOST2 }]);
    lab.configure({ triggers: [trigger()], access: { mode: 'everybody', chosen: [], paused: [HOST2] } });
    expect(lab.in(knock(28_802))).toHaveLength(0);
    lab.configure({ triggers: [trigger({ on: false })] });
    expect(lab.in(knock(28_801))).toHaveLength(0);
    expect(lab.in(knock(28_803))).toHaveLength(0);
  });
  it('a rule that comes while the control session is open works at its next packet', () => {
    const lab = new Lab().up();
    lab.out(control(HOST1));
    lab.configure({ triggers: [trigger()] });
    expect(lab.in(knock(28_800))).toHaveLength(0);
    lab.out(control(HOST1));
    expect(lab.in(knock(28_800))).toHaveLength(1);
  });
  it('follows a redial to another address', () => {
    const lab = new Lab({ triggers: [trigger({ seconds: 60 })] }).up();
    lab.out(control(HOST1));
    lab.down();
    lab.up('203.0.113.99');
    expect(lab.in(udp(STRANGER, 9, '203.0.113.99', 28_800))).toMatchObject([{ destination: HOST1 }]);
  });
  it('a client that is cut has nothing open any more', () => {
    const lab = new Lab({ triggers: [trigger()] }).up();
    lab.out(control(HOST1));
    lab.router.cut(HOST1, lab.now);
    expect(lab.in(knock(28_800))).toHaveLength(0);
  });
});

describe('Triggers', () => {
  it('property: bounded, and never open longer than its time', () => {
    const step = fc.tuple(fc.nat(400), fc.nat(60), fc.nat(4000));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), fc.boolean(), (steps, secure) => {
        const triggers = new Triggers(() => {});
        triggers.configure([trigger({ secure })]);
        const last = new Map<number, number>();
        let now = 1000;
        for (const [host, remote, wait] of steps) {
          now += wait;
          const inside = parseAddress('10.0.0.0') + host;
          triggers.note(17, inside, remote, 6112, now);
          last.set(inside, now);
          expect(triggers.list(now).length).toBeLessThanOrEqual(OPENINGS * 2);
          const to = triggers.hostFor(17, 28_800, remote, now, () => true);
          expect(now - (last.get(to) ?? Number.NEGATIVE_INFINITY)).toBeLessThan(15_000);
        }
        expect(triggers.hostFor(17, 28_800, 1, now + 15_000, () => true)).toBe(0);
      }),
      runs(30),
    );
  });
  it('remembers a bounded number of remotes, the latest', () => {
    const triggers = new Triggers(() => {});
    triggers.configure([trigger({ secure: true })]);
    for (let remote = 1; remote <= REMEMBERED_REMOTES + 1; remote++)
      triggers.note(17, 7, remote, 6112, remote);
    expect(triggers.hostFor(17, 28_800, 1, 50, () => true)).toBe(0);
    expect(triggers.hostFor(17, 28_800, 2, 50, () => true)).toBe(7);
  });
});
