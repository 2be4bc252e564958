/** A gateway with scripted parts behind a real control socket, and the command line run against it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { CommandRouter } from '../faces/command-router.ts';
import { type ControlSocket, claimInstance } from '../faces/control-socket.ts';
import { provider, scriptedGateway, settle } from '../gateway.test-parts.ts';
import { runCli } from './cli.ts';
import type { DoctorHost } from './cli-doctor-checks.ts';

export const controls: ControlSocket[] = [];
afterEach(async () => {
  for (const control of controls.splice(0)) await control.close();
});

export async function running() {
  const controlPath = join(mkdtempSync(join(tmpdir(), 'masq-cli-')), 'control.sock');
  const claim = await claimInstance(controlPath, false);
  if (!claim.first) throw new Error('somebody else is there');
  controls.push(claim.control);
  const scripted = await scriptedGateway();
  const { gateway } = scripted;
  await gateway.commands.saveProvider({ provider, password: 'secret' });
  let shown = 0;
  claim.control.serve({
    model: gateway.model,
    router: new CommandRouter({ handlers: gateway.commands, log: () => {} }),
    about: () => ({ type: 'about', pid: 42, face: 'headless', version: '1', address: 'http://here/' }),
    show: () => {
      shown += 1;
    },
  });
  return { ...scripted, controlPath, control: claim.control, shown: () => shown };
}

export const well: DoctorHost = {
  user: { name: 'me', isRoot: false, groups: ['me', 'dialout'], desktop: 'GNOME' },
  node: 'v24.0.0',
  engineFiles: () => '/opt/engine',
  tun: () => 'device',
  findTool: (name) => `/usr/bin/${name}`,
  programs: () => ['systemd', 'polkitd', 'gnome-shell'],
  hasPolicy: true,
  ports: async () => ({ ports: [], fault: null }),
  settings: async () => ({ path: '/home/me/settings.json', text: null }),
};
export const client = {
  id: 1,
  kind: 'lan' as const,
  address: '192.168.7.5',
  mac: null,
  name: 'desk',
  firstSeen: 1,
  lastSeen: 1,
  leaseExpires: null,
  bytesUp: 1500,
  bytesDown: 2_500_000,
  rateUp: 800,
  rateDown: 28_800,
  sessions: 3,
  paused: false,
};

const rules = `
/sbin/modprobe ip_masq_ftp
/sbin/modprobe ip_masq_irc ports=6667,6668
ipchains -P forward DENY
ipmasqadm portfw -a -P tcp -L 203.0.113.9 80 -R 192.168.0.10 80
mystery --of=the\x1b[2Jday
iptables -t nat -A PREROUTING -p tcp -j REDIRECT --to 3128
`;

export async function cli(controlPath: string, ...argv: string[]) {
  return asking(controlPath, null, ...argv);
}

/** With somebody at the terminal who answers every question so. */
export async function asking(controlPath: string, answer: boolean | null, ...argv: string[]) {
  const questions: string[] = [];
  const out: string[] = [];
  const err: string[] = [];
  const stop = new AbortController();
  const code = runCli(argv, {
    controlPath,
    now: () => 1_800_000_005_000,
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    stop: stop.signal,
    readText: async (path) => {
      if (path === 'rc.firewall') return rules;
      if (path === '-') return 'windows95\n';
      throw new Error(`ENOENT: no such file or directory, open '${path}'`);
    },
    ask:
      answer === null
        ? null
        : async (question) => {
            questions.push(question);
            return answer;
          },
    doctor: well,
  });
  return { code, out, err, stop, questions };
}

/** Runs to the end; fails on another exit code. */
export async function tells(controlPath: string, expected: number, ...argv: string[]): Promise<string> {
  const { code, out, err } = await cli(controlPath, ...argv);
  expect([await code, ...err].slice(0, expected === 0 ? undefined : 1)).toEqual([expected]);
  return [...out, ...err].join('\n');
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settle();
}
