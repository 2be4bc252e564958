// `npm test`: set-up, types, lint, build, unit and component tests, the proof on the practice line, browser specs.
// Ends with one line that counts them; exits 0 only if all passed.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { runApart } from './apart.mjs';
import { build } from './build.mjs';
import { root, setup } from './setup.mjs';

setup('test');
const started = Date.now();
const bin = (name) => join(root, 'node_modules', '.bin', name);
const outcomes = [];

async function step(name, work) {
  const begun = Date.now();
  console.log(`\nmasq-gate: ${name} …`);
  let passed = false;
  try {
    passed = await work();
  } catch (error) {
    console.error(error);
  }
  outcomes.push(passed);
  console.log(
    `masq-gate: ${name} ${passed ? 'passed' : 'FAILED'} in ${((Date.now() - begun) / 1000).toFixed(1)} s`,
  );
  return passed;
}
const run = (command, ...args) =>
  spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;

const begin = (command, ...args) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', () => resolve(false));
    child.once('close', (status) => resolve(status === 0));
  });

/** Apart from this host's networks where we may, so that it meets nothing else; what it printed comes when it has ended. */
async function apart(command, ...args) {
  if (process.getuid?.() !== 0) return run(command, ...args);
  const { status, output } = await runApart([command, ...args], root);
  process.stdout.write(output);
  return status === 0;
}

await step('types', () => run(bin('tsc'), '-b'));
await step('lint and import rules', () => run(bin('biome'), 'check', '--error-on-warnings', '.'));
const built = await step('build', async () => {
  await build();
  return true;
});

// Both mostly wait, for real clocks and for slow lines, so they run beside each other.
const unit = step('unit and component tests', () =>
  begin(bin('vitest'), 'run', '--config', 'e2e/vitest.config.ts'),
);
if (built) {
  await step('proof on the practice line', () =>
    apart(process.execPath, join(root, 'dist', 'e2e', 'demo.js'), '--prove'),
  );
  await step('browser specs', () => apart(bin('playwright'), 'test', '-c', 'e2e/playwright.config.ts'));
}
await unit;

const failed = outcomes.filter((passed) => !passed).length;
console.log(`\nmasq-gate: everything took ${((Date.now() - started) / 1000).toFixed(0)} s after set-up`);
console.log(`steps: ${outcomes.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 && built ? 0 : 1);
