// Makes a fresh machine ready: npm packages always, Debian packages when root, else the one line to run.
// Plain JavaScript without imports from npm, because it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Programs by purpose: the command looked for, and the Debian package that brings it. */
const programs = {
  run: [
    ['ip', 'iproute2'],
    ['dnsmasq', 'dnsmasq-base'],
    ['busybox', 'busybox-static'],
  ],
  test: [
    ['chromium', 'chromium'],
    ['nft', 'nftables'],
    ['ping', 'iputils-ping'],
    ['traceroute', 'traceroute'],
    ['natpmpc', 'natpmpc'],
    ['curl', 'curl'],
    ['dig', 'bind9-dnsutils'],
    ['slirp-fullbolt', 'slirp'],
    ['pppd', 'ppp'],
    ['qemu-system-x86_64', 'qemu-system-x86'],
    ['cpio', 'cpio'],
    ['depmod', 'kmod'],
    ['xz', 'xz-utils'],
    ['python3', 'python3'],
  ],
  bench: [
    ['iperf3', 'iperf3'],
    ['slirp4netns', 'slirp4netns'],
    ['ethtool', 'ethtool'],
    ['vsftpd', 'vsftpd'],
    ['curl', 'curl'],
  ],
  proof: [
    ['mtr', 'mtr-tiny'],
    ['turnutils_natdiscovery', 'coturn'],
    ['lftp', 'lftp'],
    ['tnftp', 'ftp'],
    ['tmux', 'tmux'],
    ['ngircd', 'ngircd'],
    ['irssi', 'irssi'],
    ['inetd', 'openbsd-inetd'],
    ['inetutils-talk', 'inetutils-talk'],
    ['talkd', 'inetutils-talkd'],
    ['tftp', 'tftp-hpa'],
    ['in.tftpd', 'tftpd-hpa'],
    ['perl', 'perl-base'],
    ['pkill', 'procps'],
    ['rsh-redone-rsh', 'rsh-redone-client'],
    ['in.rshd', 'rsh-redone-server'],
    ['oidentd', 'oidentd'],
    ['sipp', 'sip-tester'],
    ['tcpdump', 'tcpdump'],
    ['pptp', 'pptp-linux'],
    ['pptpd', 'pptpd'],
    ['slattach', 'net-tools'],
  ],
};

/** Packages that bring a server which Debian starts at once and at every boot. The proofs start theirs in namespaces. */
const servers = ['vsftpd', 'coturn', 'ngircd', 'openbsd-inetd', 'tftpd-hpa', 'oidentd', 'pptpd'];
/** Asked by Debian before a package's server is started. */
const policy = '/usr/sbin/policy-rc.d';

const isRoot = process.getuid?.() === 0;
const say = (text) => console.log(`masq-gate: ${text}`);

function found(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  return folders.some((folder) => folder !== '' && existsSync(join(folder, command)));
}

function run(command, args, env = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  return result.status === 0;
}

function npmPackages() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).update(process.version).digest('hex');
  const marker = join(root, 'node_modules', '.masq-gate-setup');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  say('installing the npm packages of package-lock.json (npm ci) …');
  if (!run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])) {
    say('npm ci failed: its own words stand above. Is the npm registry reachable?');
    process.exit(1);
  }
  writeFileSync(marker, wanted);
}

/** What this machine says itself about starting servers stands; else nothing that is installed meanwhile is started. */
function withoutStarting(install) {
  if (existsSync(policy)) return install();
  const stay = () => {};
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stay);
  try {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    return install();
  } finally {
    rmSync(policy, { force: true });
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stay);
  }
}

function debianPackages(purposes, required) {
  const missing = purposes.flatMap((purpose) => programs[purpose]).filter(([command]) => !found(command));
  if (missing.length === 0) return;
  const names = [...new Set(missing.map(([, name]) => name))];
  const line = `apt-get install -y --no-install-recommends ${names.join(' ')}`;
  const commands = missing.map(([command]) => command).join(', ');
  if (isRoot && found('apt-get')) {
    say(`installing Debian packages for ${commands}: ${names.join(' ')} …`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const install = () => run('apt-get', line.split(' ').slice(1).concat('-qq'), env);
    if (run('apt-get', ['update', '-qq'], env) && withoutStarting(install)) {
      const brought = names.filter((name) => servers.includes(name));
      if (brought.length > 0)
        say(`not started, but at the next boot they will be, unless disabled: ${brought.join(', ')}`);
      return;
    }
    say(`that failed. Run it by hand: ${line}`);
  } else {
    say(`these programs are missing: ${commands}. Install them with: sudo ${line}`);
  }
  if (required) process.exit(1);
}

/** Sets up for `run`, `test`, `bench` or `proof`; each includes the ones before it. Tests cannot go on without their programs. */
export function setup(purpose) {
  npmPackages();
  const all = ['run', 'test', 'bench', 'proof'];
  debianPackages(all.slice(0, all.indexOf(purpose) + 1), purpose !== 'run');
}
