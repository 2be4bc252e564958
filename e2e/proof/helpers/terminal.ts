// A program that wants a person at a terminal: run in tmux in a namespace of the world, its screen read as text, its keys typed.
// tmux also enters it in the list of who is logged in, which talk's daemon looks at.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Place, World } from '../world.ts';

/** A tmux that ends may still hold its socket when the next begins. */
let opened = 0;

export class Terminal {
  readonly #world: World;
  readonly #place: Place;
  readonly #name: string;

  private constructor(world: World, place: Place, name: string) {
    this.#world = world;
    this.#place = place;
    this.#name = name;
  }

  /** Starts `command` on a screen of its own; `name` says whose it is. */
  static async open(world: World, place: Place, name: string, command: readonly string[]): Promise<Terminal> {
    const terminal = new Terminal(world, place, `${name}-${++opened}`);
    const started = await terminal.#tmux(
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-x',
      '100',
      '-y',
      '40',
      ...command,
    );
    if (started.code !== 0) throw new Error(`tmux for ${name}: ${started.err}`);
    return terminal;
  }

  #tmux(...words: string[]) {
    return this.#world.run(this.#place, ['tmux', '-L', this.#name, ...words], 5_000);
  }

  /** The device, without /dev/. */
  async device(): Promise<string> {
    const { out } = await this.#tmux('display-message', '-p', '#{pane_tty}');
    return out.trim().replace('/dev/', '');
  }

  /** Types a line and Enter. */
  async enter(line: string): Promise<void> {
    await this.#tmux('send-keys', '-l', line);
    await this.#tmux('send-keys', 'Enter');
  }

  async screen(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p')).out;
  }

  /** Whether the text appears on the screen within the time. */
  async shows(text: string | RegExp, limitMs: number): Promise<boolean> {
    const limit = performance.now() + limitMs;
    for (;;) {
      const screen = await this.screen();
      if (typeof text === 'string' ? screen.includes(text) : text.test(screen)) return true;
      if (performance.now() > limit) return false;
      await sleep(100);
    }
  }

  async close(): Promise<void> {
    await this.#tmux('kill-server');
  }
}
