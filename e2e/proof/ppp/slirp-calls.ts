// slirp, which nobody here wrote, as provider: PPP with and without VJ, SLIP, CSLIP; data both ways compared by its sum.
import type { Provider } from '../../../main/contract.ts';
import { slirpProvider } from '../../lab/slirp.ts';
import type { Report } from '../report.ts';
import type { Lab } from './lab.ts';
import { farEndHere, transfer } from './transfer.ts';

/** This computer's loopback, as slirp shows it. */
const HOST = '10.0.2.2';
const NUMBER = '555-0310';

const CALLS: [string, string[], Partial<Provider>][] = [
  ['slirp, PPP, VJ', ['ppp'], {}],
  ['slirp, PPP, no VJ', ['ppp'], { headerCompression: false }],
  [
    'slirp, SLIP, address in the settings',
    ['mtu 1006'],
    { link: 'slip', slipLocal: '10.0.2.15', slipPeer: HOST },
  ],
  ['slirp, SLIP, address as it says', ['mtu 1006'], { link: 'slip' }],
  ['slirp, CSLIP, address as it says', ['mtu 1006', 'compress'], { link: 'cslip' }],
];

export async function slirpProof(lab: Lab, report: Report): Promise<void> {
  const close = await farEndHere(lab.dataPath);
  for (const [name, words, fields] of CALLS) {
    const provider = await slirpProvider(lab.exchange, NUMBER, words);
    try {
      const up = await lab.call(NUMBER, fields);
      lab.tun.assign(up.local, HOST, up.mtu);
      const seconds = await transfer(HOST, lab.data);
      report.line(
        up.local === '10.0.2.15',
        name,
        `${2 * lab.data.length} octets right in ${seconds.toFixed(1)} s; ${up.compression.join(' ')}`,
      );
    } catch (error) {
      report.line(false, name, error instanceof Error ? error.message : String(error));
    } finally {
      await lab.hangUp();
      await provider.close();
    }
  }
  close();
}
