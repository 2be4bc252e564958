// `npm run bench [-- --json]`: every figure beside its peer in the same run.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from './build.mjs';
import { root, setup } from './setup.mjs';

setup('bench');
await build({ ifStale: true });
const result = spawnSync(
  process.execPath,
  [join(root, 'dist', 'e2e', 'bench.js'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exit(result.status ?? 1);
