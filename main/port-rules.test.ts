import { describe, expect, it } from 'vitest';
import { type Forward, forwardSchema, PRESETS, triggerSchema } from '../engine/contract.ts';
import {
  freeId,
  helperPortsText,
  programForwards,
  programTriggers,
  rangeId,
  readHelperPorts,
  readNetwork,
  rivalOf,
} from './port-rules.ts';

const forward = (change: Partial<Forward>): Forward => ({
  id: 'one',
  on: true,
  protocol: 'tcp',
  first: 80,
  last: 90,
  insideFirst: 80,
  hosts: [{ address: '192.168.66.5', weight: 1 }],
  sources: [],
  ...change,
});
const program = (name: string) => PRESETS.find((one) => one.name === name) ?? expect.fail(name);

describe('port rules', () => {
  it('names a rule by its ports, and never twice', () => {
    expect(rangeId(forward({}))).toBe('tcp-80-90');
    expect(rangeId(forward({ last: 80 }))).toBe('tcp-80');
    expect(freeId('a', [])).toBe('a');
    expect(freeId('a', [{ id: 'a' }, { id: 'a-n3' }])).toBe('a-n2');
    expect(freeId('a', [{ id: 'a' }, { id: 'a-n2' }])).toBe('a-n3');
  });

  it.each([
    ['', []],
    ['21, 2121', [21, 2121]],
    ['21 21,21', [21]],
    ['1720/tcp,1719/UDP 1720', ['1720/tcp', '1719/udp', 1720]],
    ['6660-6662,7000', [6660, 6661, 6662, 7000]],
    ['6662-6660', null],
    ['1-65535', null],
    ['65535-65536', null],
    ['0', null],
    ['65536', null],
    ['65536/tcp', null],
    ['0/udp', null],
    ['21/sctp', null],
    ['ftp', null],
  ])('a helper’s ports: %j are %j', (text, ports) => {
    expect(readHelperPorts(text)).toEqual(ports);
  });

  it.each([
    [[], ''],
    [[6667, 6668], '6667, 6668'],
    [[6660, 6661, 6662, 7000, '7001/tcp'], '6660-6662, 7000, 7001/tcp'],
  ])('a helper’s ports: %j are shown as “%s” and read back', (ports, text) => {
    expect(helperPortsText(ports)).toBe(text);
    expect(readHelperPorts(text)).toEqual(ports);
  });

  it.each([
    [{ first: 90, last: 99 }, true],
    [{ first: 70, last: 80 }, true],
    [{ first: 85, last: 86, protocol: 'both' }, true],
    [{ first: 91, last: 99 }, false],
    [{ protocol: 'udp' }, false],
    [{ id: 'one' }, false],
  ] as const)('finds a rival for %j: %s', (change, meets) => {
    expect(rivalOf(forward({ id: 'two', ...change }), [forward({})])?.id).toBe(meets ? 'one' : undefined);
  });
  it('takes no forward that is off for a rival', () => {
    expect(rivalOf(forward({ id: 'two' }), [forward({ on: false })])).toBeUndefined();
  });

  it.each([
    ['198.51.100.0/24', '198.51.100.0/24'],
    ['198.51.100.7', '198.51.100.7/32'],
    ['198.51.100.7/033', null],
    ['198.51.100.7/33', null],
    ['256.1.1.1/8', null],
    ['198.51.100.0/24/1', null],
    ['', null],
  ])('reads the network %s as %s', (text, network) => {
    expect(readNetwork(text)).toBe(network);
  });

  it('makes the forwards and triggers of a program, TCP and UDP as one where they agree', () => {
    const known = [forward({ id: 'battle-net' })];
    expect(programForwards(program('battle-net'), '192.168.66.7', known)).toEqual([
      forward({
        id: 'battle-net-n2',
        protocol: 'both',
        first: 6112,
        last: 6119,
        insideFirst: 6112,
        hosts: [{ address: '192.168.66.7', weight: 1 }],
      }),
    ]);
    const triggers = programTriggers(program('icq'), []);
    expect(triggers.map(({ id, protocol, first }) => `${id} ${protocol} ${first}`)).toEqual([
      'icq udp 4000',
      'icq-n2 tcp 5190',
    ]);
    expect(programTriggers(program('half-life'), [])).toEqual([]);
  });

  it('makes of every program what the settings take', () => {
    for (const one of PRESETS) {
      for (const made of programForwards(one, '192.168.66.7', []))
        expect(forwardSchema.parse(made)).toEqual(made);
      for (const made of programTriggers(one, [])) expect(triggerSchema.parse(made)).toEqual(made);
    }
  });
});
