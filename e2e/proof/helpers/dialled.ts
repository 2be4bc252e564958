// Helpers over a really dialled link: the whole gateway calls the practice provider, modem, PPP and the line's 33.6 kbit/s included. FTP active
// by curl against vsftpd, and RealAudio by scripts on both computers at once; each on and off, switched as a face does it.
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PRACTICE } from '../../../main/contract.ts';
import { GatewayProcess } from '../../gateway-process.ts';
import { configuration } from '../ftp.ts';
import { runProgram, spawnProgram } from '../programs.ts';
import type { LoneProof, Report } from '../report.ts';
import { SCRIPT } from './scripted.ts';
import type { Outcome } from './switching.ts';

/** Where the practice Internet's servers are. */
const SERVERS = 'masq-net';
const FILE_BYTES = 12_000;
const [one, other] = PRACTICE.hosts;

const inside = (namespace: string, command: readonly string[]) => [
  'ip',
  'netns',
  'exec',
  namespace,
  ...command,
];

class Call {
  readonly gateway = new GatewayProcess();
  readonly #folder = mkdtempSync(join(tmpdir(), 'masq-dialled-'));
  readonly #servers: ChildProcess[] = [];
  readonly addresses = new Map<string, string>();

  async dial(): Promise<string> {
    await this.gateway.connect();
    await this.gateway.must('saveSettings', { patch: { openForeignFirewall: 'yes' } });
    await this.gateway.must('practice', {});
    await this.gateway.phase('connected');
    for (const name of PRACTICE.hosts) {
      const lease = () =>
        this.gateway.state.clients?.find((client) => client.name === name && client.leaseExpires !== null);
      this.addresses.set(name, await this.gateway.until(`the lease of ${name}`, () => lease()?.address));
    }
    const { link } = this.gateway.state;
    return `${link?.local}, ${link?.carrierRate} bit/s`;
  }

  async serve(): Promise<void> {
    const root = join(this.#folder, 'ftp');
    mkdirSync(join(root, 'empty'), { recursive: true });
    writeFileSync(join(root, 'file'), Buffer.alloc(FILE_BYTES, 'x'));
    const file = join(this.#folder, 'vsftpd.conf');
    writeFileSync(file, configuration(PRACTICE.web.address, 21, root, join(root, 'empty')));
    await runProgram(['chmod', '-R', 'a+rX', this.#folder], 5_000);
    this.#servers.push(spawnProgram(inside(SERVERS, ['vsftpd', file])));
    const scripts = [process.execPath, SCRIPT, 'serve', PRACTICE.web.address, 'realaudio'];
    this.#servers.push(spawnProgram(inside(SERVERS, scripts)));
    for (const server of this.#servers) server.stdout?.resume();
    const limit = performance.now() + 10_000;
    const listens = async () => {
      const { out } = await runProgram(inside(SERVERS, ['ss', '-ltn']), 5_000);
      return out.includes(`${PRACTICE.web.address}:21`) && out.includes(`${PRACTICE.web.address}:7070`);
    };
    while (!(await listens()))
      if (performance.now() > limit) throw new Error('vsftpd or the script does not serve');
  }

  async switch(name: string, on: boolean): Promise<void> {
    await this.gateway.must('setHelper', { name, setting: { on, ports: [] } });
    await this.gateway.until(`${name} ${on ? 'on' : 'off'}`, () => this.helper(name)?.on === on);
  }

  helper(name: string) {
    return this.gateway.state.helpers?.find((helper) => helper.name === name);
  }

  async ftp(): Promise<Outcome> {
    const curl = ['curl', '-sS', '-m', '25', '--connect-timeout', '10', '--ftp-port', '-', '-o', '/dev/null'];
    const url = `ftp://${PRACTICE.web.address}/file`;
    const { out, code } = await runProgram(inside(one, [...curl, '-w', '%{size_download}', url]), 30_000);
    return {
      ok: out === String(FILE_BYTES),
      figures: out === String(FILE_BYTES) ? `${out} bytes` : `curl exits ${code}`,
    };
  }

  async sound(): Promise<Outcome> {
    const outcomes = await Promise.all(
      [one, other].map(async (host): Promise<Outcome> => {
        const words = ['clients', this.addresses.get(host) ?? '', `realaudio=${PRACTICE.web.address}`];
        const script = ['env', 'PROOF_WAIT_MS=3000', process.execPath, SCRIPT, ...words];
        const { out, err } = await runProgram(inside(host, script), 20_000);
        return out === ''
          ? { ok: false, figures: err.slice(-200) }
          : ((JSON.parse(out) as Outcome[])[0] as Outcome);
      }),
    );
    return outcomes.find(({ ok }) => !ok) ?? (outcomes[0] as Outcome);
  }

  async close(): Promise<number | null> {
    for (const server of this.#servers) server.kill('SIGKILL');
    const code = await this.gateway.stop();
    rmSync(this.#folder, { recursive: true, force: true });
    return code;
  }
}

async function onAndOff(
  call: Call,
  report: Report,
  name: string,
  what: string,
  attempt: () => Promise<Outcome>,
): Promise<void> {
  await call.switch(name, true);
  const before = call.helper(name)?.hits ?? 0;
  const on = await attempt();
  const counted = await call.gateway
    .until('a use', () => (call.helper(name)?.hits ?? 0) > before, 5_000)
    .catch(() => false);
  report.line(on.ok && counted === true, what, on.figures);
  await call.switch(name, false);
  const off = await attempt();
  report.line(!off.ok && call.helper(name)?.expectations === 0, '  off: fails', off.figures);
}

export const dialled: LoneProof = {
  name: 'dialled',
  async runAlone(report) {
    const call = new Call();
    try {
      report.line(true, 'dialled', await call.dial());
      await call.serve();
      await onAndOff(call, report, 'ftp', 'curl, active, to vsftpd over the call', () => call.ftp());
      await onAndOff(call, report, 'realaudio', 'RealAudio (PNA), two players over the call', () =>
        call.sound(),
      );
    } finally {
      const code = await call.close();
      report.line(code === 0, 'dialled: the gateway', `ended with ${code}`);
    }
  },
};
