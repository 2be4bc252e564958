// `npm run proof [NAME…]`: the masquerade with real programs, in namespaces of its own. One line a fact, ok or FAIL, with
// figures; ends with a count. Each group has a fresh engine, so that none leans on what another left.
import { behaviour } from './behaviour.ts';
import { demand } from './demand.ts';
import { everyday } from './everyday.ts';
import { floodProof } from './floods.ts';
import { forwardsProof } from './forwards.ts';
import { ftp } from './ftp.ts';
import { dialled } from './helpers/dialled.ts';
import { ftpInside } from './helpers/ftp-inside.ts';
import { ident } from './helpers/ident.ts';
import { irc } from './helpers/irc.ts';
import { pptp } from './helpers/pptp.ts';
import { remote } from './helpers/remote.ts';
import { scripted } from './helpers/scripted.ts';
import { sip } from './helpers/sip.ts';
import { talk } from './helpers/talk.ts';
import { tftp } from './helpers/tftp.ts';
import { redials } from './redials.ts';
import { type LoneProof, type Proof, Report } from './report.ts';
import { sizes } from './sizes.ts';
import { throughput } from './throughput.ts';
import { World } from './world.ts';

/** The protocol helpers; `helpers` names them all but `ftp`, which is also a measurement. */
const helpers: readonly (Proof | LoneProof)[] = [
  ftpInside,
  irc,
  talk,
  remote,
  ident,
  tftp,
  sip,
  pptp,
  scripted,
  dialled,
];
const proofs: readonly (Proof | LoneProof)[] = [
  everyday,
  behaviour,
  throughput,
  forwardsProof,
  sizes,
  ftp,
  ...helpers,
  redials,
  demand,
  floodProof,
];

const wanted = process.argv
  .slice(2)
  .filter((name) => !name.startsWith('-'))
  .flatMap((name) => (name === 'helpers' ? helpers.map((proof) => proof.name) : [name]));
const unknown = wanted.filter((name) => !proofs.some((proof) => proof.name === name));
if (unknown.length > 0) {
  console.error(
    `proof: no such proof: ${unknown.join(', ')}; there are ${proofs.map((p) => p.name).join(', ')}, and helpers`,
  );
  process.exit(2);
}
if (process.getuid?.() !== 0) {
  console.error('proof: this needs root, for network namespaces of its own.');
  process.exit(2);
}

const report = new Report();
let world: World | null = null;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    void (world?.close() ?? Promise.resolve()).finally(() => process.exit(130));
  });
}
const began = performance.now();
for (const proof of proofs) {
  if (wanted.length > 0 && !wanted.includes(proof.name)) continue;
  console.log(`— ${proof.name}`);
  try {
    if ('runAlone' in proof) {
      await proof.runAlone(report);
      continue;
    }
    world = await World.open();
    await proof.run(world, report);
    report.line(
      world.strays === 0,
      `${proof.name}: nothing left with a foreign source`,
      `${world.strays} packets`,
    );
    report.line(world.faults.length === 0, `${proof.name}: the engine`, world.faults[0] ?? 'had no fault');
  } catch (error) {
    report.line(false, proof.name, error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    await world?.close();
    world = null;
  }
}
console.log(
  `proof: ${report.passed} ok, ${report.failed} failed, in ${((performance.now() - began) / 1000).toFixed(0)} s`,
);
process.exit(report.failed === 0 ? 0 : 1);
