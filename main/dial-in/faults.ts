/** What dial-in has to tell a person: sentence, likely cause, remedy. */
import type { Fault } from '../contract.ts';
import type { Ending, Refusal } from './admission.ts';

function fault(code: string, sentence: string, cause: string, remedy: string): Fault {
  return { code, sentence, cause, remedy };
}

export const passwordMissing = (user: string) =>
  fault(
    'caller-password-missing',
    `“${user}” needs a password.`,
    'Whoever calls in shares your network, and a name alone is soon guessed.',
    'Give a password, and set the same on the computer that calls.',
  );

export const unknownCaller = (user: string) =>
  fault(
    'unknown-caller',
    `There is nobody called “${user.slice(0, 60)}” among those who may call in.`,
    'The name is mistyped, or was removed.',
    'Look at the list of callers.',
  );

export const unknownLine = (id: string) =>
  fault(
    'unknown-line',
    `There is no line “${id.slice(0, 60)}” that takes calls.`,
    'It was removed, or its name was mistyped.',
    'Look at the list of lines.',
  );

export const portTakenTwice = (name: string) =>
  fault(
    'line-port-taken',
    `The line “${name}” has that port already.`,
    'A port can serve one line only.',
    'Choose another port, or remove the other line first.',
  );

/** Why a caller was turned away: told to the log and the line; the caller learns it by the protocol or in the login's words. */
export function turnedAway(refusal: Refusal, user: string): Fault {
  const who = user === '' ? 'A caller' : `“${user.slice(0, 60)}”`;
  switch (refusal) {
    case 'stranger':
      return fault(
        'caller-unknown',
        `${who} called in, and was turned away: nobody of that name may.`,
        'The name is mistyped on the calling computer, or somebody tries names.',
        'Add the name to the callers if they shall come in.',
      );
    case 'password':
      return fault(
        'caller-password',
        `${who} called in with a wrong password.`,
        'It is mistyped on the calling computer, or somebody tries passwords.',
        'Give the caller a new password here and there.',
      );
    case 'off':
      return fault(
        'caller-off',
        `${who} called in, and was turned away: the caller is switched off.`,
        'Somebody switched this caller off.',
        'Switch the caller on under Callers.',
      );
    case 'hours':
      return fault(
        'caller-hours',
        `${who} called in outside the allowed hours.`,
        'The caller has hours of the week in which calls are taken.',
        'Change the caller’s hours, or wait.',
      );
    case 'too-many':
      return fault(
        'caller-too-many',
        `${who} is on the line already, and was turned away on another.`,
        'The caller may have only so many calls at once; an earlier call may not have ended yet.',
        'Hang up the other call, or allow more calls at once.',
      );
  }
}

export const noAddress = (user: string | null) =>
  fault(
    'caller-no-address',
    `There was no address for ${user === null ? 'a caller' : `“${user}”`}.`,
    'Every address of the pool is in use, or the caller’s own address is in use by another call.',
    'Give the pool more addresses, or hang up a call.',
  );

export const loginEnded = (why: 'tries' | 'time') =>
  fault(
    why === 'tries' ? 'caller-tries' : 'caller-slow',
    why === 'tries'
      ? 'A caller was sent away after three wrong passwords.'
      : 'A caller did not log in in time, and was hung up.',
    why === 'tries'
      ? 'The password is mistyped, or somebody tries passwords.'
      : 'Nobody was at the keyboard.',
    'Nothing needs doing; the next call is awaited.',
  );

export const callerSilent = fault(
  'caller-no-ppp',
  'A call was answered, but the other side spoke neither PPP nor anything else that is known here.',
  'The calling program is not set for PPP, or no computer is behind the calling modem.',
  'Set the calling computer to PPP, with no script or with its “terminal window after dialling” off.',
);

const ENDINGS: Record<Ending, string> = {
  idle: 'nobody used it',
  longest: 'the longest time of a call was over',
  hours: 'the caller’s hours were over',
};
export const endingText = (ending: Ending) => ENDINGS[ending];

export const unknownCall = fault(
  'unknown-call',
  'That call is over.',
  'The caller has hung up, or was hung up.',
  'Look at the callers on the line.',
);

export const lineYielded = fault(
  'line-dials',
  'The gateway itself is on the telephone with this modem.',
  'A modem carries one call: this one is used for the provider now.',
  'Hang up the provider to take calls, or give one of the two another modem.',
);

export const callerOnModem = (name: string) =>
  fault(
    'caller-on-modem',
    `Somebody who called in is on that modem (“${name}”).`,
    'A modem carries one call, and this one takes calls.',
    'Hang up the caller first, or give the provider another modem.',
  );

export const noPracticeCaller = fault(
  'no-practice-caller',
  'The practice computer can call in only while the practice line is up.',
  'It is plugged into the practice exchange.',
  'Try the practice line first.',
);
