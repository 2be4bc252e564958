// What goes wrong on a telephone line, as the person sees it: a sentence, a cause, a remedy, and a way on.
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { call, fault } from '../../app/strings.ts';
import { GatewayProcess, ROOT } from '../gateway-process.ts';
import { differences, hostState, ourProcesses } from '../host-state.ts';
import { expect, inHost, test } from './fixtures.ts';
import { Window } from './window.ts';

const right = { name: 'Valley Net', user: 'practice', password: 'practice' };

test('a wrong password is told as such and not tried again', async ({ window: page }) => {
  const window = new Window(page);
  await window.setUpProvider({ ...right, number: '555-0100', password: 'wrong' });
  await window.dial();
  await window.shows('failed', 60_000);
  await expect(window.alert).toContainText(/password/i);
  await expect(window.button(call.tryAgain)).toBeVisible();
});

test('a busy number: told, then tried again, and Cancel ends it', async ({ window: page }) => {
  const window = new Window(page);
  await window.setUpProvider({ ...right, number: '555-0101', attempts: 3, pause: 30 });
  await window.dial();
  await window.shows('waiting-to-redial', 60_000);
  await expect(page.getByText(/busy/i).first()).toBeVisible();
  await window.button(call.cancel).click();
  await window.shows('idle');
});

/** Drops what it has no rule for, like Docker's or ufw's, but only what comes from or goes to the practice LAN. */
const FIREWALL = `table inet masq-spec {
  chain forward {
    type filter hook forward priority 0
    iifname != "masq-lan" oifname != "masq-lan" accept
    drop
  }
}`;

test('a firewall in the way is named, and opened for the LAN by one click', async ({ window: page }) => {
  execFileSync('nft', ['-f', '-'], { input: FIREWALL });
  try {
    const window = new Window(page);
    await window.tryPractice();
    await window.shows('connected', 60_000);
    const notice = page.getByRole('group', { name: /masq-spec.* lets nothing through/ });
    await notice.getByRole('button', { name: fault.openFirewall }).click();
    await expect(notice).toBeHidden();
    expect(await window.fetchPage(1)).toMatch(/Host 1: 20\.\d\skB/);
    await window.hangUp();
  } finally {
    execFileSync('nft', ['delete', 'table', 'inet', 'masq-spec']);
  }
});

test('the line drops in the middle of a transfer and is dialled again', async ({ window: page }) => {
  const window = new Window(page);
  await window.setUpProvider({ ...right, number: '555-0108', attempts: 3, pause: 1 });
  await window.dial();
  await window.shows('connected', 60_000);
  await expect(window.clients).toContainText('192.168.66.1', { timeout: 30_000 });
  const transfer = spawn('ip', [
    'netns',
    'exec',
    'masq-host1',
    'curl',
    '-s',
    '-o',
    '/dev/null',
    '--max-time',
    '60',
    'http://www.practice.example/big.bin',
  ]);
  await window.shows('waiting-to-redial', 60_000);
  await window.shows('connected', 60_000);
  const page2 = inHost(
    'masq-host2',
    'curl',
    '-sS',
    '--fail',
    '--max-time',
    '60',
    'http://www.practice.example/page.html',
  );
  expect(page2.length).toBeGreaterThan(1000);
  transfer.kill();
  await window.hangUp();
});

function enginePid(): number {
  const pid = readdirSync('/proc').find((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(`${ROOT}/dist/engine/engine.cjs`);
    } catch {
      return false;
    }
  });
  if (pid === undefined) throw new Error('no engine runs');
  return Number(pid);
}

test('the engine is killed: told loudly, started again, and the call goes on', async ({ window: page }) => {
  const window = new Window(page);
  await window.tryPractice();
  await window.shows('connected', 60_000);
  await expect(window.clients).toContainText('192.168.66.1', { timeout: 30_000 });
  process.kill(enginePid(), 'SIGKILL');
  await expect(page.getByText('The engine has stopped').first()).toBeVisible({ timeout: 15_000 });
  await expect(page.getByText('The engine has stopped').first()).toBeHidden({ timeout: 30_000 });
  await window.shows('connected');
  await expect
    .poll(() => window.fetchPage(1).catch((error: unknown) => String(error)), { timeout: 90_000 })
    .toMatch(/Host 1: .* in /);
  await window.hangUp();
});

test('the gateway itself is killed: within ten seconds the host is as it was', async ({ hostBefore }) => {
  const gateway = new GatewayProcess();
  await gateway.connect();
  await gateway.must('practice', {});
  await gateway.phase('connected');
  gateway.child.kill('SIGKILL');
  const left = () => [
    ...differences(hostBefore.host, hostState()),
    ...ourProcesses().filter((line) => !hostBefore.processes.includes(line)),
  ];
  await expect.poll(left, { timeout: 10_000 }).toEqual([]);
  await gateway.stop();
});
