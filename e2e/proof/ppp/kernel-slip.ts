// Linux's own SLIP and CSLIP in the guest, which we call; data both ways compared by its sum.
import type { Report } from '../report.ts';
import { ADDRESSES, GUEST_NUMBER, type Lab } from './lab.ts';
import { transfer } from './transfer.ts';

export async function kernelSlipProof(lab: Lab, report: Report): Promise<void> {
  const { provider, caller } = ADDRESSES;
  for (const link of ['slip', 'cslip'] as const) {
    try {
      const attach = `slattach -L -p ${link} -s 115200 /dev/ttyS1 > /run/cell.log 2>&1 < /dev/null &`;
      await lab.shell.run(`${attach} until [ -e /sys/class/net/sl0 ]; do sleep 0.1; done`);
      await lab.shell.run(`ip address add ${provider} peer ${caller} dev sl0; ip link set sl0 mtu 576 up`);
      const up = await lab.call(GUEST_NUMBER, { link, slipLocal: caller, slipPeer: provider });
      lab.tun.assign(up.local, provider, 576);
      const seconds = await transfer(provider, lab.data);
      report.line(true, `Linux, ${link}`, `${2 * lab.data.length} octets right in ${seconds.toFixed(1)} s`);
    } catch (error) {
      report.line(false, `Linux, ${link}`, error instanceof Error ? error.message : String(error));
    } finally {
      await lab.hangUp();
      await lab.shell.run('pkill -x slattach; while [ -e /sys/class/net/sl0 ]; do sleep 0.1; done; true');
    }
  }
}
