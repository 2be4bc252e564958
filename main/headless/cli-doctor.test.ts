import { describe, expect, it } from 'vitest';
import { aFault } from '../gateway.test-parts.ts';
import { running, tells, well } from './cli.test-parts.ts';
import { checkHost, type DoctorHost, type DoctorPort } from './cli-doctor-checks.ts';
import { thisHost } from './cli-doctor-host.ts';

const port: DoctorPort = {
  path: '/dev/ttyUSB0',
  description: 'USB modem',
  allowed: true,
  access: { group: 'dialout', user: 'me', joinedLater: false },
  holder: null,
};
const withPort = (change: Partial<DoctorPort> = {}): Partial<DoctorHost> => ({
  ports: async () => ({ ports: [{ ...port, ...change }], fault: null }),
});

/** The troubles of a computer that is well but for this. */
async function troubles(change: Partial<DoctorHost>, ownPid: number | null = null): Promise<string[]> {
  const checks = await checkHost({ ...well, ...withPort(), ...change }, ownPid);
  for (const { ok, cause, remedy } of checks) {
    expect(cause === undefined).toBe(ok);
    expect(remedy === undefined).toBe(ok);
  }
  return checks.filter(({ ok }) => !ok).map(({ name, sentence, remedy }) => `${name}: ${sentence} ${remedy}`);
}

describe('the doctor', () => {
  it('finds nothing wrong with a computer that is well', async () => {
    expect(await troubles({})).toEqual([]);
  });

  const without = (missing: string) => ({
    findTool: (name: string) => (name === missing ? null : `/usr/bin/${name}`),
  });
  const user = (change: Partial<DoctorHost['user']>) => ({ user: { ...well.user, ...change } });
  const sick: [string, Partial<DoctorHost>, string, string][] = [
    ['an old Node.js', { node: 'v20.18.3' }, 'Node.js: Version v20.18.3 is too old', 'newer'],
    [
      'no engine',
      { engineFiles: () => aFault('engine-missing') },
      'engine: It is engine-missing.',
      'Mend it',
    ],
    ['no pkexec', without('pkexec'), 'approval: ', 'apt install pkexec'],
    ['no agent', { programs: () => ['polkitd', 'Xorg'] }, 'approval: Nothing on this desktop', 'gnome-shell'],
    ['no TUN device', { tun: () => 'missing' }, 'TUN device: There is no', 'modprobe tun'],
    ['a file for a TUN device', { tun: () => 'other' }, 'TUN device: /dev/net/tun is not', 'modprobe tun'],
    ['no ip', without('ip'), 'ip: The program ip', 'apt install iproute2'],
    ['no dnsmasq', without('dnsmasq'), 'dnsmasq: ', 'apt install dnsmasq-base'],
    ['no busybox', without('busybox'), 'busybox: ', 'apt install busybox'],
    ['no modem', { ports: async () => ({ ports: [], fault: null }) }, 'serial ports: No serial', 'practice'],
    [
      'ports that cannot be listed',
      { ports: async () => ({ ports: [], fault: aFault('x') }) },
      'serial ports: It is x.',
      'Mend it',
    ],
    ['a port in use', withPort({ holder: { pid: 7, name: 'minicom' } }), '/dev/ttyUSB0: ', 'Quit minicom'],
    [
      'broken settings',
      { settings: async () => ({ path: '/s', text: '{' }) },
      'settings: /s cannot be used',
      'Mend',
    ],
    [
      'newer settings',
      { settings: async () => ({ path: '/s', text: '{"version":999}' }) },
      'settings: /s cannot',
      'Mend',
    ],
    [
      'forbidden settings',
      { settings: async () => ({ path: '/s', error: 'EACCES' }) },
      'settings: /s cannot be read',
      'yours',
    ],
  ];
  it.each(sick)('names %s, and what helps', async (_, change, sentence, remedy) => {
    const found = await troubles(change);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(sentence);
    expect(found[0]).toContain(remedy);
  });

  it('names a port of a group the user is not in, and the group', async () => {
    const denied = await troubles({ ...withPort({ allowed: false }), ...user({ groups: ['me'] }) });
    expect(denied).toHaveLength(2);
    expect(denied.join()).toMatch(/You are not allowed.*usermod -aG dialout me.*serial group: me is not in/);
    expect(await troubles(user({ groups: ['me'] }))).toEqual([]);
  });

  it('takes root as enough, and the gateway’s own hold of the port as well', async () => {
    const root = { ...user({ isRoot: true, groups: ['root'] }), ...without('pkexec'), programs: () => [] };
    expect(await troubles(root)).toEqual([]);
    expect(await troubles(withPort({ holder: { pid: 7, name: 'node' } }), 7)).toEqual([]);
  });

  it('looks at this very computer without failing', async () => {
    const checks = await checkHost(thisHost(), null);
    expect(checks.find(({ name }) => name === 'ip')?.sentence).toMatch(/ip (is there|is not installed)\.$/);
  });
});

describe('masq-gate doctor', () => {
  it('works where no gateway runs', async () => {
    const text = await tells('/nonexistent/control.sock', 1, 'doctor');
    expect(text).toContain('ok       gateway       Masq-Gate is not running');
    expect(text).toContain('trouble  serial ports  No serial port was found.\n');
    expect(text).toContain('Do:   Plug the modem in and look again.');
    expect(text).toContain('One thing needs you.');
  });

  it('tells what the running gateway has found, in JSON too', async () => {
    const { controlPath, gateway } = await running();
    gateway.model.hostFault('other-dhcp', aFault('other-dhcp'));
    gateway.model.set({ fault: aFault('no-carrier') });
    const { ok, checks } = JSON.parse(await tells(controlPath, 1, 'doctor', '--json'));
    expect(ok).toBe(false);
    expect(checks[0]).toEqual({
      name: 'gateway',
      ok: true,
      sentence: 'Masq-Gate runs (process 42, headless): Not connected.',
    });
    expect(checks).toContainEqual({
      name: 'this computer',
      ok: false,
      sentence: 'It is other-dhcp.',
      cause: 'Because other-dhcp.',
      remedy: 'Mend it.',
    });
    expect(checks).toContainEqual(
      expect.objectContaining({ name: 'last call', sentence: 'It is no-carrier.' }),
    );
  });
});
