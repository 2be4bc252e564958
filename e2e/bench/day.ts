// `npm run proof -- day`: a call of 24 hours in simulated time, octet by octet, with PPP at both ends and twenty clients: its
// memory after each hour, and what is left when it ends.
import { performance } from 'node:perf_hooks';
import { heapBytes, SimulatedCall } from '../../main/link/simulated-day.ts';

const HOURS = 24;
/** The tables fill up to their limits in the first hours; the least of so many hours is compared. */
const FILLED_AFTER = 3;
const COMPARED = 4;
const MOST_GROWTH = 1e6;

const began = performance.now();
const call = new SimulatedCall();
const heaps: number[] = [];
for (let hour = 1; hour <= HOURS; hour++) {
  call.run(1);
  heaps.push(heapBytes());
  const { octetsUp, octetsDown, connections, damaged, armed } = call.figures();
  const megabytes = (octets: number) => `${(octets / 1e6).toFixed(1)} MB`;
  console.log(
    `hour ${hour}: heap ${megabytes(heaps.at(-1) ?? 0)}, ${megabytes(octetsDown)} in, ${megabytes(octetsUp)} out, ${connections} connections, ${damaged} damaged writes, ${armed} timers`,
  );
}
const { up } = call.figures();
const early = Math.min(...heaps.slice(FILLED_AFTER, FILLED_AFTER + COMPARED));
const late = Math.min(...heaps.slice(-COMPARED));
call.hangUp();
const { armed } = call.clock;
const met = up && armed === 0 && late - early < MOST_GROWTH;
console.log(
  `${met ? 'ok' : 'FAIL'}: the call ${up ? 'stayed up' : 'dropped'}, the heap grew by ${((late - early) / 1000).toFixed(0)} kB from its hours ${FILLED_AFTER + 1} to ${FILLED_AFTER + COMPARED} to its last ${COMPARED}, ${armed} timers left; ${((performance.now() - began) / 1000).toFixed(0)} s`,
);
process.exit(met ? 0 : 1);
