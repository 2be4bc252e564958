import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LanCandidate } from '../../main/contract.ts';
import {
  compareAddresses,
  formatAddress,
  parseAddress,
  sameNetwork,
  suggestLan,
  suggestRange,
} from './address.ts';

const card = (name: string, addresses: string[]): LanCandidate => ({
  name,
  description: '',
  addresses,
  up: true,
  wireless: false,
  carriesDefault: false,
});

it('reads back what it writes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (n) => parseAddress(formatAddress(n)) === n),
  );
});

it.each(['', '1.2.3', '1.2.3.256', '1.2.3.4.5', 'a.b.c.d', '1..2.3'])('refuses %j', (text) => {
  expect(parseAddress(text)).toBeNull();
});

it('orders by number', () => {
  expect(['10.0.0.10', 'x', '10.0.0.9'].sort(compareAddresses)).toEqual(['10.0.0.9', '10.0.0.10', 'x']);
});

it('suggests a range inside the network and without the gateway', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 8, max: 30 }), (own, prefix) => {
      const range = suggestRange(formatAddress(own), prefix);
      if (!range) return;
      const first = parseAddress(range.first) ?? -1;
      const last = parseAddress(range.last) ?? -1;
      expect(first <= last && (own < first || own > last)).toBe(true);
      expect(sameNetwork(own, first, prefix) && sameNetwork(own, last, prefix)).toBe(true);
    }),
  );
});

describe('suggestLan', () => {
  it('keeps the address a card has', () => {
    expect(suggestLan(card('eth1', ['10.1.2.3/16']), [])).toMatchObject({ address: '10.1.2.3', prefix: 16 });
  });

  it('keeps out of the networks of other cards', () => {
    const other = card('eth0', ['192.168.66.20/24', 'fe80::1/64']);
    const fresh = card('eth1', []);
    expect(suggestLan(fresh, [other, fresh])).toMatchObject({
      interface: 'eth1',
      address: '192.168.67.1',
      prefix: 24,
      dhcp: { first: '192.168.67.100', last: '192.168.67.199' },
    });
  });
});
