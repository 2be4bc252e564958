// The whole gateway with two links at once: it calls pppd as its provider, and another pppd calls it on its second modem. Who calls
// in fetches through the provider's link, a LAN host through the provider's and through the caller's, all at the same time.
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { NEW_PROVIDER, type Provider } from '../../../main/contract.ts';
import { NEW_CALLER } from '../../../main/dial-in/contract.ts';
import { PRACTICE_PASSWORD, PRACTICE_USER } from '../../../main/practice/practice-line.ts';
import { PtyTerminal } from '../../../main/practice/pty-terminal.ts';
import { GatewayProcess } from '../../gateway-process.ts';
import type { Report } from '../report.ts';
import { ADDRESSES, GUEST_NUMBER, type Lab } from './lab.ts';
import { farEndLines, SOURCE_PORT } from './transfer.ts';

const ANSWER_NUMBER = '555-0304';
const HOST = 'masqproof1';
const LAN = { card: 'masqlan0', gateway: '192.168.90.1', host: '192.168.90.11' };
const run = promisify(execFile);
const ip = (...words: string[]) => execFileSync('ip', words, { stdio: 'pipe' });

/** What reads the data served at `host` and prints its sum; a bash command. */
const fetching = (host: string) => `exec 3<>/dev/tcp/${host}/${SOURCE_PORT}; timeout 60 sha256sum <&3`;

export async function browseProof(lab: Lab, report: Report): Promise<void> {
  const wanted = createHash('sha256').update(lab.data).digest('hex');
  const plug = new PtyTerminal(2048);
  plug.attach(lab.exchange.plug(plug, ANSWER_NUMBER));
  ip('netns', 'add', HOST);
  ip('link', 'add', LAN.card, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', HOST);
  ip('-n', HOST, 'address', 'add', `${LAN.host}/24`, 'dev', 'eth0');
  for (const card of ['lo', 'eth0']) ip('-n', HOST, 'link', 'set', card, 'up');
  ip('-n', HOST, 'route', 'add', 'default', 'via', LAN.gateway);
  ip('link', 'set', LAN.card, 'up');
  const gateway = new GatewayProcess();
  try {
    await serve(lab);
    await gateway.connect();
    await setUp(gateway, lab, plug.path);
    await gateway.must('dial', { providerId: 'proof' });
    await gateway.phase('connected');
    await gateway.until('the answering line', () =>
      gateway.state.dialIn?.lines.some(({ phase }) => phase === 'waiting'),
    );
    const chat = `/usr/sbin/chat -t 60 "" ATE0W2S11=1 OK ATDT${ANSWER_NUMBER.replace('-', '')} CONNECT`;
    const words = `/dev/ttyS2 115200 local lock nodetach nocrtscts debug noauth user ${PRACTICE_USER} noipdefault defaultroute`;
    await lab.shell.run(
      `ip netns exec far pppd ${words} connect '${chat}' > /run/far.log 2>&1 < /dev/null &`,
    );
    const call = await gateway.until('the caller', () =>
      gateway.state.dialIn?.calls.find(({ phase }) => phase === 'connected'),
    );
    const { address, authentication } = call;
    if (address === null) throw new Error('the caller has no address');
    await lab.shell.run('until grep -q "remote IP address" /run/far.log; do sleep 0.1; done');
    const far = (host: string) => lab.shell.run(`ip netns exec far bash -c '${fetching(host)}'`, 90_000);
    const near = async (host: string) =>
      (await run('ip', ['netns', 'exec', HOST, 'bash', '-c', fetching(host)], { timeout: 90_000 })).stdout;
    const began = performance.now();
    const sums = await Promise.all([far(ADDRESSES.provider), near(ADDRESSES.provider), near(address)]);
    const right = sums.map((sum) => sum.trim().startsWith(wanted));
    report.line(
      right.every(Boolean) && gateway.state.phase === 'connected',
      'pppd calls in while we call pppd: all browse at once',
      `caller ${address} (${authentication}) by the provider’s link ${right[0]}, LAN host by the provider’s link ${right[1]}, LAN host by the caller’s link ${right[2]}; 3 × ${lab.data.length} octets in ${((performance.now() - began) / 1000).toFixed(1)} s`,
    );
  } catch (error) {
    const log = await lab.shell.run('tail -n 25 /run/far.log /run/cell.log', 5_000).catch(String);
    report.line(false, 'pppd calls in while we call pppd: all browse at once', `${error} ${log}`);
  } finally {
    await gateway.stop();
    await lab.shell
      .run('pkill -x pppd; sleep 0.5; rm -f /run/lock/LCK..ttyS* /var/lock/LCK..ttyS*; true')
      .catch(() => '');
    ip('netns', 'del', HOST);
    await plug.close();
  }
}

/** In the guest: the provider's pppd and the data in one namespace, a namespace with the data for the computer that calls. */
async function serve(lab: Lab): Promise<void> {
  const { provider, caller, dns } = ADDRESSES;
  const [perl = ''] = farEndLines(lab.dataPath);
  for (const ns of ['isp', 'far']) {
    await lab.shell.run(`ip netns add ${ns}; ip -n ${ns} link set lo up`);
    await lab.shell.run(`(ip netns exec ${ns} ${perl.replace(/ *&$/, '')} > /dev/null 2>&1 &)`);
  }
  const words = `/dev/ttyS1 115200 local lock nodetach nocrtscts silent debug asyncmap 0 name lab-provider auth require-chap`;
  const pppd = `ip netns exec isp pppd ${words} ${provider}:${caller} ms-dns ${dns} > /run/cell.log 2>&1 < /dev/null &`;
  await lab.shell.run(
    `${pppd} until grep -qs . /run/lock/LCK..ttyS1 /var/lock/LCK..ttyS1; do sleep 0.1; done; sleep 0.2`,
  );
}

async function setUp(gateway: GatewayProcess, lab: Lab, answerPort: string): Promise<void> {
  const provider: Provider = {
    ...NEW_PROVIDER,
    id: 'proof',
    name: 'Proof',
    numbers: [GUEST_NUMBER],
    user: PRACTICE_USER,
    port: lab.port.path,
    loginScript: 'off',
  };
  await gateway.must('saveProvider', { provider, password: PRACTICE_PASSWORD });
  await gateway.must('saveSettings', {
    patch: {
      lan: { interface: LAN.card, address: LAN.gateway, prefix: 24, dhcp: null },
      selectedProvider: 'proof',
      ownTraffic: 'never',
    },
  });
  await gateway.must('saveCaller', {
    caller: { ...NEW_CALLER, user: PRACTICE_USER },
    password: PRACTICE_PASSWORD,
  });
  await gateway.must('setLine', {
    line: {
      kind: 'modem',
      id: 'second',
      name: 'Second modem',
      on: true,
      slipUser: null,
      port: answerPort,
      portRate: 115_200,
      modemInit: [],
      rings: 1,
      callerId: false,
      ringPatterns: [],
    },
  });
}
