/**
 * What `masq-gate doctor` looks at on this computer. Nothing is changed, opened or started. The host is handed in, so that
 * every sick computer can be played; what only the running gateway knows is checked by cli-doctor.ts.
 */
import type { Fault } from '../contract.ts';
import { noAgent, pkexecMissing } from '../elevation/faults.ts';
import { busyPort, deniedPort, type PortAccess, type PortHolder } from '../modem/port-faults.ts';
import { readSettingsText } from '../settings/schema.ts';

export interface Check {
  name: string;
  ok: boolean;
  /** What was found, in a sentence. */
  sentence: string;
  /** With trouble only. */
  cause?: string;
  remedy?: string;
}

export interface DoctorPort {
  path: string;
  description: string;
  /** May this user read and write it? */
  allowed: boolean;
  access: PortAccess;
  holder: PortHolder | null;
}

/** How this computer answers. Nothing here rejects. */
export interface DoctorHost {
  user: { name: string; isRoot: boolean; groups: readonly string[]; desktop: string | undefined };
  node: string;
  /** The Fault when a file of the engine is missing, else where it lies. */
  engineFiles(): Fault | string;
  /** `device` only when it is a character device. */
  tun(): 'device' | 'other' | 'missing';
  /** Where a program lies among the folders of root, or null. */
  findTool(name: string): string | null;
  /** Names of the running programs, as /proc tells them (15 characters at most). */
  programs(): readonly string[];
  hasPolicy: boolean;
  ports(): Promise<{ ports: DoctorPort[]; fault: Fault | null }>;
  /** The settings file: its path, and its text or why it cannot be read; null text where there is none yet. */
  settings(): Promise<{ path: string; text: string | null } | { path: string; error: string }>;
}

/** Groups whose members may use serial ports: Debian's and Red Hat's name, and Arch's. */
const SERIAL_GROUPS = ['dialout', 'uucp'];
/** Agents that ask for a password in a window: by their own names, or built into the desktop's shell. */
const AGENT = /^(?!polkitd$)(?:.*(?:polkit|policykit).*|gnome-shell|cinnamon|phosh|cosmic-osd)$/;

const ok = (name: string, sentence: string): Check => ({ name, ok: true, sentence });
const trouble = (name: string, sentence: string, cause: string, remedy: string): Check => ({
  name,
  ok: false,
  sentence,
  cause,
  remedy,
});
export const troubleOf = (name: string, { sentence, cause, remedy }: Fault): Check =>
  trouble(name, sentence, cause, remedy);

/** `ownPid`: the running gateway's process, which may hold the modem's port. */
export async function checkHost(host: DoctorHost, ownPid: number | null): Promise<Check[]> {
  return [
    checkNode(host),
    checkEngine(host),
    checkElevation(host),
    checkTun(host),
    ...TOOLS.map((tool) => checkTool(host, tool)),
    ...(await checkPorts(host, ownPid)),
    await checkSettings(host),
  ];
}

function checkNode({ node }: DoctorHost): Check {
  const [major = 0, minor = 0] = node.replace(/^v/, '').split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return ok('Node.js', `Version ${node} will do.`);
  return trouble(
    'Node.js',
    `Version ${node} is too old.`,
    'Masq-Gate needs Node.js 20.19 or newer.',
    'Install a newer one from your distribution or from nodejs.org.',
  );
}

function checkEngine(host: DoctorHost): Check {
  const found = host.engineFiles();
  return typeof found === 'string' ? ok('engine', `Its files lie in ${found}.`) : troubleOf('engine', found);
}

function checkElevation({ user, findTool, programs, hasPolicy }: DoctorHost): Check {
  const name = 'approval';
  if (user.isRoot) return ok(name, 'You are root: nobody needs to be asked.');
  if (findTool('pkexec') === null) return troubleOf(name, pkexecMissing);
  const agent = programs().find((program) => AGENT.test(program));
  if (agent === undefined) return troubleOf(name, noAgent(user.desktop));
  const action = hasPolicy ? 'by Masq-Gate’s own polkit action' : 'for running the engine’s program';
  return ok(name, `pkexec asks ${action}, in a window of ${agent}.`);
}

