import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { dismissed, pkexecMissing } from './faults.ts';
import { printedFault } from './launcher.ts';
import { judgePkexec, pkexecCommand } from './pkexec.ts';
import { buildCommandLine, judgeSudoPrompt } from './sudo-prompt.ts';

const HOSTILE = [
  '/opt/Masq Gate/engine',
  '/opt/$(touch /tmp/x)/engine',
  '/opt/`id`/engine',
  '/opt/a"b/engine',
  "/opt/a'b/engine",
  '/opt/a\\b/engine',
  '/opt/a\nb/engine',
  '/opt/a;b/engine',
  '/opt/ä/engine',
  'relative/engine',
  'sudo',
  '/',
  '',
  '/opt//engine',
  '/opt/engine ',
];

describe('the command line for sudo-prompt', () => {
  it('is the plain paths', () => {
    expect(buildCommandLine(['/usr/bin/node', '/opt/Masq-Gate_1.2+b/engine/supervisor.cjs'])).toEqual({
      ok: true,
      line: '/usr/bin/node /opt/Masq-Gate_1.2+b/engine/supervisor.cjs',
    });
  });
  it.each(HOSTILE)('refuses %j', (path) => {
    expect(buildCommandLine(['/usr/bin/node', path])).toMatchObject({
      ok: false,
      fault: { code: 'engine-path-unsafe' },
    });
  });
});

describe('the command line for pkexec', () => {
  it('hands hostile paths over untouched, and says when there is no pkexec', () => {
    const [shell, flag, script, ...rest] = pkexecCommand(['/x', '/opt/$(touch /tmp/x) "y"/z']);
    expect([shell, flag]).toEqual(['/bin/sh', '-c']);
    expect(rest.at(-1)).toBe('/opt/$(touch /tmp/x) "y"/z');
    // The same script with printf in pkexec's place shows what pkexec would be given.
    const given = execFileSync('/bin/sh', ['-c', script ?? '', '/usr/bin/printf', '%s\\n', ...rest.slice(1)]);
    expect(given.toString()).toContain('/opt/$(touch /tmp/x) "y"/z\n');
    expect(() => execFileSync('/bin/sh', ['-c', script ?? '', '/nonexistent'])).toThrow(/Command failed/);
    expect(judgePkexec(120, '', '', undefined)).toBe(pkexecMissing);
  });
});

describe('what went wrong', () => {
  const own = { code: 'engine-running', sentence: 's', cause: 'c', remedy: 'r' };
  const printed = `SUDOPROMPT\n${JSON.stringify({ fault: own })}\n`;

  it('with pkexec is told by its exit code', () => {
    expect(judgePkexec(126, '', '', 'KDE')).toBe(dismissed);
    expect(judgePkexec(127, '', 'Error: No authentication agent found.', 'KDE')?.remedy).toContain(
      'polkit-kde-agent-1',
    );
    expect(judgePkexec(127, '', 'Not authorized', 'KDE')).toBe(dismissed);
    expect(judgePkexec(3, printed, '', 'KDE')).toEqual(own);
    expect(judgePkexec(null, '', 'killed', 'KDE')).toMatchObject({
      code: 'engine-died-early',
      detail: 'killed',
    });
  });

  it('with sudo-prompt is told by its fixed texts', () => {
    const judge = (text: string, stdout = '') => judgeSudoPrompt(new Error(text), stdout, '', 'XFCE');
    expect(judgeSudoPrompt(undefined, '', '', undefined)).toBeNull();
    expect(judge('User did not grant permission.')).toBe(dismissed);
    expect(judge('No polkit authentication agent found.')).toMatchObject({
      code: 'no-polkit-agent',
      remedy: expect.stringContaining('sudo npm start'),
    });
    expect(judge('Unable to find pkexec or kdesudo.')).toBe(pkexecMissing);
    expect(judge('Command failed', printed)).toEqual(own);
    expect(judge('Command failed')).toMatchObject({ code: 'engine-died-early' });
  });

  it('is not read from what is no fault', () => {
    expect(printedFault('')).toBeNull();
    expect(printedFault('{"fault":{"code":1}}')).toBeNull();
    expect(printedFault('rubbish')).toBeNull();
  });
});
