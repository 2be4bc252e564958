// One frame in a hundred broken, in real time, against pppd with VJ and Deflate: transfers both ways until the time is over,
// every octet compared. (Ten minutes of it between two ends of ours in simulated time: main/ppp/errors.test.ts.)
import type { Report } from '../report.ts';
import { ADDRESSES, GUEST_NUMBER, type Lab } from './lab.ts';
import { transfer } from './transfer.ts';

const SECONDS = 45;
/** Octets to one that is broken: a frame of these has some 50 to 400. */
const SPOIL_ONE_IN = 5_000;

export async function errorsProof(lab: Lab, report: Report): Promise<void> {
  const { provider, caller, dns } = ADDRESSES;
  const wire = lab.answerWire;
  wire.clear();
  let transfers = 0;
  try {
    await lab.startPppd(1, [
      `silent name lab-provider auth require-chap ${provider}:${caller} ms-dns ${dns} mru 576 mtu 576 asyncmap 0`,
    ]);
    const up = await lab.call(GUEST_NUMBER, {}, (config) => ({
      ...config,
      mru: 576,
      mtu: 576,
      deflate: true,
    }));
    if (!['VJ', 'Deflate'].every((name) => up.compression.includes(name)))
      throw new Error(`${up.compression}`);
    wire.spoilOneIn = SPOIL_ONE_IN;
    const until = performance.now() + SECONDS * 1000;
    while (performance.now() < until) {
      await transfer(provider, lab.data, 90_000);
      transfers++;
    }
    wire.spoilOneIn = 0;
    const frames = [wire.to, wire.from].flatMap((way) => [...way.values()]).reduce((sum, n) => sum + n, 0);
    const { spoiled } = wire;
    await lab.hangUp();
    const log = await lab.endPppd();
    const resets = (log.match(/CCP ResetReq/g) ?? []).length;
    report.line(
      spoiled > 0 && resets > 0,
      'pppd, VJ and Deflate, frames broken',
      `${transfers} transfers of ${2 * lab.data.length} octets right in ${SECONDS} s; ${spoiled} octets broken in some ${frames} frames, ${resets} Reset-Requests in pppd’s log`,
    );
  } catch (error) {
    wire.spoilOneIn = 0;
    await lab.hangUp();
    const log = await lab.endPppd().catch(String);
    report.line(
      false,
      'pppd, VJ and Deflate, frames broken',
      `after ${transfers} transfers: ${error}; ${log.slice(-1000)}`,
    );
  }
}
