// FTP beyond ftp.ts: lftp and ftp outside, active and passive, against vsftpd on the LAN behind a forward; an active offer that is open when
// the helper is switched off; and what an attacker would have a client or a server say.

import { serve } from '../ftp.ts';
import type { Proof, Report } from '../report.ts';
import { forward, HOSTS, NET, type World } from '../world.ts';
import { sayTo } from './scripted.ts';
import { type Around, type Outcome, onAndOff, refusalsOf, stateOf, switchTo, tells } from './switching.ts';

const BEHIND: Around = { forwards: [forward('ftp', 'tcp', 21, 'h2')] };

/** lists and fetches the file with lftp. */
async function lftp(world: World, passive: 'on' | 'off'): Promise<Outcome> {
  const own = `/run/inside-lftp-${passive}`;
  const settings = `set ftp:passive-mode ${passive}; set net:timeout 2; set net:max-retries 1; set net:persist-retries 0`;
  await world.run('servers', ['rm', '-f', own]);
  const script = `${settings}; open ftp://${world.address}; ls; get file -o ${own}`;
  const { err } = await world.run('servers', ['lftp', '-c', script], 4_000);
  return same(world, own, err);
}

async function tnftp(world: World, flag: '-A' | '-p'): Promise<Outcome> {
  const own = `/run/inside-ftp${flag}`;
  await world.run('servers', ['rm', '-f', own]);
  const { err } = await world.run(
    'servers',
    ['ftp', '-V', '-q', '3', flag, '-o', own, `ftp://${world.address}/file`],
    4_000,
  );
  return same(world, own, err);
}

async function same(world: World, file: string, err: string): Promise<Outcome> {
  const { code } = await world.run('servers', ['cmp', '/run/ftp/file', file]);
  return {
    ok: code === 0,
    figures: code === 0 ? 'the file is the same' : err.trim().split('\n').at(-1) || 'nothing came',
  };
}

/** A client that says things as they stand; what a server makes of them does not matter. */
async function attacks(world: World, report: Report): Promise<void> {
  const six = (address: string, port: number) => `${address.replaceAll('.', ',')},${port >> 8},${port & 255}`;
  const cases: [string, string, RegExp | null][] = [
    ['PORT for another computer', `PORT ${six(HOSTS.h2, 5000)}`, /third party/],
    ['EPRT for another computer', `EPRT |1|${HOSTS.h2}|5000|`, /third party/],
    ['PORT 22 of its own', `PORT ${six(HOSTS.h1, 22)}`, /below 1024/],
    ['PORT 6000, where X is', `PORT ${six(HOSTS.h1, 6000)}`, /stays closed/],
    ['PORT in the middle of a line', `HELP PORT ${six(HOSTS.h1, 5000)}`, null],
  ];
  await switchTo(world, 'ftp', true);
  const greeting = 'USER anonymous\\r\\nPASS nobody\\r\\n';
  for (const [what, command, reason] of cases) {
    const talking = sayTo(world, 'h1', 1_300, NET.web, 21, `${greeting}${command}\\r\\n`);
    const before = reason === null ? 0 : refusalsOf(world, 'ftp', reason);
    const refused = () => reason !== null && refusalsOf(world, 'ftp', reason) > before;
    const counted = reason === null || (await tells(world, 'ftp', refused, 4_000));
    const { figures } = await talking;
    const open = stateOf(world, 'ftp').expectations;
    const shown = reason === null ? 'passed on unread' : 'refused';
    report.line(
      counted && open === 0 && figures.includes('220 ') && !figures.includes('PORT command successful'),
      what,
      `${shown}, ${open} awaited`,
    );
  }
}

export const ftpInside: Proof = {
  name: 'ftp-inside',
  async run(world, report) {
    await serve(world, 'servers', NET.web);
    await serve(world, 'h2', HOSTS.h2);
    await attacks(world, report);
    const worksWithout = 'the server opens the connection itself';
    await onAndOff(
      world,
      report,
      'ftp',
      [
        { what: 'server on the LAN: lftp outside, passive', attempt: () => lftp(world, 'on') },
        { what: 'server on the LAN: lftp outside, active', attempt: () => lftp(world, 'off'), worksWithout },
        { what: 'server on the LAN: ftp outside, passive', attempt: () => tnftp(world, '-p') },
        { what: 'server on the LAN: ftp outside, active', attempt: () => tnftp(world, '-A'), worksWithout },
      ],
      null,
      BEHIND,
    );
    // An offer that waits: a client that names its port and then says nothing.
    const [a, b] = [5000 >> 8, 5000 & 255];
    const offer = `USER anonymous\\r\\nPASS nobody\\r\\nPORT ${HOSTS.h1.replaceAll('.', ',')},${a},${b}\\r\\n`;
    await switchTo(world, 'ftp', true);
    const waiting = sayTo(world, 'h1', 4_000, NET.web, 21, offer);
    const open = await tells(world, 'ftp', ({ expectations }) => expectations === 1);
    await switchTo(world, 'ftp', false);
    const left = stateOf(world, 'ftp').expectations;
    await waiting;
    report.line(open && left === 0, 'switched off with an offer open: closed', `1 awaited, then ${left}`);
  },
};
