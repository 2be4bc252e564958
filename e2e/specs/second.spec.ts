// Two calls at a time as a person sees them: switched on in Settings, both up over the practice line, one hung up and dialled
// again, both ended together.
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { app, call, phaseWords } from '../../app/strings.ts';
import { second as words } from '../../app/strings-second.ts';
import { ROOT } from '../gateway-process.ts';
import { expect, test } from './fixtures.ts';
import { Window } from './window.ts';

async function look(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    const folder = process.env.SCREENSHOTS;
    if (folder) await page.screenshot({ path: join(ROOT, folder, `${name}-${colorScheme}.png`) });
  }
}

test('a second call follows the first, shows what it does, and ends with it', async ({ window: page }) => {
  const window = new Window(page);
  await expect(window.state).toBeVisible();
  await page.getByRole('button', { name: app.settings }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(words.on).check();
  await dialog.getByLabel(words.spread).scrollIntoViewIfNeeded();
  await look(page, 'second-settings');
  await dialog.getByRole('button', { name: app.save }).click();
  await expect(dialog).toBeHidden();

  await window.tryPractice();
  await window.shows('connected', 60_000);
  const panel = page.getByRole('region', { name: words.title });
  const state = page.getByRole('status', { name: words.state });
  await expect(state).toHaveText(phaseWords.connected, { timeout: 60_000 });
  await expect(panel).toContainText('203.0.113.');
  for (const host of ['masq-host1', 'masq-host2'])
    await expect(window.clients).toContainText(host, { timeout: 30_000 });
  await window.fetchPage(1);
  await window.fetchPage(2);
  await look(page, 'second-connected');
  await page.setViewportSize({ width: 720, height: 480 });
  await look(page, 'second-small');
  await page.setViewportSize({ width: 1100, height: 760 });

  await panel.getByRole('button', { name: words.button('Hang up') }).click();
  await expect(state).toHaveText(phaseWords.idle);
  await window.shows('connected');
  await look(page, 'second-idle');
  await panel.getByRole('button', { name: words.button('Dial') }).click();
  await expect(state).toHaveText(phaseWords.connected, { timeout: 60_000 });
  await window.hangUp();
  await expect(state).toHaveText(phaseWords.idle);
});

test('a second call that fails says why, and the first goes on', async ({ window: page }) => {
  const window = new Window(page);
  await expect(window.state).toBeVisible();
  const login = { user: 'practice', password: 'practice', attempts: 0 };
  await window.setUpProvider({ name: 'Valley Net', number: '555-0100', ...login });
  await window.setUpProvider({ name: 'Hill Net', number: '555-0101', ...login });
  await page.getByRole('button', { name: app.settings }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(words.on).check();
  await dialog.getByLabel(words.provider).selectOption('Hill Net');
  await dialog.getByRole('button', { name: app.save }).click();
  await expect(dialog).toBeHidden();
  await page.getByLabel(call.provider, { exact: true }).selectOption('Valley Net');
  await window.dial();
  await window.shows('connected', 60_000);
  const panel = page.getByRole('region', { name: words.title });
  await expect(panel.getByRole('alert')).toContainText(/busy/i, { timeout: 30_000 });
  await window.shows('connected');
  await look(page, 'second-failed');
  await window.hangUp();
});
