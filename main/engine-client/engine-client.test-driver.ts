/**
 * A program that controls an engine and is there to be killed: `driver BASE SUPERVISOR [LINE…]` or, without a supervisor (BASE
 * and SUPERVISOR `-`), one that waits for another to start it. Prints `token left`, and the engine's answer when all stands.
 */
import { MASQUERADE_DEFAULT } from '../../engine/contract.ts';
import { directLauncher } from '../elevation/direct.ts';
import type { ElevationLauncher } from '../elevation/launcher.ts';
import { EngineClient, type EngineClientOptions } from './engine-client.ts';

const [base = '-', supervisor = '-', ...lines] = process.argv.slice(2);
/** The token is left; whoever reads this line starts the supervisor. */
const byHand: ElevationLauncher = {
  kind: 'sudo-prompt',
  launch() {
    process.stdout.write('token left\n');
    return { exited: new Promise(() => {}) };
  },
};
const options: EngineClientOptions = {
  launcher: supervisor === '-' ? byHand : directLauncher,
  command: [process.execPath, supervisor],
  events: { message() {}, packet() {}, lost() {}, back() {} },
};
if (base !== '-') options.movedBase = base;
const engine = new EngineClient(options);
await engine.start(new AbortController().signal);
const reply = await engine.request({
  type: 'configure',
  config: {
    practice: true,
    lan: null,
    masquerade: MASQUERADE_DEFAULT,
    access: { mode: 'everybody', chosen: [], paused: [] },
    forwards: [],
    helpers: {},
    demand: false,
    ownTraffic: 'auto',
  },
});
if (lines.length > 0) await engine.request({ type: 'guard-lines', paths: lines });
process.stdout.write(`${JSON.stringify(reply)}\n`);
setInterval(() => {}, 1000);
