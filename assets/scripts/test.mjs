// `npm test`: set-up, types, lint, build, unit and component tests, the proof on the practice line, browser specs.
// Ends with one line that counts them; exits 0 only if all passed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
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

await step('types', () => run(bin('tsc'), '-b'));
await step('lint and import rules', () => run(bin('biome'), 'check', '--error-on-warnings', '.'));
const built = await step('build', async () => {
  await build();
  return true;
});
await step('unit and component tests', () => run(bin('vitest'), 'run', '--config', 'e2e/vitest.config.ts'));
if (built) {
  await step('proof on the practice line', () =>
    run(process.execPath, join(root, 'dist', 'e2e', 'demo.js'), '--prove'),
  );
  await step('browser specs', () => run(bin('playwright'), 'test', '-c', 'e2e/playwright.config.ts'));
}

const failed = outcomes.filter((passed) => !passed).length;
console.log(`\nmasq-gate: everything took ${((Date.now() - started) / 1000).toFixed(0)} s after set-up`);
console.log(`steps: ${outcomes.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 && built ? 0 : 1);
