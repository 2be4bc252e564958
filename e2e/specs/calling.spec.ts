// A login by hand over the practice line, what the call cost, the terminal to the modem, and the hours of the settings.
import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { app, call } from '../../app/strings.ts';
import { online, profile, terminal, usage } from '../../app/strings-calling.ts';
import { provider as form } from '../../app/strings-forms.ts';
import { expect, test } from './fixtures.ts';
import { Window } from './window.ts';

test('log in by hand, see the cost, type to the modem, save the month', async ({ window: page }) => {
  const window = new Window(page);
  await expect(window.state).toBeVisible();
  await window.setUpProvider({
    name: 'Valley Net',
    number: '555-0107',
    user: 'practice',
    password: 'practice',
  });
  await window.button(call.editProvider).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(form.advanced, { exact: true }).click();
  await dialog.getByLabel(profile.loginBy).selectOption('terminal');
  await dialog.getByLabel(profile.charged).check();
  await dialog.getByLabel(profile.price, { exact: true }).fill('0,06');
  await dialog.getByLabel(profile.setUp).fill('0.10');
  await dialog.getByRole('button', { name: app.save }).click();
  await expect(dialog).toBeHidden();

  await window.dial();
  await window.shows('logging-in', 60_000);
  const text = page.getByRole('log', { name: terminal.text });
  const line = page.getByLabel(terminal.line);
  await expect(text).toContainText(/login:/i, { timeout: 20_000 });
  await expect(line).toBeFocused();
  await line.fill('practice');
  await page.keyboard.press('Enter');
  await expect(text).toContainText(/password:/i, { timeout: 20_000 });
  await line.fill('practice');
  await page.keyboard.press('Enter');
  // This far end begins PPP by itself, so that nobody has to press Start PPP.
  await window.shows('connected', 60_000);
  await expect(page.getByText(online.cost)).toBeVisible();
  await expect(page.getByText('0.16\u00a0€').first()).toBeVisible();
  await window.hangUp();

  const totals = page.getByRole('table', { name: usage.title });
  await expect(totals).toContainText('Valley Net', { timeout: 20_000 });
  await expect(totals).toContainText('0.16');
  const [download] = await Promise.all([page.waitForEvent('download'), window.button(usage.save).click()]);
  expect(readFileSync(await download.path(), 'utf8')).toMatch(/Valley Net,555-0107,\d+,\d+,\d+,0\.1600,€/);

  await page.getByRole('tab', { name: app.log }).click();
  await expect(page.getByRole('log', { name: 'Log lines' })).toContainText('The line:');
  await page.getByRole('tab', { name: app.calls }).click();
  await window.button(terminal.open).click();
  await expect(line).toBeFocused();
  await line.fill('ATI3');
  await page.keyboard.press('Enter');
  await expect(text).toContainText('OK');
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  await window.button(terminal.close).click();
  await expect(line).toBeHidden();
});
