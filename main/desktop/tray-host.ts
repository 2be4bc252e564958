/**
 * Whether this desktop shows tray icons: the session bus is asked for a StatusNotifierItem host, since Electron cannot
 * tell. Where nobody answers, closing the window must not hide the program out of reach.
 */
import { execFile } from 'node:child_process';

const WATCHER = 'org.kde.StatusNotifierWatcher';
const PATH = '/StatusNotifierWatcher';
const PROPERTY = 'IsStatusNotifierHostRegistered';

/** Each with what it prints for yes; the first that can be run decides. */
export const QUESTIONS: readonly { program: string; arguments: readonly string[] }[] = [
  { program: 'busctl', arguments: ['--user', 'get-property', WATCHER, PATH, WATCHER, PROPERTY] },
  {
    program: 'gdbus',
    arguments: [
      'call',
      '--session',
      '--timeout=2',
      `--dest=${WATCHER}`,
      `--object-path=${PATH}`,
      '--method=org.freedesktop.DBus.Properties.Get',
      WATCHER,
      PROPERTY,
    ],
  },
  {
    program: 'dbus-send',
    arguments: [
      '--session',
      '--print-reply',
      '--reply-timeout=2000',
      `--dest=${WATCHER}`,
      PATH,
      'org.freedesktop.DBus.Properties.Get',
      `string:${WATCHER}`,
      `string:${PROPERTY}`,
    ],
  },
];

/** What the program printed, '' when it failed, null when there is no such program. */
export type Run = (program: string, args: readonly string[]) => Promise<string | null>;

export async function hasTrayHost(run: Run = runProgram): Promise<boolean> {
  for (const question of QUESTIONS) {
    const answer = await run(question.program, question.arguments);
    if (answer !== null) return /\btrue\b/.test(answer);
  }
  return false;
}

const runProgram: Run = (program, args) =>
  new Promise((resolve) => {
    execFile(program, [...args], { timeout: 3000 }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else resolve('code' in error && String(error.code) === 'ENOENT' ? null : '');
    });
  });
