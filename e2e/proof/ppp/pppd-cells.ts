// Debian's pppd at the other end, in both roles: every cell is a call, with data both ways compared by its sum.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PppUp } from '../../../main/ppp/types.ts';
import { AccessServer } from '../../../main/practice/access-server.ts';
import { systemClock } from '../../../main/practice/clock.ts';
import { answering } from '../../../main/practice/hayes-settings.ts';
import { PRACTICE_PASSWORD, PRACTICE_USER } from '../../../main/practice/practice-line.ts';
import type { Report } from '../report.ts';
import { CELLS, type Cell, cellName, pppdWords, uncovered } from './cells.ts';
import type { FrameCount } from './frame-count.ts';
import { ADDRESSES, GUEST_NUMBER, type Lab, SERVER_NUMBER } from './lab.ts';
import { transfer } from './transfer.ts';

const NAMES = { pap: 'PAP', 'chap-md5': 'CHAP-MD5', mschap: 'MS-CHAP', 'mschap-v2': 'MS-CHAP-V2' } as const;
/** As pppd's log has them in our Configure-Request. */
const LOGGED = { pap: 'pap', 'chap-md5': 'chap MD5', mschap: 'chap MS', 'mschap-v2': 'chap MS-v2' } as const;
const REQUIRE = { pap: 'pap', 'chap-md5': 'chap', mschap: 'mschap', 'mschap-v2': 'mschap-v2' } as const;
const VJ_COMPRESSED = 0x2d;
const DEFLATED = 0xfd;

export async function pppdProof(lab: Lab, report: Report): Promise<void> {
  const missing = uncovered();
  report.line(
    missing.length === 0,
    'the cells',
    missing.join('; ') || `${CELLS.length} cover every pair of values`,
  );
  for (const cell of CELLS)
    await one(report, `we dial pppd: ${cellName(cell)}`, () => weDial(lab, cell), lab);
  for (const cell of CELLS)
    await one(report, `pppd dials us: ${cellName(cell)}`, () => pppdDials(lab, cell), lab);
}

async function one(report: Report, name: string, work: () => Promise<string>, lab: Lab): Promise<void> {
  try {
    report.line(true, name, await work());
  } catch (error) {
    await lab.hangUp();
    const log = await lab.endPppd().catch(String);
    report.line(false, name, `${error instanceof Error ? error.message : error}; pppd: ${log.slice(-1500)}`);
  }
}

async function weDial(lab: Lab, cell: Cell): Promise<string> {
  const { provider, caller, dns } = ADDRESSES;
  lab.answerWire.clear();
  await lab.startPppd(1, [
    `silent name lab-provider auth require-${REQUIRE[cell.auth]} ${provider}:${caller} ms-dns ${dns}`,
    ...pppdWords(cell),
  ]);
  const up = await lab.call(GUEST_NUMBER, {}, (config) => ({ ...config, ...ours(cell) }));
  if (up.authentication !== NAMES[cell.auth]) throw new Error(`logged in by ${up.authentication}`);
  if (up.local !== caller || up.peer !== provider || up.dns[0] !== dns) throw new Error('other addresses');
  const figures = await carry(lab, cell, up, provider, lab.answerWire);
  await lab.hangUp();
  await lab.endPppd();
  return figures;
}

async function pppdDials(lab: Lab, cell: Cell): Promise<string> {
  const { provider, caller, dns } = ADDRESSES;
  lab.callWire.clear();
  const server = new AccessServer({
    service: 'ppp',
    clock: systemClock(),
    ppp: {
      name: 'masq-gate',
      local: provider,
      dns: [dns],
      wins: [],
      authentication: [cell.auth],
      secret: (user) => (user === PRACTICE_USER ? PRACTICE_PASSWORD : null),
      lineRate: 115_200,
      ...ours(cell),
    },
    assign: () => caller,
    checkLogin: () => false,
    queueBytes: 1 << 16,
    random: (count) => randomBytes(count),
    onPacket: (packet, offset, length) => lab.tun.fromLink(packet, offset, length),
  });
  const station = lab.exchange.plug(server, SERVER_NUMBER, answering());
  server.attach(station);
  try {
    const chat = `/usr/sbin/chat -t 20 "" ATE0W2S11=1 OK ATDT${SERVER_NUMBER.replace('-', '')} CONNECT`;
    await lab.startPppd(2, [
      `noauth user ${PRACTICE_USER} noipdefault usepeerdns lcp-echo-interval 0 connect '${chat}'`,
      ...pppdWords(cell),
    ]);
    for (let tries = 0; server.address === null; tries++) {
      if (tries === 200) throw new Error('no link after 20 s');
      await sleep(100);
    }
    lab.tun.assign(provider, caller, cell.mru);
    lab.tun.toLink = (buffer, offset, length) => server.send(buffer, offset, length);
    // Its kernel has the interface when pppd says so.
    await lab.shell.run('until grep -q "local  IP address" /run/cell.log; do sleep 0.1; done');
    const figures = await carry(lab, cell, null, caller, lab.callWire);
    lab.tun.toLink = () => {};
    await lab.shell.run('pkill -TERM -x pppd');
    const log = await lab.endPppd();
    if (!log.includes(`<auth ${LOGGED[cell.auth]}>`)) throw new Error(`we did not ask for ${cell.auth}`);
    if (!log.includes(`primary   DNS address ${dns}`)) throw new Error('pppd was given no name server');
    if (!/rcvd \[LCP TermAck/.test(log)) throw new Error('our server did not acknowledge the end');
    return figures;
  } finally {
    lab.tun.toLink = () => {};
    lab.exchange.unplug(station);
    server.close();
  }
}

function ours({ vj, deflate, mru, accm }: Cell) {
  return { vj, deflate, mru, mtu: mru, accm };
}

/** The data, and whether what was agreed was in use on the wire, both ways. */
async function carry(lab: Lab, cell: Cell, up: PppUp | null, to: string, wire: FrameCount): Promise<string> {
  const seconds = await transfer(to, lab.data);
  if (up !== null) {
    const agreed = ['VJ', 'Deflate'].map((name) => up.compression.includes(name));
    if (agreed[0] !== cell.vj || agreed[1] !== cell.deflate) throw new Error(`in use: ${up.compression}`);
    if (up.mtu !== cell.mru) throw new Error(`an MTU of ${up.mtu}`);
  }
  const counts = [wire.to, wire.from].map((way) => [way.get(VJ_COMPRESSED) ?? 0, way.get(DEFLATED) ?? 0]);
  for (const [vj = 0, deflated = 0] of counts) {
    if (deflated > 0 !== cell.deflate) throw new Error(`${deflated} frames by Deflate`);
    // With Deflate the headers are inside its frames; what it could not shorten shows them.
    if (!cell.deflate && vj > 0 !== cell.vj) throw new Error(`${vj} frames with compressed headers`);
    if (!cell.vj && vj > 0) throw new Error(`${vj} frames with compressed headers`);
  }
  const trips = up === null ? '' : `, ${up.roundTrips} requests`;
  const frames = counts.map(([vj, deflated]) => `${vj} VJ ${deflated} Deflate`);
  return `${2 * lab.data.length} octets right in ${seconds.toFixed(1)} s; frames there ${frames[0]}, back ${frames[1]}${trips}`;
}
