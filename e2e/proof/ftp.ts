// FTP with real programs: Debian's vsftpd, and curl, lftp and ftp as clients, active and passive, in the old and the extended
// commands. Active transfers need the helper; with it switched off they must fail. Then a server on the LAN behind a forward.
import { setTimeout as sleep } from 'node:timers/promises';
import { median, type Proof, type Report } from './report.ts';
import { forward, HOSTS, NET, type Place, type World } from './world.ts';

const FILE_BYTES = 3_000_000;
const BIG_BYTES = 120_000_000;
const ROUNDS = 9;
/** Active must be this near to passive. */
const NEARNESS = 0.95;
const OTHER_PORT = 2121;
const GET = [
  'curl',
  '-sS',
  '-m',
  '15',
  '--connect-timeout',
  '5',
  '-o',
  '/dev/null',
  '-w',
  '%{size_download}',
];
const WAYS = [
  ['passive, EPSV', []],
  ['passive, PASV', ['--disable-epsv']],
  ['active, EPRT', ['--ftp-port', '-']],
  ['active, PORT', ['--ftp-port', '-', '--disable-eprt']],
] as const;

/** vsftpd for everybody, as it comes but for its sandboxes, which want a network namespace of their own. */
export function configuration(
  address: string,
  port: number,
  root = '/run/ftp',
  empty = '/run/ftp-empty',
): string {
  return [
    'listen=YES',
    'listen_ipv6=NO',
    `listen_address=${address}`,
    `listen_port=${port}`,
    'background=NO',
    'anonymous_enable=YES',
    'no_anon_password=YES',
    `anon_root=${root}`,
    'write_enable=YES',
    'anon_upload_enable=YES',
    'anon_umask=022',
    'connect_from_port_20=YES',
    'xferlog_enable=NO',
    'isolate=NO',
    'isolate_network=NO',
    'seccomp_sandbox=NO',
    `secure_chroot_dir=${empty}`,
  ].join('\n');
}

export async function serve(world: World, place: Place, address: string, port = 21): Promise<void> {
  const file = `/run/vsftpd-${place}-${port}.conf`;
  const prepare = `mkdir -p /run/ftp/in /run/ftp-empty && chmod 755 /run/ftp && chown ftp /run/ftp/in
    head -c ${FILE_BYTES} /dev/urandom > /run/ftp/file && head -c ${BIG_BYTES} /dev/zero > /run/ftp/big
    chmod 644 /run/ftp/file /run/ftp/big && printf '%s\\n' "$1" > ${file}`;
  await world.run(place, ['sh', '-c', prepare, 'sh', configuration(address, port)]);
  world.spawn(place, ['vsftpd', file]).stdout?.resume();
  await world.until(`vsftpd on ${address}`, 10_000, async () => {
    const { out } = await world.run(place, ['ss', '-ltn']);
    return out.includes(`${address}:${port}`);
  });
}

export const ftp: Proof = {
  name: 'ftp',
  async run(world, report) {
    await serve(world, 'servers', NET.web);
    for (const [name, flags] of WAYS) {
      const got = await world.run('h1', [...GET, ...flags, `ftp://${NET.web}/file`]);
      report.line(got.out === String(FILE_BYTES), `curl ${name}`, `${got.out || 0} bytes ${got.err.trim()}`);
    }
    await clients(world, report);
    await speed(world, report);
    const state = world.helpers.find(({ name }) => name === 'ftp');
    report.line((state?.hits ?? 0) > 0, 'the helper’s own count', `${state?.hits} hits`);
    await switching(world, report);
    await inside(world, report);
  },
};

