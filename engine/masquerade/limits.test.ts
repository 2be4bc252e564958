import { describe, expect, it } from 'vitest';
import { config, Lab, SERVER, udp } from './lab.ts';
import { SESSION_CAPACITY } from './table.ts';

/** Has a host send from one socket to every port of a server; returns how many flows got through. */
function scan(lab: Lab, host: string, server: string): number {
  let through = 0;
  for (let port = 1; port < 65_536; port++) through += lab.out(udp(host, 5000, server, port)).length;
  return through;
}

describe('sessions', () => {
  it('hosts that run wild together leave room for another', () => {
    const masquerade = { ...config().masquerade, clientMappings: 60_000 };
    const lab = new Lab({ masquerade }).up();
    const got = [];
    for (let host = 20; host < 24; host++) got.push(scan(lab, `192.168.66.${host}`, SERVER));
    expect(got.reduce((sum, one) => sum + one)).toBeLessThan(SESSION_CAPACITY);
    expect(lab.counter('table-full')).toBe(0);
    let opened = 0;
    for (let port = 6000; port < 6300; port++)
      opened += lab.out(udp('192.168.66.50', port, SERVER, 53)).length;
    expect(opened).toBe(300);
  });
});
