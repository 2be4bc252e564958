// What only the panel has: its key, and who may come in.
import { expect, test } from './fixtures.ts';
import { Window } from './window.ts';

test('the key leaves the address bar, and a page without it is not let in', async ({
  window: page,
  context,
}) => {
  await expect(new Window(page).state).toBeVisible();
  const address = new URL(page.url());
  expect(address.hash).toBe('');
  const stranger = await context.newPage();
  await stranger.goto(address.href);
  await expect(stranger.getByText('did not let this page in')).toBeVisible();
  await stranger.close();
});
