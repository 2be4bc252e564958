/** What dial-in has to tell a person: sentence, likely cause, remedy. */
import type { Fault } from '../contract.ts';

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
