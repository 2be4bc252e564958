// `npm run fuzz`: the property tests of the masquerade, the helpers and PPP, at length; counts the packets and events they took.
// MASQ_FUZZ says how many times longer than in `npm test` (200 unless told, for some thirteen million inputs in about seven minutes). A second try
// would hide a failure that comes seldom, so there is none.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, setup } from './setup.mjs';

const WANTED = 10_000_000;
const FILES = [
  'engine/masquerade/properties.test.ts',
  'engine/masquerade/pool.test.ts',
  'engine/masquerade/demand.test.ts',
  'engine/forwards/triggers.test.ts',
  'engine/forwards/port-mapping.test.ts',
  'engine/packet/packet.test.ts',
  'engine/helpers/',
  'main/ppp/fuzz.test.ts',
  'main/ppp/robustness.test.ts',
];

setup('fuzz');
const started = Date.now();
const longer = process.env.MASQ_FUZZ ?? '200';
const words = [
  'run',
  '--config',
  'e2e/vitest.config.ts',
  '--retry',
  '0',
  '--testTimeout',
  '7200000',
  ...FILES,
];
const child = spawn(join(root, 'node_modules', '.bin', 'vitest'), words, {
  cwd: root,
  env: { ...process.env, MASQ_FUZZ: longer },
  stdio: ['ignore', 'pipe', 'inherit'],
});
let said = '';
child.stdout.on('data', (chunk) => {
  said += chunk;
  process.stdout.write(chunk);
});
child.once('close', (code) => {
  const inputs = [...said.matchAll(/masq-gate fuzz inputs: (\d+)/g)].reduce(
    (sum, found) => sum + Number(found[1]),
    0,
  );
  const minutes = ((Date.now() - started) / 60_000).toFixed(1);
  console.log(
    `masq-gate: ${inputs.toLocaleString('en')} inputs in ${minutes} min, ${code === 0 ? 'all well' : 'FAILED'}`,
  );
  if (code === 0 && inputs < WANTED)
    console.log(`masq-gate: fewer than ${WANTED.toLocaleString('en')}; raise MASQ_FUZZ`);
  process.exit(code ?? 1);
});
