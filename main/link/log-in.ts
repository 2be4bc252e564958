/** Holds a talk with a text login over a call that is up, on a clock, until it ends, the line drops or it is cancelled. */
import type { Fault, LoginStep, Provider } from '../contract.ts';
import type { LostCause } from '../modem/call.ts';
import type { Redial } from '../modem/result-codes.ts';
import { LoginPrompts } from './login-prompts.ts';
import {
  type Credentials,
  type LoginEnd,
  LoginScript,
  type LoginSink,
  type LoginTalk,
} from './login-script.ts';
import type { CallPart, LinkClock } from './parts.ts';
import { type SlipAddresses, SlipAnnouncement } from './slip-addresses.ts';

export type TalkEnd =
  | LoginEnd
  | { ok: false; reason: 'line'; cause: LostCause; detail: string }
  | { ok: false; reason: 'cancelled' };

export interface TalkOptions {
  clock: LinkClock;
  signal: AbortSignal;
  activity(text: string): void;
  /** Each octet that passes, as it passes. */
  heard?(bytes: Uint8Array): void;
  typed?(bytes: Uint8Array): void;
}

export interface LogInOptions extends TalkOptions {
  /** `auto`: the built-in answers to the usual prompts. */
  script: 'auto' | readonly LoginStep[];
  credentials: Credentials;
  /** What is to run after it. */
  link: Provider['link'];
}

/** As `holdTalk`. */
export function logIn(call: CallPart, options: LogInOptions): Promise<TalkEnd> {
  const { script, credentials, link } = options;
  return holdTalk(call, options, (sink) =>
    script === 'auto'
      ? new LoginPrompts(credentials, sink, link)
      : new LoginScript(script, credentials, sink),
  );
}

/** Takes the call's octets until it resolves; then the call has no reader, and keeps what comes. Never rejects. */
export function holdTalk(
  call: CallPart,
  options: TalkOptions,
  create: (sink: LoginSink) => LoginTalk,
): Promise<TalkEnd> {
  const { clock, signal } = options;
  return new Promise((resolve) => {
    let disarm = () => {};
    const end = (end: TalkEnd) => {
      disarm();
      call.onData = null;
      call.onLost = null;
      signal.removeEventListener('abort', cancel);
      resolve(end);
    };
    const cancel = () => end({ ok: false, reason: 'cancelled' });
    if (signal.aborted) return cancel();
    signal.addEventListener('abort', cancel, { once: true });
    let over = false;
    const sink: LoginSink = {
      write: (bytes) => {
        options.typed?.(bytes);
        call.write(bytes);
      },
      activity: options.activity,
      ended: (how) => {
        over = true;
        end(how);
      },
    };
    const talk = create(sink);
    const after = () => {
      disarm();
      const due = over ? null : talk.nextDeadline();
      if (due === null) return;
      disarm = clock.after(Math.max(0, due - clock.now()), () => {
        talk.advance(clock.now());
        after();
      });
    };
    call.onLost = (cause, detail) => end({ ok: false, reason: 'line', cause, detail });
    talk.begin(clock.now());
    if (over) return;
    after();
    call.onData = (bytes) => {
      options.heard?.(bytes);
      talk.receive(bytes, clock.now());
      after();
    };
  });
}

/**
 * The addresses of a SLIP link: those in the provider's settings, else what it says in words; `early` is what it said
 * after the last step of the login. `rest` is for SLIP to read.
 */
export async function learnSlipAddresses(
  call: CallPart,
  { slipLocal, slipPeer }: Provider,
  early: Uint8Array,
  options: TalkOptions,
): Promise<{ ok: true; addresses: SlipAddresses; rest: Uint8Array } | Extract<TalkEnd, { ok: false }>> {
  if (slipLocal !== '') return { ok: true, addresses: { local: slipLocal, peer: slipPeer }, rest: early };
  const told: SlipAddresses = { local: '', peer: '' };
  const end = await holdTalk(call, options, (sink) => new SlipAnnouncement(early, sink, told));
  if (!end.ok) return end;
  return { ok: true, addresses: { ...told, peer: slipPeer || told.peer }, rest: end.rest };
}

/** A text login that came to nothing, for a person; and whether another call may do better. */
export function loginFailure(
  end: Extract<LoginEnd, { ok: false }>,
  provider: Provider,
): { fault: Fault; redial: Redial } {
  const detail = end.heard === '' ? 'The line said nothing.' : `The line said: ${end.heard}`;
  if (end.reason === 'refused')
    return {
      redial: 'stop',
      fault: {
        code: 'login-refused',
        sentence: `${provider.name} did not accept the user name or password.`,
        cause:
          'The name or password is mistyped or has changed, or this number is not for calls of this kind.',
        remedy: 'Check both in the provider, capitals included, then dial again.',
        detail,
      },
    };
  if (end.reason === 'unattended')
    return {
      redial: 'stop',
      fault: {
        code: 'login-unattended',
        sentence: 'Nobody typed at the terminal, so the call was hung up.',
        cause: `${provider.name} is logged in to by hand, and an unused call costs money.`,
        remedy: 'Dial again and log in in the terminal, or write the login down as steps in the provider.',
        detail,
      },
    };
  return {
    redial: 'again',
    fault: {
      code: 'login-silent',
      sentence: `The login of ${provider.name} did not go as expected: “${end.waitedFor}” did not come.`,
      cause: 'The provider asks in other words than the login script waits for, or the line is not clean.',
      remedy:
        'Compare the login script of the provider with what the line said, below. A provider without a text login needs none.',
      detail,
    },
  };
}
