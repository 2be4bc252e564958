import { describe, expect, it } from 'vitest';
import { forwardSchema, MASQUERADE_DEFAULT } from '../contract.ts';
import { forward, HOST1, HOST2, Lab, OTHER, OUTSIDE, SERVER, tcp, udp } from '../masquerade/lab.ts';
import { SYN } from '../packet/tcp.ts';
import { staysClosed } from './helper.ts';
import { PRESETS, type Preset } from './presets.ts';

function forwardsOf(preset: Preset) {
  return preset.opens.map(({ protocol, first, last }, i) =>
    forward({ id: `${preset.name}-${i}`, protocol, first, last, insideFirst: first }),
  );
}

describe('presets', () => {
  it('are in order, each name once', () => {
    const names = PRESETS.map((preset) => preset.name);
    expect(names).toEqual([...new Set(names)].sort());
  });
  it.each(PRESETS.map((preset) => [preset.name, preset] as const))('%s is sound', (_name, preset) => {
    expect(preset.name).toMatch(/^[a-z0-9-]{1,24}$/);
    expect(preset.title.length).toBeLessThanOrEqual(64);
    expect(preset.hint).toMatch(/^[A-Z].*\.$/);
    for (const { first, last } of [...preset.triggers, ...preset.opens]) {
      expect(first).toBeGreaterThanOrEqual(1024);
      expect(last).toBeGreaterThanOrEqual(first);
      expect(last).toBeLessThanOrEqual(65_535);
    }
    // A preset never opens a wide range, nor one of the ports that nobody outside may be led to.
    for (const { protocol, first, last } of preset.opens) {
      expect(last - first).toBeLessThanOrEqual(200);
      for (let port = first; port <= last; port++) expect(staysClosed(protocol, port)).toBe(false);
    }
    for (const one of forwardsOf(preset)) expect(forwardSchema.safeParse(one).success).toBe(true);
  });
  it.each(PRESETS.map((preset) => [preset.name, preset] as const))(
    '%s: strangers reach every port it names, and no port beside them',
    (_name, preset) => {
      const lab = new Lab({ forwards: forwardsOf(preset) }).up();
      const comes = (protocol: string, port: number) =>
        lab.in(
          protocol === 'tcp'
            ? tcp(OTHER, 5000, OUTSIDE, port, { flags: SYN })
            : udp(OTHER, 5000, OUTSIDE, port),
        );
      for (const { protocol, first, last } of preset.opens) {
        for (const port of [first, last])
          expect(comes(protocol, port)).toMatchObject([{ destination: HOST1, destinationPort: port }]);
        const beside = [first - 1, last + 1].filter(
          (port) =>
            !preset.opens.some((one) => one.protocol === protocol && port >= one.first && port <= one.last),
        );
        for (const port of beside) expect(comes(protocol, port)).toEqual([]);
      }
    },
  );
});

describe('what loose UDP games need of the masquerade', () => {
  const loose = { ...MASQUERADE_DEFAULT, udpFiltering: 'endpoint-independent' as const };
  it('port 6112 stays the first player’s; strangers reach both players, by the addresses a server has seen', () => {
    const lab = new Lab({ masquerade: loose }).up();
    const [one] = lab.out(udp(HOST1, 6112, SERVER, 6112));
    const [two] = lab.out(udp(HOST2, 6112, SERVER, 6112));
    expect(one?.sourcePort).toBe(6112);
    expect(two?.sourcePort).not.toBe(6112);
    expect(lab.in(udp(OTHER, 6112, OUTSIDE, 6112))).toMatchObject([
      { destination: HOST1, destinationPort: 6112 },
    ]);
    expect(lab.in(udp(OTHER, 6112, OUTSIDE, two?.sourcePort ?? 0))).toMatchObject([
      { destination: HOST2, destinationPort: 6112 },
    ]);
  });
  it('two players in one game reach each other by their outside ports', () => {
    const lab = new Lab({ masquerade: loose }).up();
    lab.out(udp(HOST1, 6112, SERVER, 6112));
    const [two] = lab.out(udp(HOST2, 6112, SERVER, 6112));
    expect(lab.out(udp(HOST1, 6112, OUTSIDE, two?.sourcePort ?? 0))).toMatchObject([
      { source: OUTSIDE, sourcePort: 6112, destination: HOST2, destinationPort: 6112 },
    ]);
  });
});
