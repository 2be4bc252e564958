// TFTP: tftp-hpa's client on the LAN against its server outside, getting and putting; then the server on the LAN behind a forward.
// A server answers from another port than was asked: with address-and-port-dependent filtering only the helper lets that in.
import type { Proof } from '../report.ts';
import { forward, HOSTS, NET, type Place, type World } from '../world.ts';
import { type Outcome, onAndOff } from './switching.ts';

const FILE_BYTES = 20_000;
const FOLDER = '/run/tftp';
const STRICT = { masquerade: { udpFiltering: 'address-and-port-dependent' } } as const;

async function serve(world: World, place: Place, address: string): Promise<void> {
  const prepare = `mkdir -p ${FOLDER} && head -c ${FILE_BYTES} /dev/urandom > ${FOLDER}/file && chmod -R a+rwX ${FOLDER}`;
  await world.run(place, ['sh', '-c', prepare]);
  const flags = [
    '--foreground',
    '--listen',
    '--address',
    `${address}:69`,
    '--create',
    '--user',
    'root',
    '--permissive',
    '--secure',
    FOLDER,
  ];
  world.spawn(place, ['in.tftpd', ...flags]).stdout?.resume();
  await world.until(`in.tftpd at ${address}`, 5_000, async () =>
    (await world.run(place, ['ss', '-lun'])).out.includes(`${address}:69`),
  );
}

/** Gets the file and puts it back under another name. */
async function getAndPut(world: World, place: Place, server: string): Promise<Outcome> {
  const own = `/run/tftp-got-${place}`;
  // A name for each: the server lets a file that is being written wait, without a word.
  const put = `put-${place}`;
  await world.run(place, ['rm', '-f', own, `${FOLDER}/${put}`]);
  const began = performance.now();
  // Not so long that its own repetition after five seconds could help.
  const tftp = (...words: string[]) =>
    world.run(place, ['tftp', '-m', 'binary', server, '-c', ...words], 4_000);
  const got = await tftp('get', 'file', own);
  if (got.code === 0) await tftp('put', own, put);
  const same = `cmp ${FOLDER}/file ${own} && cmp ${FOLDER}/file ${FOLDER}/${put} && echo same`;
  const { out } = await world.run(place, ['sh', '-c', same]);
  const ok = out.trim() === 'same';
  return {
    ok,
    figures: ok
      ? `${FILE_BYTES} bytes each way, the same, ${(performance.now() - began).toFixed(0)} ms`
      : 'no answer came',
  };
}

export const tftp: Proof = {
  name: 'tftp',
  async run(world, report) {
    await serve(world, 'servers', NET.web);
    await serve(world, 'h2', HOSTS.h2);
    const both = async (): Promise<Outcome> => {
      const done = await Promise.all([getAndPut(world, 'h1', NET.web), getAndPut(world, 'h3', NET.web)]);
      return done.find(({ ok }) => !ok) ?? (done[0] as Outcome);
    };
    await onAndOff(
      world,
      report,
      'tftp',
      [{ what: 'tftp to in.tftpd, get and put, strict filter', attempt: both }],
      { offer: () => ask(world), take: () => getAndPut(world, 'h1', NET.web) },
      STRICT,
    );
    await onAndOff(
      world,
      report,
      'tftp',
      [
        {
          what: 'tftp outside, in.tftpd behind a forward',
          attempt: () => getAndPut(world, 'servers', world.address ?? ''),
          worksWithout: 'the server opens the second flow itself',
        },
      ],
      null,
      { ...STRICT, forwards: [forward('tftp', 'udp', 69, 'h2')] },
    );
  },
};

/** A request to a server that is not there: its answer stays awaited. */
async function ask(world: World): Promise<void> {
  await world.run('h1', ['tftp', NET.other, '-c', 'get', 'nothing', '/run/tftp-nothing'], 300);
}
