import { describe, expect, it } from 'vitest';
import { emptyDialIn } from '../contract.ts';
import { running, tells } from './cli.test-parts.ts';

describe('masq-gate callers', () => {
  it('adds, lists, switches and removes who may call in; a password is read from a file', async () => {
    const { controlPath, gateway } = await running();
    const known = () => gateway.model.state.settings.dialIn.callers;
    expect(await tells(controlPath, 0, 'callers')).toContain('Nobody may call in.');
    expect(await tells(controlPath, 1, 'callers', 'add', 'retro')).toContain('“retro” needs a password.');
    const said = await tells(
      controlPath,
      0,
      ...'callers add retro --password-from - --address 192.168.67.50 --no-lan --calls 2 --hours'.split(' '),
      'Mon-Fri 18:00-22:00; Sat 10:00-12:00',
    );
    expect(said).toBe('retro may call in and reach Internet, callers.');
    expect(known()).toMatchObject([
      {
        user: 'retro',
        on: true,
        address: '192.168.67.50',
        lan: false,
        calls: 2,
        hours: [{ from: 1080 }, { days: [6] }],
      },
    ]);
    expect(await tells(controlPath, 0, 'callers')).toMatch(
      /retro +on +192\.168\.67\.50 +Internet, callers +2 /,
    );
    await tells(controlPath, 0, 'callers', 'off', 'RETRO');
    expect(known()[0]?.on).toBe(false);
    await tells(controlPath, 0, 'callers', 'remove', 'retro');
    expect(known()).toEqual([]);
    expect(await tells(controlPath, 1, 'callers', 'on', 'retro')).toContain('There is no caller “retro”.');
  });

  it('shows who is on the line, and says that a call to hang up is not there', async () => {
    const { controlPath, gateway } = await running();
    const call = {
      id: 17,
      line: 'second',
      phase: 'connected' as const,
      from: '5550123',
      user: 'retro',
      address: '192.168.67.10',
      protocol: 'ppp' as const,
      authentication: 'PAP',
      rate: 33_600,
      since: gateway.model.state.since,
      bytesIn: 1500,
      bytesOut: 2_500_000,
    };
    gateway.model.set({ dialIn: { ...emptyDialIn, calls: [call] } });
    expect(await tells(controlPath, 0, 'callers')).toMatch(
      /17 +retro +192\.168\.67\.10 +second +5550123 +33\.6 kbit\/s .* 1\.5 kB +2\.5 MB/,
    );
    expect(await tells(controlPath, 0, 'status')).toContain('callers    retro');
    expect(await tells(controlPath, 1, 'callers', 'hangup', 'retro')).toContain('That call is over.');
    expect(await tells(controlPath, 1, 'callers', 'hangup', 'other')).toContain(
      'There is no caller “other”.',
    );
  });

  it.each([
    ['callers add'],
    ['callers add retro secret'],
    ['callers add retro --address here'],
    ['callers add retro --calls 0'],
    ['callers add retro --hours sometime'],
    ['callers hangup'],
    ['callers practice loudly'],
    ['callers list --calls 2'],
    ['lines add'],
    ['lines add pigeon post'],
    ['lines add tcp'],
    ['lines off'],
    ['lines list --lan'],
  ])('does not understand “%s”', async (words) => {
    const { controlPath } = await running();
    await tells(controlPath, 2, ...words.split(' '));
  });
});

describe('masq-gate lines', () => {
  it('adds, lists, switches and removes lines', async () => {
    const { controlPath, gateway } = await running();
    const known = () => gateway.model.state.settings.dialIn.lines;
    expect(await tells(controlPath, 0, 'lines')).toContain('No line takes calls.');
    await tells(controlPath, 0, 'lines', 'add', 'tcp', '47115', '--name', 'DOSBox', '--callers', '2');
    expect(known()).toMatchObject([{ id: 'tcp-47115', kind: 'tcp', reach: 'this-computer', callers: 2 }]);
    expect(await tells(controlPath, 0, 'lines')).toMatch(/tcp-47115 +DOSBox +tcp 47115 +waiting/);
    await tells(controlPath, 0, 'lines', 'off', 'tcp-47115');
    expect(known()[0]?.on).toBe(false);
    expect(await tells(controlPath, 1, 'lines', 'add', 'tcp', '80')).toContain(
      'The line cannot be like that.',
    );
    expect(await tells(controlPath, 1, 'lines', 'add', 'cable', '/dev/null', '--flow', 'magic')).toContain(
      'flow',
    );
    await tells(controlPath, 0, 'lines', 'remove', 'tcp-47115');
    expect(known()).toEqual([]);
    expect(await tells(controlPath, 1, 'lines', 'on', 'tcp-47115')).toContain('There is no line');
  });
});
