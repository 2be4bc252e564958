// The window's production build in real Chromium. Three projects run the same specs over three joints:
// `shell` has the real preload bundle over a stand-in for Electron's transport, `panel` the local panel's WebSocket,
// `electron` the real program, where its binary exists. One worker: there is one host, one masq0, one practice LAN.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: './specs',
  workers: 1,
  fullyParallel: false,
  timeout: 180_000,
  // A busy machine gets one more chance; what fails twice has failed, and what fails once is reported as flaky.
  retries: 1,
  expect: { timeout: 30_000 },
  reporter: [['list']],
  outputDir: '../test-results',
  use: {
    browserName: 'chromium',
    viewport: { width: 1100, height: 760 },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    {
      name: 'shell',
      testMatch: [
        'journey.spec.ts',
        'bad-days.spec.ts',
        'looks.spec.ts',
        'rules.spec.ts',
        'calling.spec.ts',
        'second.spec.ts',
        'callers.spec.ts',
      ],
    },
    { name: 'panel', testMatch: ['panel.spec.ts', 'journey.spec.ts'] },
    { name: 'electron', testMatch: ['journey.spec.ts'] },
  ],
});
