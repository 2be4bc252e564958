// The window as people see it, light and dark: no accessibility violation, everything within the window's width, and the
// pictures of README (`SCREENSHOTS=assets/screenshots npm run specs -- looks` draws them anew).
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { call, clients } from '../../app/strings.ts';
import { profile } from '../../app/strings-calling.ts';
import { provider as form } from '../../app/strings-forms.ts';
import { ROOT } from '../gateway-process.ts';
import { expect, test } from './fixtures.ts';
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

test('first run, a form, a failed call and a call that is up look right, in light and dark', async ({
  window: page,
}) => {
  const window = new Window(page);
  await expect(window.state).toBeVisible();
  await look(page, 'first-run');
  await window.setUpProvider({
    name: 'Valley Net',
    number: '555-0102',
    user: 'practice',
    password: 'practice',
    attempts: 0,
  });
  await window.button(call.editProvider).click();
  await look(page, 'provider');
  await page.setViewportSize({ width: 1100, height: 1900 });
  await page.getByText(form.advanced, { exact: true }).click();
  await page.getByLabel(profile.loginBy).selectOption('steps');
  await page.getByLabel(profile.charged).check();
  await look(page, 'provider-advanced');
  await page.setViewportSize({ width: 1100, height: 760 });
  await page.keyboard.press('Escape');
  await window.dial();
  await window.shows('failed', 30_000);
  await expect(window.alert).toContainText(/dial tone/i);
  await look(page, 'failed');
  await window.button(call.editProvider).click();
  await page.getByLabel(form.number).fill('555-0100');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await window.button(call.tryAgain).click();
  await window.shows('connected', 60_000);
  for (const host of ['masq-host1', 'masq-host2']) {
    await expect(window.clients).toContainText(host, { timeout: 30_000 });
  }
  await window.fetchPage(1);
  await window.fetchPage(2);
  const beyond = await page.getByRole('table', { name: clients.title }).evaluate((table) => {
    const frame = table.parentElement;
    return frame === null ? 0 : frame.scrollWidth - frame.clientWidth;
  });
  expect(beyond, 'columns of the clients are cut').toBe(0);
  await look(page, 'connected');
  for (const tab of ['Calls', 'Masquerade', 'Log', 'Forwards', 'Helpers']) {
    await page.getByRole('tab', { name: tab }).click();
    await look(page, tab.toLowerCase());
  }
  await page.setViewportSize({ width: 720, height: 480 });
  await page.getByRole('tab', { name: 'Overview' }).click();
  await look(page, 'connected-small');
  await window.hangUp();
});

test('set up, dial and hang up by keyboard alone', async ({ window: page }) => {
  const window = new Window(page);
  await expect(window.state).toBeVisible();
  const reach = async (name: string) => {
    for (let presses = 0; presses < 40; presses++) {
      if (await page.evaluate((wanted) => document.activeElement?.textContent?.trim() === wanted, name))
        return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not reach “${name}”`);
  };
  await reach('Try the practice line');
  await page.keyboard.press('Enter');
  await window.shows('connected', 60_000);
  await reach('Hang up');
  await page.keyboard.press('Space');
  await window.shows('idle');
});
