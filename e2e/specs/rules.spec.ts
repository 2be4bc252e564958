// Rules in the window: old rule files, helpers' ports, triggers, ports on request, who may use the link. Each change is read
// back from what the window shows once the gateway has told it, and every view is looked over for accessibility.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { app, forwards, helpers } from '../../app/strings.ts';
import { settings } from '../../app/strings-forms.ts';
import { forwardProgram, helperPorts, portMapping, rules, triggers } from '../../app/strings-rules.ts';
import { expect, test } from './fixtures.ts';
import { Window } from './window.ts';

const RC_FIREWALL = `#!/bin/sh
/sbin/modprobe ip_masq_irc ports=6667,6668
/sbin/ipchains -M -S 7200 10 160
/sbin/ipchains -P forward DENY
ipmasqadm portfw -a -P tcp -L 203.0.113.9 80 -R 192.168.66.10 8080
ipmasqadm autofw -A -r udp 2300 2400 -c tcp 47624
iptables -t nat -A PREROUTING -p tcp --dport 3128 -j REDIRECT
`;

async function sound(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  }
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, 'the page scrolls sideways').toBeLessThanOrEqual(0);
}

test('rules are imported, added, switched and taken away', async ({ window: page }) => {
  const window = new Window(page);
  await window.tryPractice();
  await window.shows('connected', 60_000);

  await page.getByRole('tab', { name: app.forwards }).click();
  await window.button(rules.open).click();
  const dialog = page.getByRole('dialog', { name: rules.title });
  await sound(page);
  await dialog
    .getByLabel(rules.file)
    .setInputFiles({ name: 'rc.firewall', mimeType: 'text/plain', buffer: Buffer.from(RC_FIREWALL) });
  await dialog.getByRole('button', { name: rules.read }).click();
  const rows = dialog.getByRole('table', { name: rules.table }).getByRole('row');
  await expect(rows).toHaveCount(7);
  await expect(rows.nth(1)).toContainText('becomes: switch on the helper irc, at ports 6667, 6668');
  await expect(rows.nth(6)).toContainText('left out: a transparent proxy');
  await expect(dialog.getByRole('status')).toHaveText(rules.sum(4, 1, 1));
  await sound(page);
  await dialog.getByRole('button', { name: rules.apply, exact: true }).click();
  await expect(dialog).toBeHidden();
  const forwardTable = page.getByRole('table', { name: forwards.title });
  await expect(forwardTable.getByRole('row', { name: 'TCP 80' })).toContainText('192.168.66.10 : 8080');
  const triggerTable = page.getByRole('table', { name: triggers.title });
  await expect(triggerTable.getByRole('row', { name: 'TCP 47624' })).toContainText('UDP 2300–2400');

  const forwardForm = page.getByRole('region', { name: forwards.addTitle });
  await forwardForm.getByLabel(forwards.first).fill('80');
  await forwardForm.getByLabel(forwards.hosts).fill('192.168.66.11');
  await forwardForm.getByRole('button', { name: forwards.add }).click();
  await expect(forwardForm.getByText(forwards.taken('TCP 80'))).toBeVisible();
  await sound(page);
  await forwardForm.getByLabel(forwardProgram.label).selectOption('quake-3');
  await forwardForm.getByLabel(forwardProgram.host).fill('192.168.66.11');
  await forwardForm.getByRole('button', { name: forwards.add }).click();
  await expect(forwardTable.getByRole('row', { name: 'UDP 27960' })).toBeVisible();

  const triggerForm = page.getByRole('region', { name: triggers.addTitle });
  await triggerForm.getByLabel(triggers.first, { exact: true }).fill('5190');
  await triggerForm.getByLabel(triggers.opensLabel).fill('tcp 20000-20019, udp 5');
  await triggerForm.getByRole('button', { name: triggers.add }).click();
  await expect(triggerTable.getByRole('row', { name: 'TCP 5190' })).toContainText('TCP 20000–20019, UDP 5');
  await triggerForm.getByLabel(forwardProgram.label).selectOption('icq');
  await triggerForm.getByRole('button', { name: triggers.add }).click();
  await expect(triggerTable.getByRole('row', { name: 'UDP 4000' })).toBeVisible();
  await triggerTable.getByRole('switch', { name: triggers.on('UDP 4000') }).click();
  await expect(triggerTable.getByRole('switch', { name: triggers.on('UDP 4000') })).not.toBeChecked();
  await triggerTable.getByRole('button', { name: triggers.remove('UDP 4000') }).click();
  await expect(triggerTable.getByRole('row', { name: 'UDP 4000' })).toHaveCount(0);
  const asking = page.getByRole('region', { name: portMapping.title });
  await asking.getByRole('switch', { name: portMapping.natPmp }).click();
  await expect(asking.getByRole('switch', { name: portMapping.natPmp })).toBeChecked();
  await sound(page);

  await page.getByRole('tab', { name: app.helpers }).click();
  const irc = page
    .getByRole('listitem')
    .filter({ has: page.getByRole('switch', { name: helpers.on('IRC (DCC)') }) });
  await expect(irc).toContainText('6667, 6668');
  await irc.getByRole('button', { name: /^Change the ports/ }).click();
  const entry = irc.getByRole('textbox');
  await expect(entry).toBeFocused();
  await entry.fill('6667, irc');
  await entry.press('Enter');
  await expect(irc.getByText(helperPorts.wrong)).toBeVisible();
  await sound(page);
  await entry.fill('7000');
  await entry.press('Enter');
  await expect(irc.getByRole('button', { name: /^Change the ports/ })).toBeFocused();
  await expect(irc).toContainText('7000');

  await window.button(app.settings).click();
  const form = page.getByRole('dialog', { name: settings.title });
  await form.getByLabel(settings.access).selectOption('chosen');
  await form.getByRole('button', { name: app.save }).click();
  await expect(form.getByText('Name at least one computer')).toBeVisible();
  await form.getByLabel(settings.chosen).fill('192.168.66.10');
  await form.getByLabel(settings.demandRules).fill('ignore *.example.com');
  await form.getByLabel(settings.timers).selectOption('HOWTO');
  await form.getByLabel(settings.timers).selectOption('custom');
  await form.getByLabel(settings.timerNames.udp).fill('17');
  await form.getByLabel(settings.privateExceptions).fill('10.20.0.0/16');
  await sound(page);
  await form.getByRole('button', { name: app.save }).click();
  await expect(form).toBeHidden();
  await window.button(app.settings).click();
  await expect(form.getByLabel(settings.chosen)).toHaveValue('192.168.66.10');
  await expect(form.getByLabel(settings.demandRules)).toHaveValue('ignore *.example.com');
  await expect(form.getByLabel(settings.timers)).toHaveValue('custom');
  await expect(form.getByLabel(settings.timerNames.udp)).toHaveValue('17');
  await expect(form.getByLabel(settings.timerNames.tcpEstablished)).toHaveValue('7200');
  await expect(form.getByLabel(settings.privateExceptions)).toHaveValue('10.20.0.0/16');
  await page.keyboard.press('Escape');
  await window.hangUp();
});
