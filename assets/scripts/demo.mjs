// `npm run demo [-- --prove]`: the whole thing on the practice line, in the panel; with --prove, without a person.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from './build.mjs';
import { root, setup } from './setup.mjs';

setup(process.argv.includes('--prove') ? 'test' : 'run');
await build({ ifStale: true });
const result = spawnSync(process.execPath, [join(root, 'dist', 'e2e', 'demo.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(result.status ?? 1);
