// `npm run proof [-- NAME…]`: the long run. The masquerade with real programs in namespaces, then how a slow line feels beside
// pppd with fq_codel. With names, only those: `latency`, or proofs of the masquerade (a wrong name lists them).
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from './build.mjs';
import { root, setup } from './setup.mjs';

setup('proof');
await build({ ifStale: true });
const names = process.argv.slice(2);
const masquerade = names.filter((name) => name !== 'latency');
const programs = [];
if (names.length === 0 || masquerade.length > 0) programs.push(['proof.js', masquerade]);
if (names.length === 0 || names.includes('latency')) programs.push(['latency.js', []]);

let failed = 0;
for (const [file, words] of programs) {
  const program = join(root, 'dist', 'e2e', file);
  if (spawnSync(process.execPath, [program, ...words], { stdio: 'inherit' }).status !== 0) failed++;
}
process.exit(failed === 0 ? 0 : 1);