async function clients(world: World, report: Report): Promise<void> {
  for (const mode of ['on', 'off']) {
    const script = `set ftp:passive-mode ${mode}; set net:timeout 5; set net:max-retries 1; open ftp://${NET.web}; ls; get file -o /run/lftp-${mode}; put -O in /run/ftp/file -o lftp-${mode}`;
    await world.run('h2', ['lftp', '-c', script]);
    const same = `cmp /run/ftp/file /run/lftp-${mode} && cmp /run/ftp/file /run/ftp/in/lftp-${mode} && echo same`;
    const { out, err } = await world.run('h2', ['sh', '-c', same]);
    report.line(
      out.trim() === 'same',
      `lftp, passive ${mode}: list, get, put`,
      out.trim() === 'same' ? 'the files are the same' : err.trim(),
    );
  }
  for (const [mode, flag] of [
    ['active', '-A'],
    ['passive', '-p'],
  ] as const) {
    const target = `/run/tnftp-${mode}`;
    await world.run('h3', ['ftp', '-V', flag, '-o', target, `ftp://${NET.web}/file`]);
    const { out } = await world.run('h3', ['sh', '-c', `cmp /run/ftp/file ${target} && echo same`]);
    report.line(
      out.trim() === 'same',
      `ftp, ${mode}`,
      out.trim() === 'same' ? 'the files are the same' : 'not',
    );
  }
}

/** The same file, active and passive in turn. */
async function speed(world: World, report: Report): Promise<void> {
  const rate = async (flags: readonly string[]) => {
    const measure = [...GET.slice(0, -1), '%{speed_download}'];
    return Number((await world.run('h1', [...measure, ...flags, `ftp://${NET.web}/big`])).out) * 8e-6;
  };
  const active: number[] = [];
  const passive: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    passive.push(await rate([]));
    active.push(await rate(['--ftp-port', '-']));
  }
  // Pair by pair, because a computer that is busy with other things is so for both of a pair.
  const ratio = median(active.map((one, round) => one / (passive[round] as number)));
  report.line(
    ratio >= NEARNESS,
    `active ≥ ${NEARNESS} × passive, ${ROUNDS} pairs of ${BIG_BYTES / 1e6} MB`,
    `${median(active).toFixed(0)} and ${median(passive).toFixed(0)} Mbit/s, ${ratio.toFixed(2)}`,
  );
}

async function switching(world: World, report: Report): Promise<void> {
  const active = (port: number, ...flags: string[]) =>
    world.run('h1', [...GET, '--ftp-port', '-', ...flags, `ftp://${NET.web}:${port}/file`]);
  await world.configure({ helpers: { ftp: { on: false, ports: [21] } } });
  const off = await active(21);
  const oldOff = await active(21, '--disable-eprt');
  const passive = await world.run('h1', [...GET, `ftp://${NET.web}/file`]);
  report.line(
    off.out !== String(FILE_BYTES) && oldOff.out !== String(FILE_BYTES),
    'helper off: active fails',
    `EPRT and PORT: curl exits ${off.code} and ${oldOff.code}`,
  );
  report.line(passive.out === String(FILE_BYTES), 'helper off: passive works', `${passive.out} bytes`);
  await serve(world, 'servers', NET.other, OTHER_PORT);
  await world.configure({ helpers: { ftp: { on: true, ports: [21, OTHER_PORT] } } });
  const on = await active(21);
  const other = await world.run('h1', [...GET, '--ftp-port', '-', `ftp://${NET.other}:${OTHER_PORT}/file`]);
  report.line(
    on.out === String(FILE_BYTES) && other.out === String(FILE_BYTES),
    `helper on again, for ports 21 and ${OTHER_PORT}`,
    `${on.out} and ${other.out} bytes`,
  );
}

async function inside(world: World, report: Report): Promise<void> {
  await serve(world, 'h2', HOSTS.h2);
  await world.configure({ forwards: [forward('ftp', 'tcp', 21, 'h2')] });
  await sleep(200);
  for (const [name, flags] of WAYS) {
    const got = await world.run('servers', [...GET, ...flags, `ftp://${world.address}/file`]);
    report.line(
      got.out === String(FILE_BYTES),
      `server on the LAN, curl outside, ${name}`,
      `${got.out || 0} bytes ${got.err.trim()}`,
    );
  }
}
