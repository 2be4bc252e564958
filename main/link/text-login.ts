/**
 * The text between the far modem's answer and PPP (or SLIP): the provider's script, the usual prompts, or a person; told to
 * the terminal as it passes, and written down for the log.
 */
import type { LoginStep, Provider } from '../contract.ts';
import type { DialOptions, UplinkCallbacks } from '../gateway-parts.ts';
import { ByHand } from './by-hand.ts';
import { DirectCableGuest } from './direct-cable.ts';
import { beforeFrame } from './heard-text.ts';
import { holdTalk, learnSlipAddresses, logIn, type TalkEnd, type TalkOptions } from './log-in.ts';
import type { LoginSink } from './login-script.ts';
import type { CallPart, LinkClock } from './parts.ts';
import { Transcript } from './transcript.ts';

/** `auto`: the usual prompts. `terminal`: a person types. `cable`: the greeting of a Windows direct cable connection. */
export type Script = 'auto' | 'terminal' | 'cable' | readonly LoginStep[];

export class TextLogin {
  readonly #call: CallPart;
  readonly #options: DialOptions;
  readonly #callbacks: UplinkCallbacks;
  readonly #clock: LinkClock;
  readonly #signal: AbortSignal;

  constructor(
    call: CallPart,
    options: DialOptions,
    callbacks: UplinkCallbacks,
    clock: LinkClock,
    signal: AbortSignal,
  ) {
    this.#call = call;
    this.#options = options;
    this.#callbacks = callbacks;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** What the provider wants before its link protocol is begun; null: nothing, or nothing yet. */
  static scriptOf({ kind, loginScript, link }: Provider): Script | null {
    if (loginScript === 'off') return null;
    if (loginScript === 'auto' && kind === 'cable') return link === 'ppp' ? 'cable' : null;
    // PPP is tried before the usual prompts are looked for; SLIP would never know.
    return loginScript === 'auto' && link === 'ppp' ? null : loginScript;
  }

  async run(script: Script): Promise<TalkEnd> {
    const { provider, password } = this.#options;
    const transcript = new Transcript(password, (text) => this.#callbacks.log('info', 'login', text));
    const heard = (bytes: Uint8Array) => {
      const words = beforeFrame(bytes);
      transcript.heard(words);
      this.#callbacks.heard?.(words);
    };
    const options = { ...this.#talkOptions(), heard };
    let end: TalkEnd;
    if (script === 'terminal') end = await holdTalk(this.#call, options, (sink) => this.#byHand(sink));
    else if (script === 'cable')
      end = await holdTalk(this.#call, options, (sink) => new DirectCableGuest(sink));
    else {
      this.#callbacks.talk?.(null);
      const credentials = { user: provider.user, password };
      const typed = (bytes: Uint8Array) => transcript.typed(bytes);
      end = await logIn(this.#call, { script, credentials, link: provider.link, ...options, typed });
    }
    this.#callbacks.talk?.(undefined);
    transcript.end();
    // It comes to stand in the fault, which the faces show.
    return 'heard' in end ? { ...end, heard: transcript.masked(end.heard) } : end;
  }

  /** The addresses of a SLIP link, from the settings or from what is said after the login. */
  slipAddresses(rest: Uint8Array): ReturnType<typeof learnSlipAddresses> {
    return learnSlipAddresses(this.#call, this.#options.provider, rest, this.#talkOptions());
  }

  /** What a person types is not written down: it may be a password. */
  #byHand(sink: LoginSink): ByHand {
    const talk = new ByHand(sink);
    this.#callbacks.talk?.({
      type: (bytes) => talk.type(bytes, this.#clock.now()),
      startPpp: () => talk.startPpp(),
    });
    return talk;
  }

  #talkOptions(): TalkOptions {
    return {
      clock: this.#clock,
      signal: this.#signal,
      activity: (text) => {
        this.#callbacks.log('info', 'login', text);
        this.#callbacks.phase('logging-in', text);
      },
    };
  }
}
