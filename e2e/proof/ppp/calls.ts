// Calls by the real modem driver on a real pty, each ended by a fault at a moment of its own: no open file, no timer stays.
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AccessServer } from '../../../main/practice/access-server.ts';
import { systemClock } from '../../../main/practice/clock.ts';
import { answering } from '../../../main/practice/hayes-settings.ts';
import { PRACTICE_PASSWORD } from '../../../main/practice/practice-line.ts';
import type { Report } from '../report.ts';
import { ADDRESSES, type Lab, SERVER_NUMBER } from './lab.ts';

const CALLS = 20;
const NOBODY = '555-0399';

interface Held {
  files: number;
  resources: string;
}

/** Open files, and what keeps the process alive, once garbage and late callbacks have had their time. */
async function held(): Promise<Held> {
  await sleep(500);
  return {
    files: readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().sort().join(' '),
  };
}

export async function callsProof(lab: Lab, report: Report): Promise<void> {
  const server = new AccessServer({
    service: 'ppp',
    clock: systemClock(),
    ppp: {
      name: 'masq-gate',
      local: ADDRESSES.provider,
      dns: [],
      wins: [],
      authentication: ['chap-md5'],
      secret: () => PRACTICE_PASSWORD,
      lineRate: 115_200,
      mru: 1500,
      mtu: 1500,
      vj: true,
      deflate: true,
    },
    assign: () => ADDRESSES.caller,
    checkLogin: () => false,
    queueBytes: 1 << 16,
    random: (count) => randomBytes(count),
    onPacket: () => {},
  });
  const station = lab.exchange.plug(server, SERVER_NUMBER, answering());
  server.attach(station);
  const drop = () => {
    station.dtr(false);
    station.dtr(true);
  };
  const ends = new Map<string, number>();
  // One to warm up: modules, caches.
  await lab.call(SERVER_NUMBER, {}).catch(() => undefined);
  await lab.hangUp();
  const before = await held();
  for (let call = 0; call < CALLS; call++) {
    const way = call % 5;
    const number = way === 3 ? NOBODY : SERVER_NUMBER;
    const timer = setTimeout(way === 0 ? () => void lab.hangUp() : drop, 50 + Math.random() * 400);
    const end = await lab
      .call(number, {}, (config) => (way === 4 ? { ...config, password: 'guess' } : config))
      .then(async () => {
        if (way === 1) drop();
        await sleep(Math.random() * 200);
        return 'was up';
      })
      .catch((error: Error) => error.message.split('.')[0] ?? '');
    clearTimeout(timer);
    await lab.hangUp();
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  const after = await held();
  lab.exchange.unplug(station);
  server.close();
  const words = [...ends].map(([end, times]) => `${times} × ${end}`).join('; ');
  report.line(
    after.files <= before.files && after.resources === before.resources,
    `${CALLS} calls with faults leave nothing`,
    `open files ${before.files}, then ${after.files}; ${after.resources === before.resources ? 'the same timers and handles' : `${before.resources} | ${after.resources}`}; ${words}`,
  );
}
