// The first minute of a new user, and of one with a provider: the same clicks over every joint.
import { call } from '../../app/strings.ts';
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
