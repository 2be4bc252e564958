// Somebody calls in: the practice computer over the exchange, browsing through its own link and the provider's at once; and
// the forms for lines and callers, in light and dark.
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { app } from '../../app/strings.ts';
import { callers, calls, dialIn, lines, practiceCaller } from '../../app/strings-callers.ts';
import { provider } from '../../app/strings-forms.ts';
import { ROOT } from '../gateway-process.ts';
import { expect, inHost, test } from './fixtures.ts';
import { Window } from './window.ts';

async function look(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow, 'the page scrolls sideways').toBeLessThanOrEqual(0);
    const folder = process.env.SCREENSHOTS;
    if (folder) await page.screenshot({ path: join(ROOT, folder, `${name}-${colorScheme}.png`) });
  }
}

test('the practice computer calls in, browses by two links, is found from the LAN, and is hung up', async ({
  window: page,
}) => {
  const window = new Window(page);
  await window.tryPractice();
  await window.shows('connected', 60_000);
  await window.button(practiceCaller.call).click();
  await expect(page.getByText('On the line as 192.168.67.10')).toBeVisible({ timeout: 60_000 });
  await expect(window.clients).toContainText('retro', { timeout: 30_000 });
  await expect(window.clients).toContainText('Caller');
  await window.button(practiceCaller.fetch).click();
  const result = page.getByRole('status').filter({ hasText: 'Caller: ' });
  await expect(result).toContainText(/kB in /, { timeout: 90_000 });
  // From a practice computer to the caller and back is a route of the kernel's; it answers no ping, but is reached.
  expect(inHost('masq-host1', 'ip', 'route', 'get', '192.168.67.10').toString()).toContain('192.168.66.1');
  await page.getByRole('tab', { name: app.callers, exact: true }).click();
  const table = page.getByRole('table', { name: calls.title });
  await expect(table).toContainText('retro');
  await expect(table).toContainText('5550177');
  await look(page, 'callers');
  await window.button(calls.hangUp('retro')).click();
  await expect(page.getByText(calls.empty)).toBeVisible({ timeout: 30_000 });
  await window.shows('connected');
  await window.hangUp();
});

test('a line and a caller are set up, complained of, switched and removed', async ({ window: page }) => {
  const window = new Window(page);
  await window.tryPractice();
  await window.shows('connected', 60_000);
  await page.getByRole('tab', { name: app.callers, exact: true }).click();

  await window.button(callers.add).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: app.save }).click();
  await expect(dialog.getByLabel(callers.userField)).toBeFocused();
  await dialog.getByLabel(callers.userField).fill('anna');
  await dialog.getByLabel(callers.hoursField).fill('sometime');
  await dialog.getByRole('button', { name: app.save }).click();
  await expect(dialog).toContainText(callers.hoursWrong);
  await dialog.getByLabel(callers.hoursField).fill('daily 08:00-22:00');
  await look(page, 'caller-form');
  await dialog.getByRole('button', { name: app.save }).click();
  await expect(dialog.getByRole('alert')).toContainText('needs a password');
  await dialog.getByLabel(provider.password, { exact: true }).fill('windows95');
  await dialog.getByLabel(callers.mayLan).uncheck();
  await dialog.getByRole('button', { name: app.save }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('table', { name: callers.title })).toContainText('Internet, other callers');

  await window.button(lines.add).click();
  await dialog.getByLabel(lines.name).fill('DOSBox');
  await dialog.getByLabel(lines.kind).selectOption('tcp');
  await dialog.getByLabel(lines.tcpPort).fill('80');
  await dialog.getByRole('button', { name: app.save }).click();
  await expect(dialog).toContainText(lines.portWrong);
  await dialog.getByLabel(lines.tcpPort).fill('47116');
  await look(page, 'line-form');
  await dialog.getByRole('button', { name: app.save }).click();
  await expect(dialog).toBeHidden();
  const table = page.getByRole('table', { name: lines.title });
  await expect(table).toContainText('Waiting for connections to port 47116');
  await page.getByRole('switch', { name: lines.on('DOSBox') }).click();
  await expect(table).toContainText('Off');
  await page.getByLabel(dialIn.idle).fill('soon');
  await window.button(dialIn.save).click();
  await expect(page.getByText(dialIn.minutesWrong)).toBeVisible();
  await page.getByLabel(dialIn.idle).fill('15');
  await window.button(dialIn.save).click();
  await expect(page.getByText(dialIn.saved)).toBeVisible();
  await look(page, 'callers-set-up');
  await page.setViewportSize({ width: 720, height: 480 });
  await look(page, 'callers-small');
  await page.setViewportSize({ width: 1100, height: 760 });

  await window.button(lines.edit('DOSBox')).click();
  await window.button(lines.remove).click();
  await window.button(lines.removeSure).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText(lines.empty)).toBeVisible();
  await window.hangUp();
});
