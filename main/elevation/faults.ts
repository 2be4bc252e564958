/** What a person is told when the administrator's approval fails. */
import type { Fault } from '../../engine/contract.ts';

/** Always a way out: started as root, the gateway asks nobody; its panel opens in a browser. */
const TERMINAL = 'in a terminal: “sudo npm start” in Masq-Gate’s folder';

/** Packages with a graphical polkit agent, by what XDG_CURRENT_DESKTOP names. */
const AGENTS: [RegExp, string][] = [
  [/KDE/i, 'polkit-kde-agent-1'],
  [/LXQt/i, 'lxqt-policykit'],
  [/MATE/i, 'mate-polkit'],
  [/GNOME|Unity|Budgie/i, 'gnome-shell'],
  [/Cinnamon/i, 'cinnamon'],
];
const ANY_AGENT = 'mate-polkit';

export const dismissed: Fault = {
  code: 'approval-dismissed',
  sentence: 'Sharing needs an administrator’s approval, and it was not given.',
  cause:
    'The password question was closed, the password was wrong, or this account may not become administrator.',
  remedy: `Dial again and give the password of an administrator, or start Masq-Gate ${TERMINAL}.`,
};

export function noAgent(desktop: string | undefined): Fault {
  const named = AGENTS.find(([pattern]) => pattern.test(desktop ?? ''));
  return {
    code: 'no-polkit-agent',
    sentence: 'Nothing on this desktop can ask for the administrator’s password.',
    cause: `No polkit authentication agent runs${desktop ? ` on ${desktop.slice(0, 60)}` : ''}.`,
    remedy: `Install one (“sudo apt install ${named ? named[1] : ANY_AGENT}”) and log in again, or start Masq-Gate ${TERMINAL}.`,
  };
}

export const pkexecMissing: Fault = {
  code: 'pkexec-missing',
  sentence: 'This computer has no program that can ask for the administrator’s password.',
  cause: 'pkexec (of polkit) is not installed.',
  remedy: `Install it with “sudo apt install pkexec” (older systems: policykit-1), or start Masq-Gate ${TERMINAL}.`,
};

export function diedEarly(detail: string): Fault {
  return {
    code: 'engine-died-early',
    sentence: 'The engine was approved but ended before it was ready.',
    cause: 'It could not be started, or something on this computer ended it.',
    remedy: 'Dial again; if it stays, send the log with a report.',
    ...(detail.trim() === '' ? {} : { detail: detail.trim().slice(-4000) }),
  };
}

export function unsafePath(path: string): Fault {
  return {
    code: 'engine-path-unsafe',
    sentence: 'Masq-Gate lies in a folder whose name cannot be handed safely to the administrator’s shell.',
    cause: `The path ${JSON.stringify(path).slice(0, 300)} has spaces, quotes or other special characters in it.`,
    remedy: `Move Masq-Gate to a folder named with letters, digits, dots and dashes only, or start it ${TERMINAL}.`,
  };
}

export function engineFilesMissing(path: string): Fault {
  return {
    code: 'engine-missing',
    sentence: 'The engine’s own file is missing, so nothing can be shared.',
    cause: `There is no ${path}; the installation or the build is not whole.`,
    remedy: 'Install Masq-Gate again; in a source checkout run “npm run build”.',
  };
}
