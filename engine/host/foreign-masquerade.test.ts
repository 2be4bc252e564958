/** Which foreign postrouting rules would hide the LAN's hosts, read from what nft prints. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lan } from '../contract.ts';
import type { NftObject } from './foreign.ts';
import { findForeignMasquerades } from './foreign-masquerade.ts';

const LAN: Lan = { interface: 'eth1', address: '192.168.66.1', prefix: 24, dhcp: null };
const match = (left: object, right: unknown, op = '==') => ({ match: { op, left, right } });
const oif = (name: unknown, op?: string) => match({ meta: { key: 'oifname' } }, name, op);
const source = (addr: string, len: number, op?: string) =>
  match({ payload: { protocol: 'ip', field: 'saddr' } }, { prefix: { addr, len } }, op);
const HIDE = { masquerade: null };

/** A table `nat` whose chains are these; the first hangs at postrouting. */
function ruleset(chains: Record<string, object[][]>): NftObject[] {
  return Object.entries(chains).flatMap(([name, rules], index) => [
    { chain: { family: 'ip', table: 'nat', name, ...(index === 0 ? { hook: 'postrouting' } : {}) } },
    ...rules.map((expr) => ({ rule: { family: 'ip', table: 'nat', chain: name, expr } })),
  ]);
}
const found = (chains: Record<string, object[][]>) => findForeignMasquerades(ruleset(chains), LAN);

describe('a foreign masquerade', () => {
  it.each<[string, object[], boolean]>([
    ['everything', [{ counter: {} }, HIDE], true],
    ['a card of its own', [oif('eth0'), HIDE], false],
    ['cards of its own', [oif({ set: ['eth0', 'wlan0'] }), HIDE], false],
    ['all cards but one', [oif('docker0', '!='), HIDE], true],
    ['all cards but ours', [oif('masq0', '!='), HIDE], false],
    ['ours by pattern', [oif('masq*'), HIDE], true],
    ['Docker’s network', [source('172.17.0.0', 16), oif('docker0', '!='), HIDE], false],
    ['the LAN’s network', [source('192.168.0.0', 16), HIDE], true],
    ['all but the LAN’s network', [source('192.168.66.0', 24, '!='), HIDE], false],
    ['only TCP', [match({ payload: { protocol: 'ip', field: 'protocol' } }, 'tcp'), HIDE], true],
    ['marked packets', [match({ meta: { key: 'mark' } }, 1), HIDE], false],
    ['one fixed address', [{ snat: { addr: '1.2.3.4' } }], true],
    ['iptables’ own', [{ xt: { type: 'target', name: 'MASQUERADE' } }], true],
    [
      'iptables’ own with a match',
      [{ xt: { type: 'match', name: 'policy' } }, { xt: { type: 'target', name: 'MASQUERADE' } }],
      false,
    ],
    [
      'what goes to private nets',
      [
        match({ payload: { protocol: 'ip', field: 'daddr' } }, { prefix: { addr: '10.0.0.0', len: 8 } }),
        HIDE,
      ],
      false,
    ],
  ])('of %s', (_what, expr, hides) => {
    expect(found({ POSTROUTING: [expr] })).toHaveLength(hides ? 1 : 0);
  });

  it('is found behind jumps, and not behind a rule that accepts or returns before it', () => {
    const jump = [{ jump: { target: 'ZONES' } }];
    expect(found({ POSTROUTING: [jump], ZONES: [[oif('eth0')], [HIDE]] })).toEqual([
      { owner: 'the firewall table “nat”', where: 'ip nat ZONES' },
    ]);
    expect(found({ POSTROUTING: [jump], ZONES: [[{ return: null }], [HIDE]] })).toEqual([]);
    expect(found({ POSTROUTING: [[{ accept: null }], [HIDE]] })).toEqual([]);
    expect(found({ POSTROUTING: [[{ goto: { target: 'ZONES' } }], [HIDE]], ZONES: [] })).toEqual([]);
    expect(found({ POSTROUTING: [jump, [HIDE]], ZONES: [jump] })).toHaveLength(1);
  });

  it('of another hook, or of IPv6, is none', () => {
    const rule = { rule: { family: 'ip6', table: 'nat', chain: 'c', expr: [HIDE] } };
    const chain = { family: 'ip6', table: 'nat', name: 'c', hook: 'postrouting' };
    expect(findForeignMasquerades([{ chain }, rule], LAN)).toEqual([]);
    expect(found({ POSTROUTING: [], OTHER: [[HIDE]] })).toEqual([]);
  });

  it('is looked for in anything nft may print, without a crash', () => {
    const expression = fc.array(
      fc.dictionary(fc.constantFrom('match', 'xt', 'jump', 'goto', 'snat'), fc.object()),
    );
    fc.assert(
      fc.property(expression, (expr) => {
        found({ POSTROUTING: [expr], x: [expr] });
      }),
    );
  });
});
