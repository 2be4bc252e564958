// Unit and component tests of every folder; they stand beside what they test. Component tests start real processes
// (an engine, dnsmasq, an emulated guest), so their patience is long; one that fails is given one more chance, because a
// busy machine may starve an emulated one, and is reported as a failure if it fails again.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['{app,main,engine,e2e}/**/*.test.{ts,tsx}'],
    globalSetup: ['e2e/vitest.setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    retry: 1,
    pool: 'forks',
    maxWorkers: 2, // much of the component tests is waiting for real clocks
  },
});
