// `npm run demo`: the practice line in the panel, left open for a person. `-- --prove`: without a person, one line a
// proof, exit 0 only if all hold and the host is as it was before.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { PRACTICE } from '../main/contract.ts';
import { GatewayProcess } from './gateway-process.ts';
import { differences, hostState, ourProcesses } from './host-state.ts';

const run = promisify(execFile);
const [hostOne, hostTwo] = PRACTICE.hosts;

async function inHost(host: string, command: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('ip', ['netns', 'exec', host, command, ...args], {
    maxBuffer: 1 << 26,
    encoding: 'latin1',
  });
  return stdout;
}

let failures = 0;
async function proof(name: string, work: () => Promise<string>): Promise<void> {
  const begun = Date.now();
  try {
    const words = await work();
    console.log(`ok    ${name}: ${words} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL  ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
function need(condition: unknown, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}

async function prove(): Promise<void> {
  const before = hostState();
  const gateway = new GatewayProcess();
  await gateway.connect();
  const client = (address: string) => gateway.state.clients?.find((entry) => entry.address === address);
  const leased: string[] = [];

  // Nobody sits here to be asked, and the practice LAN must get through a firewall that is on this computer; undone at the end.
  await gateway.must('saveSettings', { patch: { openForeignFirewall: 'yes' } });

  await proof('dialled', async () => {
    await gateway.must('practice', {});
    await gateway.until('a carrier', () =>
      ['negotiating', 'authenticating', 'configuring', 'connected'].includes(gateway.state.phase ?? ''),
    );
    return gateway.state.activity ?? '';
  });
  await proof('PPP up with address', async () => {
    await gateway.phase('connected');
    const link = gateway.state.link;
    need(link, 'no link facts');
    need(/^203\.0\.113\.\d+$/.test(link.local), `address ${link.local} is not of the provider's pool`);
    return `${link.local}, ${link.authentication}, carrier ${link.carrierRate} bit/s, "${link.connectText}"`;
  });
  await proof('DHCP leases of both hosts', async () => {
    const leaseOf = (name: string) =>
      gateway.state.clients?.find((entry) => entry.name === name && entry.leaseExpires !== null)?.address;
    await gateway.until('two leases', () => PRACTICE.hosts.every((name) => leaseOf(name) !== undefined));
    for (const name of PRACTICE.hosts) leased.push(leaseOf(name) ?? 'none');
    return leased.join(' and ');
  });
  await proof('name resolved', async () => {
    const answer = await inHost(
      hostOne,
      'dig',
      '+short',
      '+time=5',
      '+tries=3',
      PRACTICE.web.name,
      `@${PRACTICE.lanAddress}`,
    );
    need(answer.includes(PRACTICE.web.address), `answer was "${answer.trim()}"`);
    return `${PRACTICE.web.name} is ${answer.trim()}`;
  });
  await proof('page fetched by both with equal checksum', async () => {
    const url = `http://${PRACTICE.web.name}${PRACTICE.web.file}`;
    const pages = await Promise.all(
      [hostOne, hostTwo].map((host) => inHost(host, 'curl', '-sS', '--fail', '--max-time', '60', url)),
    );
    const sums = pages.map((page) => createHash('sha256').update(Buffer.from(page, 'latin1')).digest('hex'));
    need(sums[0] === sums[1], `checksums differ: ${sums.join(' ')}`);
    need((pages[0]?.length ?? 0) > 1000, 'the page is too short to prove anything');
    return `${pages[0]?.length} bytes, sha256 ${sums[0]?.slice(0, 16)}…`;
  });
  await proof('ping', async () => {
    const answer = await inHost(
      hostOne,
      'ping',
      '-n',
      '-c',
      '3',
      '-i',
      '0.5',
      '-W',
      '5',
      PRACTICE.web.address,
    );
    need(answer.includes(' 0% packet loss'), answer);
    return answer.match(/rtt .*/)?.[0] ?? '';
  });
  await proof("traceroute's hops", async () => {
    const answer = await inHost(
      hostTwo,
      'traceroute',
      '-n',
      '-w',
      '5',
      '-q',
      '1',
      '-m',
      '8',
      PRACTICE.web.address,
    );
    const hops = [...answer.matchAll(/^\s*\d+\s+([\d.]+)\s/gm)].map((match) => match[1]);
    const wanted = [PRACTICE.lanAddress, ...PRACTICE.hops, PRACTICE.web.address];
    need(
      hops.join() === wanted.join(),
      `hops were ${hops.join(', ')}; expected ${wanted.join(', ')}\n${answer}`,
    );
    return hops.join(' → ');
  });
  await proof('clients listed with their bytes', async () => {
    need(leased.length >= 2, 'no leases to look for');
    await gateway.until(
      'traffic of both clients',
      () => leased.every((address) => (client(address)?.bytesDown ?? 0) > 1000),
      10_000,
    );
    return leased
      .map(
        (address) =>
          `${client(address)?.name ?? '?'} ${address} ↓${client(address)?.bytesDown} ↑${client(address)?.bytesUp}`,
      )
      .join(', ');
  });
  await proof('hung up', async () => {
    await gateway.must('hangUp', {});
    await gateway.phase('idle', 15_000);
    return gateway.state.activity || 'idle';
  });
  await proof('host state restored', async () => {
    const code = await gateway.stop();
    const left = [...differences(before, hostState()), ...ourProcesses().map((line) => `process: ${line}`)];
    need(left.length === 0, left.join('\n      '));
    return `gateway ended with ${code}; rules, routes, interfaces, forwarding, namespaces, firewall as before; no process left`;
  });
}

async function show(): Promise<void> {
  const gateway = new GatewayProcess({ args: ['--practice'], echo: true });
  const stop = () => void gateway.stop().then(() => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  console.log(`\nOpen ${await gateway.address()} in a browser. Ctrl-C hangs up and puts the host back.`);
  await new Promise<void>((resolve) => gateway.child.once('exit', () => resolve()));
}

if (process.argv.includes('--prove')) {
  await prove().catch((error: unknown) => {
    failures += 1;
    console.log(`FAIL  ${error instanceof Error ? error.message : String(error)}`);
  });
  console.log(failures === 0 ? 'All proofs hold.' : `${failures} proofs failed.`);
  process.exit(failures === 0 ? 0 : 1);
} else {
  await show();
}
