// Builds everything into dist/: main (ESM), preload and engine (CommonJS), the window (Vite), and the e2e programs.
// `node assets/scripts/build.mjs [--if-stale]`
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setup } from './setup.mjs';

const stamp = join(root, 'dist', '.built');

function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return latest;
}

function isFresh() {
  if (!existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  const sources = ['app', 'main', 'engine', 'e2e', 'assets'].map((folder) => newest(join(root, folder)));
  return Math.max(...sources, statSync(join(root, 'package-lock.json')).mtimeMs) < built;
}

export async function build({ ifStale = false } = {}) {
  if (ifStale && isFresh()) return;
  console.log('masq-gate: building …');
  const esbuild = await import('esbuild');
  const vite = await import('vite');
  rmSync(join(root, 'dist', 'app'), { recursive: true, force: true });
  const common = {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    logLevel: 'warning',
    legalComments: 'none',
  };
  const external = ['electron', 'serialport', 'koffi', 'ws', 'sudo-prompt'];
  await Promise.all([
    esbuild.build({
      ...common,
      format: 'esm',
      external,
      outdir: 'dist/main',
      entryPoints: {
        desktop: 'main/desktop/main.ts',
        headless: 'main/headless/main.ts',
        cli: 'main/headless/cli-main.ts',
      },
    }),
    esbuild.build({
      ...common,
      format: 'cjs',
      external: ['electron'],
      outfile: 'dist/main/preload.cjs',
      entryPoints: ['main/desktop/preload.ts'],
      platform: 'browser',
    }),
    esbuild.build({
      ...common,
      format: 'cjs',
      external: ['koffi'],
      outdir: 'dist/engine',
      outExtension: { '.js': '.cjs' },
      entryPoints: { engine: 'engine/engine.ts', supervisor: 'engine/supervisor.ts' },
    }),
    esbuild.build({
      ...common,
      format: 'esm',
      packages: 'external',
      outdir: 'dist/e2e',
      entryPoints: {
        demo: 'e2e/demo.ts',
        bench: 'e2e/bench/main.ts',
        'tun-to-tun': 'e2e/bench/tun-to-tun.ts',
        latency: 'e2e/bench/latency.ts',
        day: 'e2e/bench/day.ts',
        proof: 'e2e/proof/main.ts',
        'proof-peer': 'e2e/proof/peer.ts',
        'proof-script': 'e2e/proof/helpers/scripts/main.ts',
        'proof-ppp': 'e2e/proof/ppp/main.ts',
      },
    }),
    vite.build({
      root: join(root, 'app'),
      configFile: join(root, 'app', 'vite.config.ts'),
      logLevel: 'warn',
    }),
  ]);
  writeFileSync(stamp, new Date().toISOString());
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  setup('run');
  await build({ ifStale: process.argv.includes('--if-stale') });
}
