// `npm run proof -- ppp`: our PPP, SLIP and modem driver against programs nobody here wrote. Needs root, for a TUN. One line a
// fact; with names only those groups.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Report } from '../report.ts';
import { browseProof } from './browse.ts';
import { callsProof } from './calls.ts';
import { errorsProof } from './errors.ts';
import { kernelSlipProof } from './kernel-slip.ts';
import { Lab } from './lab.ts';
import { pppdProof } from './pppd-cells.ts';
import { slirpProof } from './slirp-calls.ts';

const GROUPS = {
  slirp: slirpProof,
  calls: callsProof,
  slip: kernelSlipProof,
  errors: errorsProof,
  browse: browseProof,
  pppd: pppdProof,
};
/** Those that need the guest. */
const WITH_GUEST = ['slip', 'errors', 'browse', 'pppd'];

if (process.getuid?.() !== 0) {
  console.error('proof: this needs root, for a network namespace of its own.');
  process.exit(2);
}
// The TUN, the LAN host and what an engine writes below /run belong to namespaces that end with us.
if (process.env.MASQ_PPP_PROOF === undefined) {
  const inside = 'mount -t tmpfs tmpfs /run && mkdir -p /run/lock /run/netns && exec "$@"';
  const words = ['--net', '--mount', 'sh', '-c', inside, 'sh', process.execPath, ...process.argv.slice(1)];
  const env = { ...process.env, MASQ_PPP_PROOF: '1' };
  process.exit(spawnSync('unshare', words, { stdio: 'inherit', env }).status ?? 1);
}
spawnSync('ip', ['link', 'set', 'lo', 'up']);

// Flags meant for the other proofs come here too.
const wanted = process.argv.slice(2).filter((word) => word in GROUPS);
const report = new Report();
const folder = mkdtempSync(join(tmpdir(), 'masq-gate-ppp-'));
const lab = new Lab(folder);
const began = performance.now();
try {
  for (const [name, group] of Object.entries(GROUPS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    console.log(`— ppp: ${name}`);
    if (WITH_GUEST.includes(name) && lab.guest === null) await lab.bootGuest();
    await group(lab, report);
  }
} catch (error) {
  report.line(false, 'ppp', error instanceof Error ? (error.stack ?? error.message) : String(error));
} finally {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
}
const seconds = (performance.now() - began) / 1000;
console.log(`proof: ${report.passed} ok, ${report.failed} failed, in ${seconds.toFixed(0)} s`);
process.exit(report.failed === 0 ? 0 : 1);
