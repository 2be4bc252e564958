// What a person does in the window, in a person's words. The only place that knows the window's names.
import type { Locator, Page } from '@playwright/test';
import { call, firstRun, phaseWords, practice } from '../../app/strings.ts';
import { provider as form } from '../../app/strings-forms.ts';
import type { Phase } from '../../main/contract.ts';
import { expect } from './fixtures.ts';

export interface ProviderEntry {
  name: string;
  number: string;
  user: string;
  password: string;
  attempts?: number;
  pause?: number;
}

export class Window {
  readonly page: Page;
  constructor(page: Page) {
    this.page = page;
  }

  get state(): Locator {
    return this.page.getByRole('status', { name: call.state });
  }
  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true }).first();
  }
  get alert(): Locator {
    return this.page.getByRole('alert').first();
  }
  get clients(): Locator {
    return this.page.getByRole('table', { name: 'Clients' });
  }

  async shows(phase: Phase, timeout = 30_000): Promise<void> {
    await expect(this.state).toContainText(phaseWords[phase], { timeout });
  }

  /** Notes every state word from now on, however short it stands; the returned function reads them. */
  async watchStates(): Promise<() => Promise<string[]>> {
    const seen = await this.state.evaluateHandle((element) => {
      const words: string[] = [];
      const note = () => words.push(element.textContent ?? '');
      new MutationObserver(note).observe(element, { childList: true, characterData: true, subtree: true });
      note();
      return words;
    });
    return () => seen.jsonValue();
  }

  async tryPractice(): Promise<void> {
    await this.button(firstRun.practice).click();
  }

  /** Sets up a provider on the practice line's port and closes the form. */
  async setUpProvider(entry: ProviderEntry): Promise<void> {
    const first = this.button(firstRun.setUp);
    await expect(first.or(this.button(call.addProvider)).first()).toBeVisible();
    await ((await first.isVisible()) ? first : this.button(call.addProvider)).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByLabel(form.name).fill(entry.name);
    await dialog.getByLabel(form.number).fill(entry.number);
    await dialog.getByLabel(form.user).fill(entry.user);
    await dialog.getByLabel(form.password, { exact: true }).fill(entry.password);
    await dialog.getByLabel(form.port, { exact: true }).selectOption('practice');
    if (entry.attempts !== undefined || entry.pause !== undefined) {
      await dialog.getByText(form.advanced, { exact: true }).click();
      if (entry.attempts !== undefined) await dialog.getByLabel(form.tries).fill(String(entry.attempts));
      if (entry.pause !== undefined) await dialog.getByLabel(form.pause).fill(String(entry.pause));
    }
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect(dialog).toBeHidden();
  }

  async dial(): Promise<void> {
    await this.button(call.dial).click();
  }

  async hangUp(): Promise<void> {
    await this.button(call.hangUp).click();
    await this.shows('idle');
  }

  /** Has a practice computer fetch the page; gives what the window says of it. */
  async fetchPage(host: 1 | 2): Promise<string> {
    await this.button(practice.fetch(host)).click();
    const result = this.page.getByRole('status').filter({ hasText: `Host ${host}:` });
    await expect(result).toBeVisible({ timeout: 60_000 });
    return (await result.textContent()) ?? '';
  }
}
