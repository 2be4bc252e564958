import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lan } from '../contract.ts';
import {
  callerClash,
  dhcpRangeFault,
  freeNet,
  lanClash,
  network,
  overlaps,
  ownAddressClash,
  providerClash,
  routeClash,
  toNumber,
  toText,
} from './clash.ts';

const lan: Lan = {
  interface: 'eth1',
  address: '192.168.66.1',
  prefix: 24,
  dhcp: { first: '192.168.66.100', last: '192.168.66.199', leaseSeconds: 3600 },
};
const at = (name: string, address: string, prefix: number) => ({ interface: name, address, prefix });

describe('networks', () => {
  it('text and number are one to one', () => {
    fc.assert(fc.property(fc.nat(0xffffffff), (value) => toNumber(toText(value)) === value));
  });

  it.each([
    ['10.0.0.1', 8, '10.200.0.0', 16, true],
    ['192.168.1.1', 24, '192.168.2.1', 24, false],
    ['192.168.1.1', 24, '192.168.0.0', 16, true],
    ['1.2.3.4', 32, '1.2.3.4', 32, true],
    ['255.255.255.255', 32, '0.0.0.0', 0, true],
    ['127.255.255.255', 1, '128.0.0.0', 1, false],
  ])('%s/%i and %s/%i overlap: %s', (a, aPrefix, b, bPrefix, expected) => {
    expect(overlaps(a, aPrefix, b, bPrefix)).toBe(expected);
    expect(overlaps(b, bPrefix, a, aPrefix)).toBe(expected);
  });

  it('names a network by its first address', () => expect(network('10.5.7.1', 16)).toBe('10.5.0.0/16'));
});

describe('a clash', () => {
  it('is none with the LAN card itself', () => {
    expect(lanClash(lan, [at('eth1', '192.168.66.1', 24), at('eth0', '10.0.0.2', 8)])).toBeNull();
  });

  it('with another card names that card and a net that is free', () => {
    const fault = lanClash(lan, [at('wlan0', '192.168.66.20', 24), at('tun0', '192.168.77.3', 32)]);
    expect(fault?.sentence).toContain('wlan0');
    expect(fault?.remedy).toContain('172.31.66.1');
  });

  it('proposes nothing when everything is taken', () => {
    expect(freeNet([at('a', '0.0.0.0', 0)])).toBeNull();
  });

  it('with the provider is seen in its addresses and name servers', () => {
    const up = { local: '10.1.1.2', peer: '10.1.1.1', dns: ['192.168.66.53'] };
    expect(providerClash(lan, up, [])?.code).toBe('provider-clash');
    expect(providerClash(lan, { ...up, dns: ['9.9.9.9'] }, [])).toBeNull();
    expect(providerClash(null, up, [])).toBeNull();
  });

  it('with an address of the engine names the card', () => {
    expect(ownAddressClash(['192.0.2.1'], [at('eth0', '192.0.2.2', 24)])?.sentence).toContain('eth0');
    expect(ownAddressClash(['192.0.2.1'], [at('eth0', '10.0.0.2', 24)])).toBeNull();
  });
});

describe('a DHCP range', () => {
  const range = (first: string, last: string) =>
    dhcpRangeFault({ ...lan, dhcp: { first, last, leaseSeconds: 600 } });
  it.each([
    ['192.168.66.100', '192.168.66.199', true],
    ['192.168.66.2', '192.168.66.254', true],
    ['192.168.66.1', '192.168.66.9', false],
    ['192.168.66.0', '192.168.66.9', false],
    ['192.168.66.9', '192.168.66.255', false],
    ['192.168.66.20', '192.168.66.10', false],
    ['192.168.67.20', '192.168.67.30', false],
  ])('%s to %s fits: %s', (first, last, fits) => expect(range(first, last) === null).toBe(fits));
});

describe('a caller', () => {
  const local = [at('eth1', '192.168.66.1', 24), at('eth0', '10.0.0.2', 8), at('masq0', '192.0.0.5', 32)];
  const others = [{ local: '192.168.66.1', peer: '192.168.66.60' }];
  const clash = (peer: string, own = '192.168.66.1') =>
    callerClash(lan, { local: own, peer }, others, local)?.cause ?? null;

  it.each(['192.168.66.50', '192.168.66.254', '172.20.0.9'])('may be %s', (peer) => {
    expect(clash(peer)).toBeNull();
  });

  it('may be met with an end of ours that is new here', () => {
    expect(clash('172.20.0.9', '172.20.0.1')).toBeNull();
    expect(clash('172.20.0.9', '192.0.0.5')).toBeNull();
  });

  it.each([
    ['192.168.66.1', '192.168.66.1', /itself, on eth1/],
    ['192.0.0.5', '192.168.66.1', /itself, on masq0/],
    ['192.168.66.60', '192.168.66.1', /Another caller/],
    ['192.168.66.0', '192.168.66.1', /first or the last/],
    ['192.168.66.255', '192.168.66.1', /first or the last/],
    ['192.168.66.100', '192.168.66.1', /192\.168\.66\.100 to 192\.168\.66\.199/],
    ['192.168.66.199', '192.168.66.1', /are given/],
    ['10.9.9.9', '192.168.66.1', /10\.0\.0\.0\/8 behind eth0/],
    ['172.20.0.9', '192.168.66.2', /not this computer’s address there/],
    ['172.20.0.9', '192.168.66.60', /another caller has it now/],
    ['172.20.0.9', '10.0.0.9', /behind eth0/],
    ['172.20.0.9', '172.20.0.9', /as well/],
  ])('may not be %s with %s as our end', (peer, own, cause) => expect(clash(peer, own)).toMatch(cause));

  const routes = [
    { dst: 'default', gateway: '203.0.113.1', dev: 'eth0' },
    { dst: '0.0.0.0/1', dev: 'tun0' },
    { dst: '10.8.0.0/16', gateway: '172.31.0.1', dev: 'tun0' },
    { dst: '172.31.0.1', dev: 'tun0' },
  ];
  const routed = (peer: string, own = '192.168.66.1') =>
    routeClash(lan, { local: own, peer }, routes)?.cause ?? null;

  it('may be anywhere that only a default route leads to', () => {
    expect(routed('172.20.0.9', '172.20.0.1')).toBeNull();
    expect(routeClash(null, { local: '10.64.0.1', peer: '10.64.0.2' }, routes)).toBeNull();
  });

  it.each([
    ['203.0.113.1', '192.168.66.1', /the gateway of this computer’s route to default by eth0/],
    ['10.8.3.4', '192.168.66.1', /reaches 10\.8\.0\.0\/16 by tun0/],
    ['172.20.0.9', '10.8.3.4', /reaches 10\.8/],
    ['172.31.0.1', '192.168.66.1', /the gateway/],
    ['255.255.255.255', '192.168.66.1', /no address that a computer may have/],
    ['224.0.0.251', '192.168.66.1', /no address/],
    ['127.0.0.53', '192.168.66.1', /no address/],
    ['172.20.0.9', '0.0.0.0', /no address/],
  ])('may not take %s with %s as our end', (peer, own, cause) => expect(routed(peer, own)).toMatch(cause));
});
