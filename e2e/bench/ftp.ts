// FTP through the real engine, this process turning the packets round in main's place: the same file active and passive in turn, from
// Debian's vsftpd in the practice network's Internet to curl on a LAN host. Active needs the helper to rewrite and to let in.
import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PRACTICE } from '../../engine/contract.ts';
import { inside } from './namespaces.ts';
import { LAN_HOST, throughEngine, WEB_NS } from './whole-path.ts';

const FILE_BYTES = 200_000_000;
const run = promisify(execFile);

export interface FtpRates {
  /** Medians, Mbit/s. */
  active: number;
  passive: number;
  /** Median of the ratios of pairs. */
  ratio: number;
}

export async function ftpRates(pairs: number): Promise<FtpRates> {
  return throughEngine(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'masq-gate-ftp-'));
    const server = serve(folder);
    try {
      await listening();
      const active: number[] = [];
      const passive: number[] = [];
      for (let pair = 0; pair < pairs; pair++)
        for (const way of (pair & 1) === 0 ? ['active', 'passive'] : ['passive', 'active'])
          if (way === 'active') active.push(await fetch('--ftp-port', '-', '--disable-eprt'));
          else passive.push(await fetch('--disable-epsv'));
      const ratio = median(active.map((rate, pair) => rate / (passive[pair] as number)));
      return { active: median(active), passive: median(passive), ratio };
    } finally {
      server.kill();
      rmSync(folder, { recursive: true });
    }
  });
}

function serve(folder: string) {
  const files = join(folder, 'files');
  const empty = join(folder, 'empty');
  for (const one of [files, empty]) mkdirSync(one);
  writeFileSync(join(files, 'file'), new Uint8Array(FILE_BYTES));
  for (const one of [folder, files, empty]) chmodSync(one, 0o755);
  const settings = join(folder, 'vsftpd.conf');
  const lines = [
    'listen=YES',
    'listen_ipv6=NO',
    `listen_address=${PRACTICE.web.address}`,
    'background=NO',
    'anonymous_enable=YES',
    'no_anon_password=YES',
    `anon_root=${files}`,
    'connect_from_port_20=YES',
    'xferlog_enable=NO',
    'isolate=NO',
    'isolate_network=NO',
    'seccomp_sandbox=NO',
    `secure_chroot_dir=${empty}`,
  ];
  writeFileSync(settings, `${lines.join('\n')}\n`);
  return spawn('ip', ['netns', 'exec', WEB_NS, 'vsftpd', settings], { stdio: 'ignore' });
}

async function listening(): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    if (inside(WEB_NS, 'ss', '-ltn').includes(`${PRACTICE.web.address}:21 `)) return;
    await sleep(100);
  }
  throw new Error('vsftpd does not listen');
}

/** Mbit/s of one transfer. */
async function fetch(...flags: string[]): Promise<number> {
  const { stdout } = await run('ip', [
    ...['netns', 'exec', LAN_HOST, 'curl', '-sS', '-m', '60', '-o', '/dev/null', ...flags],
    ...['-w', '%{size_download} %{speed_download}', `ftp://${PRACTICE.web.address}/file`],
  ]);
  const [size, speed] = stdout.split(' ').map(Number);
  if (size !== FILE_BYTES) throw new Error(`${size} bytes came with ${flags.join(' ')}`);
  return (speed as number) * 8e-6;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >>> 1] as number;
}
