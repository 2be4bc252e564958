import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACK, SYN } from './packet-view.ts';
import { drain, HOST, put, SERVER, SLOW, segment, UNPACED } from './scheduler.test-parts.ts';
import { Scheduler } from './scheduler.ts';
import { tcpSum } from './simulated-packets.ts';

const TIMESTAMPS = [8, 10, 1, 2, 3, 4, 0, 0, 0, 0];
/** An MSS that is small enough to be left alone. */
const MSS_AND_SACK = [2, 4, 1, 44, 4, 2];

/** The options of the SYN that comes out. */
function sent(scheduler: Scheduler, options: number[], flags = SYN): number[] {
  put(scheduler, segment({ flags, options }), 0);
  const [out] = drain(scheduler, 0, 1000);
  const packet = out?.packet as Uint8Array;
  expect(tcpSum(packet)).toBe(0xffff);
  return [...packet.subarray(40, 40 + options.length)];
}

describe('timestamps on a slow line (RFC 7323 §3)', () => {
  it('are neither asked for nor granted, what else a SYN says stays', () => {
    const options = [...MSS_AND_SACK, ...TIMESTAMPS];
    const without = [...MSS_AND_SACK, ...TIMESTAMPS.map(() => 1)];
    expect(sent(new Scheduler(SLOW), options)).toEqual(without);
    const scheduler = new Scheduler(SLOW);
    const syn = segment({ source: SERVER, destination: HOST, sourcePort: 9, flags: SYN, options });
    scheduler.received(syn, 0, syn.length, 0);
    expect([...syn.subarray(40, 56)]).toEqual(without);
    expect(tcpSum(syn)).toBe(0xffff);
  });

  it('are left where the line is fast or unknown, and on what is no SYN', () => {
    const options = [...MSS_AND_SACK, ...TIMESTAMPS];
    expect(sent(new Scheduler(UNPACED), options)).toEqual(options);
    expect(sent(new Scheduler({ ...SLOW, octetsPerSecond: 120_000 }), options)).toEqual(options);
    expect(sent(new Scheduler(SLOW), options, ACK)).toEqual(options);
  });

  it('leave every other option and the checksum alone, wherever they stand and however broken the rest', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom([1], [3, 3, 7], [4, 2], [2, 4, 1, 44], TIMESTAMPS, [8, 9], [8], [0]), {
          maxLength: 6,
        }),
        (list) => {
          const options = list.flat().slice(0, 40);
          while (options.length % 4 !== 0) options.push(1);
          const out = sent(new Scheduler(SLOW), options);
          expect(out).toHaveLength(options.length);
          out.forEach((octet, i) => {
            if (octet !== options[i]) expect(octet).toBe(1);
          });
          if (list.every((option) => option !== TIMESTAMPS)) expect(out).toEqual(options);
        },
      ),
      { numRuns: 300 },
    );
  });
});
