// The first minute of a new user, and of one with a provider: the same clicks over every joint.
import { call, clients } from '../../app/strings.ts';
import { expect, test } from './fixtures.ts';
import { Window } from './window.ts';

test('the practice line in one click: dial, see a computer appear, fetch through the link, hang up', async ({
  window: page,
}) => {
  const window = new Window(page);
  await window.tryPractice();
  await window.shows('connected', 60_000);
  await expect(page.getByText('203.0.113.', { exact: false }).first()).toBeVisible();
  await expect(window.clients).toContainText('192.168.66.1', { timeout: 30_000 });
  expect(await window.fetchPage(1)).toMatch(/Host 1: .*(kB|KB|KiB|B) in /);
  const limit = page.getByLabel(clients.limitOf('masq-host1'));
  const priority = page.getByLabel(clients.priorityOf('masq-host1'));
  await limit.selectOption({ label: clients.limit(16) });
  await priority.selectOption({ label: clients.priorities.low });
  // What is shown is what the gateway says it has taken.
  await expect(limit).toHaveValue('16');
  await expect(priority).toHaveValue('low');
  await window.hangUp();
  await expect(window.button(call.dial)).toBeVisible();
});

test('a provider of one’s own: fill in the form, Dial, watch every state, hang up', async ({
  window: page,
}) => {
  const window = new Window(page);
  await window.setUpProvider({
    name: 'Valley Net',
    number: '555-0100',
    user: 'practice',
    password: 'practice',
  });
  const states = await window.watchStates();
  await window.dial();
  await window.shows('connected', 60_000);
  expect(await states()).toEqual([
    'Not connected',
    'Starting the engine',
    'Opening the modem',
    'Preparing the modem',
    'Dialling',
    'Negotiating',
    'Authenticating',
    'Configuring',
    'Connected',
  ]);
  await expect(page.getByText('33,600').or(page.getByText('33.6')).first()).toBeVisible();
  await window.hangUp();
});
