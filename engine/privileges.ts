/**
 * The engine keeps only the capabilities it uses (capabilities(7)). They are dropped before Node starts, by setpriv, since
 * Node's threads cannot drop them for each other. uid 0 stays: files, sysctls and D-Bus go by it.
 *
 * sys_admin is the large one that has to stay: the practice line's namespaces are made and entered with it, by an engine
 * that does not know at its birth whether it will practise.
 */
import { spawnSync } from 'node:child_process';
import { findTool, TOOL_ENVIRONMENT } from './host/run.ts';

const KEPT = [
  'net_admin', // masq0, addresses, routes, nft
  'net_raw', // the DHCP probe, udhcpc
  'net_bind_service', // dnsmasq's ports 53 and 67, the practice web server's 80
  'setuid', // dnsmasq runs as nobody
  'setgid',
  'kill', // … and is ended as such
  'chown', // the socket is the owner's, the lease file nobody's
  'dac_override', // … and is read; a user's serial port is hung up
  'sys_ptrace', // the name of the program that holds port 53
  'sys_admin', // namespaces, see above
] as const;

const FLAGS = [
  `--bounding-set=-all${KEPT.map((one) => `,+${one}`).join('')}`,
  '--inh-caps=-all',
  '--no-new-privs',
];

/** The words to put before a command; none where setpriv is missing, or may not do it (in some containers). */
export function withFewerPrivileges(): string[] {
  const setpriv = findTool('setpriv');
  if (setpriv === null) return [];
  const words = [setpriv, ...FLAGS];
  const tried = spawnSync(setpriv, [...FLAGS, 'true'], { env: TOOL_ENVIRONMENT, cwd: '/', timeout: 5_000 });
  return tried.status === 0 ? words : [];
}
