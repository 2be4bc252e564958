/** What other programs print, read by pure functions: leases, firewalls, NetworkManager, the journal. */
import { describe, expect, it } from 'vitest';
import { dnsmasqArguments } from './dnsmasq.ts';
import { findForwardDrops, type NftObject, RULE_COMMENT } from './foreign.ts';
import { parseJournal } from './journal.ts';
import { parseLeases } from './leases.ts';
import { isManaged } from './network-manager.ts';
import { practiceBytes, practicePage } from './practice-net.ts';

describe('leases', () => {
  it('are read line by line, and what is none is passed over', () => {
    const text = [
      '1795182351 52:54:00:00:00:01 192.168.66.131 masq-host1 01:52:54:00:00:00:01',
      '0 52:54:00:00:00:02 192.168.66.132 * *',
      'duid 00:01:00:01',
      '1795182351 00:00:00:00:00:03 fe80::1 six *',
      '1795182351 52:54:00:00:00:04 192.168.6',
      '',
    ].join('\n');
    expect(parseLeases(text)).toEqual([
      { expires: 1795182351000, mac: '52:54:00:00:00:01', address: '192.168.66.131', name: 'masq-host1' },
      { expires: null, mac: '52:54:00:00:00:02', address: '192.168.66.132', name: null },
    ]);
  });
});

describe('foreign firewalls', () => {
  const chain = (table: string, name: string, policy = 'drop', family = 'ip'): NftObject => ({
    chain: { family, table, name, hook: 'forward', policy },
  });
  const rule = (table: string, name: string, expr: unknown[], comment?: string): NftObject => ({
    rule: { family: 'ip', table, chain: name, expr, ...(comment === undefined ? {} : { comment }) },
  });

  it('with a drop policy are named by the chains beside it', () => {
    const docker = { chain: { family: 'ip', table: 'filter', name: 'DOCKER-USER' } };
    expect(findForwardDrops([chain('filter', 'FORWARD'), docker])).toMatchObject([
      { owner: 'Docker', family: 'ip', table: 'filter', chain: 'FORWARD', open: false },
    ]);
    const ufw = { chain: { family: 'ip', table: 'filter', name: 'ufw-before-forward' } };
    expect(findForwardDrops([chain('filter', 'FORWARD'), ufw])[0]?.owner).toBe('ufw');
    expect(findForwardDrops([chain('mine', 'fwd')])[0]?.owner).toContain('mine');
  });

  it('are firewalld, which refuses by its last rule', () => {
    const found = findForwardDrops([chain('firewalld', 'filter_FORWARD', 'accept', 'inet')]);
    expect(found).toMatchObject([{ owner: 'firewalld', family: 'inet' }]);
  });

  it('that only count, or accept, are none', () => {
    expect(findForwardDrops([chain('filter', 'FORWARD', 'accept')])).toEqual([]);
    const matched = rule('t', 'c', [{ match: {} }, { drop: null }]);
    expect(findForwardDrops([chain('t', 'c', 'accept'), matched])).toEqual([]);
    const last = rule('t', 'c', [{ counter: {} }, { reject: {} }]);
    expect(findForwardDrops([chain('t', 'c', 'accept'), last])).toHaveLength(1);
  });

  it('are open once both our rules stand in them', () => {
    const ours = rule('filter', 'FORWARD', [{ accept: null }], RULE_COMMENT);
    expect(findForwardDrops([chain('filter', 'FORWARD'), ours])[0]?.open).toBe(false);
    expect(findForwardDrops([chain('filter', 'FORWARD'), ours, ours])[0]?.open).toBe(true);
  });
});

describe('NetworkManager', () => {
  const listing = 'eth0:connected\neth1:unmanaged\nbr\\:lan:disconnected\nlo:unmanaged\n';
  it.each([
    ['eth0', true],
    ['eth1', false],
    ['br:lan', true],
    ['eth9', false],
    ['eth', false],
  ])('manages %s: %s', (device, managed) => expect(isManaged(listing, device)).toBe(managed));
});

describe('the journal', () => {
  it('keeps only whole steps of the closed set', () => {
    const text = [
      '{"kind":"rule","preference":6600}',
      '{"kind":"rule","preference":0}',
      '{"kind":"command","line":"rm -rf /"}',
      '{"kind":"sysctl","interface":"../../etc","name":"forwarding","value":"0"}',
      '{"kind":"namespace","name":"masq-isp"}',
      '{"kind":"namespace","name":"../x"}',
      '{"kind":"table","tab',
    ].join('\n');
    expect(parseJournal(text)).toEqual([
      { kind: 'rule', preference: 6600 },
      { kind: 'namespace', name: 'masq-isp' },
    ]);
  });
});

describe('dnsmasq', () => {
  const lan = {
    interface: 'eth1',
    address: '10.1.0.1',
    prefix: 16,
    dhcp: { first: '10.1.1.1', last: '10.1.1.99', leaseSeconds: 600 },
  };
  const options = { lan, dhcp: true, pingFirst: true, upstream: '192.0.2.53', directory: '/run/x' };
  it('asks one fixed server through masq0 and reads no file of the system’s', () => {
    const args = dnsmasqArguments(options);
    expect(args).toContain('--server=192.0.2.53@masq0');
    expect(args).toContain('--conf-file=/dev/null');
    expect(args).toContain('--dhcp-range=10.1.1.1,10.1.1.99,255.255.0.0,600s');
  });
  it('gives out no addresses where another server does', () => {
    expect(dnsmasqArguments({ ...options, dhcp: false }).join(' ')).not.toContain('dhcp');
  });
});

describe('practice content', () => {
  it('is the same every time, about as large as said', () => {
    expect(practicePage()).toBe(practicePage());
    expect(practicePage().length).toBeGreaterThan(19_900);
    expect(practicePage().length).toBeLessThan(20_200);
    expect([...practiceBytes(4)]).toEqual([...practiceBytes(1000).subarray(0, 4)]);
  });
});
