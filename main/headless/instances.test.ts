// The headless gateway as real processes: one at a time, one that crashed, and settings nobody can read.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'masq-instances-'));
const children: ChildProcess[] = [];
let tree: string;

/** Laid out as an installation is, in a place where node_modules are found. */
beforeAll(async () => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  tree = mkdtempSync(join(ROOT, 'dist', 'headless-test-'));
  mkdirSync(join(tree, 'dist', 'app'), { recursive: true });
  writeFileSync(join(tree, 'dist', 'app', 'index.html'), '<!doctype html>');
  writeFileSync(join(tree, 'package.json'), '{"type":"module","version":"1.2.3"}');
  await build({
    entryPoints: [join(ROOT, 'main/headless/main.ts')],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outfile: join(tree, 'dist', 'main', 'headless.js'),
    logLevel: 'error',
  });
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(tree, { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
});

function start() {
  const env = {
    ...process.env,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_STATE_HOME: join(home, 'state'),
    XDG_RUNTIME_DIR: join(home, 'run'),
  };
  const child = spawn(process.execPath, [join(tree, 'dist', 'main', 'headless.js')], { env });
  children.push(child);
  const said = { text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said.text += text;
    });
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const says = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const hit = pattern.exec(said.text);
        if (hit) resolve(hit);
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.once('exit', () => reject(new Error(`ended without ${pattern}: ${said.text}`)));
      look();
    });
  return { child, said, ended, says };
}

it('runs once; a second start shows the first one; a crash is no hindrance; broken settings are kept aside and told', async () => {
  const config = join(home, 'config', 'masq-gate');
  mkdirSync(config, { recursive: true, mode: 0o700 });
  mkdirSync(join(home, 'run'), { recursive: true, mode: 0o700 });
  writeFileSync(join(config, 'settings.json'), '{"version":1,"settings":', { mode: 0o600 });

  const first = start();
  const [, address] = await first.says(/the panel is at (http:\S+)/);
  expect(first.said.text).toMatch(/Your settings could not be used.*settings\.json\.broken-/);
  expect(readdirSync(config)).toEqual([expect.stringMatching(/^settings\.json\.broken-/)]);

  const second = start();
  expect(await second.ended).toBe(0);
  expect(second.said.text).toBe(`masq-gate: already running (process ${first.child.pid}) at ${address}\n`);
  expect(first.child.exitCode).toBeNull();

  first.child.kill('SIGKILL');
  await first.ended;
  const third = start();
  await third.says(/the panel is at/);
  third.child.kill('SIGTERM');
  expect(await third.ended).toBe(0);
  expect(readdirSync(join(home, 'run', 'masq-gate'))).toEqual([]);
});
