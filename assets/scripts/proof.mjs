// `npm run proof [-- NAME…]`: the long run. The masquerade with real programs in namespaces, then how a slow line feels beside
// pppd with fq_codel, a call of a whole day in simulated time, then PPP and SLIP against pppd and slirp. With names, only those:
// `latency`, `day`, `ppp`, or proofs of the masquerade (a wrong name lists them); flags such as `--seconds 20` go to each of them.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from './build.mjs';
import { root, setup } from './setup.mjs';

setup('proof');
await build({ ifStale: true });
const words = process.argv.slice(2);
const flagsAt = words.findIndex((word) => word.startsWith('--'));
const names = flagsAt < 0 ? words : words.slice(0, flagsAt);
const flags = words.slice(names.length);
const others = { latency: 'latency.js', day: 'day.js', ppp: 'proof-ppp.js' };
const masquerade = names.filter((name) => !(name in others));
const programs = [];
if (names.length === 0 || masquerade.length > 0) programs.push(['proof.js', masquerade]);
for (const [name, file] of Object.entries(others))
  if (names.length === 0 || names.includes(name)) programs.push([file, flags]);

let failed = 0;
for (const [file, options] of programs) {
  const program = join(root, 'dist', 'e2e', file);
  if (spawnSync(process.execPath, [program, ...options], { stdio: 'inherit' }).status !== 0) failed++;
}
process.exit(failed === 0 ? 0 : 1);
