// Demand dialling with real programs: the line is down, a program asks, and gets its answer when the call is through. By address
// however long that takes; by name when it is quick, else with the program's next try, as people know it from old modems.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Proof } from './report.ts';
import { NET, type World } from './world.ts';

/** How long the call takes: an old modem's handshake, and a quick one. */
const SLOW_MS = 25_000;
const QUICK_MS = 4_000;

/** Has a host fetch a page with the line down; brings it up so long after it was asked for. */
async function fetchAndDial(world: World, url: string, dialMs: number) {
  await world.down();
  world.wants.length = 0;
  const fetching = world.run('h1', ['curl', '-sS', '-m', '60', url], 70_000);
  await world.until('somebody to ask for the line', 5_000, () => world.wants.length > 0);
  const why = world.wants[0] ?? '';
  await sleep(dialMs);
  await world.up();
  const ran = await fetching;
  return { ran, why, ok: ran.code === 0 && ran.out.startsWith(`${world.address} `) };
}

export const demand: Proof = {
  name: 'demand',
  async run(world, report) {
    await world.configure({ demand: true });
    await world.down();
    world.wants.length = 0;
    for (const [address, port] of [
      ['224.0.0.251', '5353'],
      ['192.168.77.255', '137'],
      [NET.other, '123'],
    ] as const)
      await world.runPeer('h2', 10_000, 'udp-once', address, port, '48');
    report.line(
      world.wants.length === 0,
      'mDNS, NetBIOS and NTP never dial',
      `${world.wants.length} calls asked for`,
    );
    const byAddress = await fetchAndDial(world, `http://${NET.web}/who`, SLOW_MS);
    report.line(
      byAddress.ok,
      `curl by address, ${SLOW_MS / 1000} s to dial`,
      `${byAddress.why}; page after ${(byAddress.ran.ms / 1000).toFixed(1)} s`,
    );
    const byName = await fetchAndDial(world, 'http://quick.example/who', QUICK_MS);
    report.line(
      byName.ok,
      `curl by name, ${QUICK_MS / 1000} s to dial`,
      `${byName.why}; page after ${(byName.ran.ms / 1000).toFixed(1)} s`,
    );
    const slow = await fetchAndDial(world, 'http://slow.example/who', SLOW_MS);
    const again = await world.run('h1', ['curl', '-sS', '-m', '10', 'http://slow.example/who']);
    report.line(
      again.code === 0,
      `curl by name, ${SLOW_MS / 1000} s to dial`,
      slow.ok
        ? 'with its first try'
        : `gave up after ${(slow.ran.ms / 1000).toFixed(1)} s; its next try took ${again.ms.toFixed(0)} ms`,
    );
  },
};
