// Two calls at a time as a person sees them: switched on in Settings, both up over the practice line, one hung up and dialled
// again, both ended together.
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { app, phaseWords } from '../../app/strings.ts';
import { second as words } from '../../app/strings-second.ts';
import { ROOT } from '../gateway-process.ts';
import { expect, test } from './fixtures.ts';
import { Window } from './window.ts';

test('a second call follows the first, shows what it does, and ends with it', async ({ window: page }) => {
  const window = new Window(page);
  await expect(window.state).toBeVisible();
  const look = async (name: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      const folder = process.env.SCREENSHOTS;
      if (folder) await page.screenshot({ path: join(ROOT, folder, `${name}-${colorScheme}.png`) });
    }
  };
  await page.getByRole('button', { name: app.settings }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(words.on).check();
  await dialog.getByLabel(words.spread).scrollIntoViewIfNeeded();
  await look('second-settings');
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
  await look('second-connected');
  await page.setViewportSize({ width: 720, height: 480 });
  await look('second-small');
  await page.setViewportSize({ width: 1100, height: 760 });

  await panel.getByRole('button', { name: words.button('Hang up') }).click();
  await expect(state).toHaveText(phaseWords.idle);
  await window.shows('connected');
  await look('second-idle');
  await panel.getByRole('button', { name: words.button('Dial') }).click();
  await expect(state).toHaveText(phaseWords.connected, { timeout: 60_000 });
  await window.hangUp();
  await expect(state).toHaveText(phaseWords.idle);
});