function checkTun(host: DoctorHost): Check {
  const name = 'TUN device';
  const found = host.tun();
  if (found === 'device') return ok(name, '/dev/net/tun is there.');
  return trouble(
    name,
    found === 'missing' ? 'There is no /dev/net/tun.' : '/dev/net/tun is not a device.',
    'The kernel module tun is not loaded, or this is a container that was given no such device.',
    'Run “sudo modprobe tun”; for a container allow it from outside (docker: --device /dev/net/tun --cap-add NET_ADMIN).',
  );
}

interface Tool {
  name: string;
  package: string;
  needed: string;
}
const TOOLS: readonly Tool[] = [
  { name: 'ip', package: 'iproute2', needed: 'Without it nothing can be shared.' },
  { name: 'dnsmasq', package: 'dnsmasq-base', needed: 'Without it the LAN gets no addresses and no names.' },
  { name: 'busybox', package: 'busybox', needed: 'Only the practice line needs it, for its two computers.' },
];

function checkTool({ findTool }: DoctorHost, tool: Tool): Check {
  const path = findTool(tool.name);
  if (path !== null) return ok(tool.name, `${path} is there.`);
  return trouble(
    tool.name,
    `The program ${tool.name} is not installed.`,
    tool.needed,
    `Run “sudo apt install ${tool.package}” on Debian and Ubuntu; elsewhere the package has that name or its like.`,
  );
}

async function checkPorts(host: DoctorHost, ownPid: number | null): Promise<Check[]> {
  const { ports, fault } = await host.ports();
  const checks = ports.map((port) => checkPort(port, ownPid));
  if (fault !== null) checks.push(troubleOf('serial ports', fault));
  else if (ports.length === 0)
    checks.push(
      trouble(
        'serial ports',
        'No serial port was found.',
        'No modem is plugged in, or its driver is not loaded.',
        'Plug the modem in and look again. “masq-gate practice” works without one.',
      ),
    );
  checks.push(checkGroup(host, ports));
  return checks;
}

function checkPort({ path, description, allowed, access, holder }: DoctorPort, ownPid: number | null): Check {
  if (!allowed) return troubleOf(path, deniedPort(path, access));
  if (holder !== null && holder.pid !== ownPid) return troubleOf(path, busyPort(path, holder, false));
  return ok(path, `${description}; you may use it${holder === null ? '' : ', and Masq-Gate has it open'}.`);
}

function checkGroup({ user }: DoctorHost, ports: readonly DoctorPort[]): Check {
  const name = 'serial group';
  const group = user.groups.find((known) => SERIAL_GROUPS.includes(known));
  if (group !== undefined) return ok(name, `${user.name} is in the group ${group}.`);
  if (user.isRoot) return ok(name, 'You are root and need no group.');
  if (ports.length > 0 && ports.every(({ allowed }) => allowed))
    return ok(name, `${user.name} is in no serial group, and may use the ports all the same.`);
  const denied = ports.find(({ allowed, access }) => !allowed && access.group !== null)?.access.group;
  return trouble(
    name,
    `${user.name} is not in the group ${denied ?? 'dialout'}.`,
    'Serial ports, and so modems, belong to that group.',
    `Run “sudo usermod -aG ${denied ?? 'dialout'} ${user.name}”, then log out and in again.`,
  );
}

async function checkSettings(host: DoctorHost): Promise<Check> {
  const name = 'settings';
  const found = await host.settings();
  if ('error' in found)
    return trouble(
      name,
      `${found.path} cannot be read.`,
      found.error,
      'See to it that the file and its folder are yours.',
    );
  if (found.text === null) return ok(name, `${found.path} is not there yet: the defaults hold.`);
  const read = readSettingsText(found.text);
  if (read.ok) return ok(name, `${found.path} is sound.`);
  const cause = {
    'not-json': 'It is damaged: it cannot be read as JSON.',
    newer: 'It was written by a newer Masq-Gate.',
    'not-valid': 'It was edited by hand with a slip.',
  }[read.reason];
  return trouble(
    name,
    `${found.path} cannot be used; the next start puts it aside and uses the defaults.`,
    `${cause} ${read.detail}`.slice(0, 600),
    'Mend the file before the next start, or enter your settings again.',
  );
}
