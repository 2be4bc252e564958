/** A program that controls an engine and is there to be killed: `driver SUPERVISOR BASE`, prints a line when all stands. */
import { MASQUERADE_DEFAULT } from '../engine/contract.ts';
import { directLauncher } from './elevation/direct.ts';
import { EngineClient } from './engine-client.ts';

const [supervisor = '', movedBase = ''] = process.argv.slice(2);
const engine = new EngineClient({
  launcher: directLauncher,
  command: [process.execPath, supervisor],
  movedBase,
  events: { message() {}, packet() {}, lost() {}, back() {} },
});
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
process.stdout.write(`${JSON.stringify(reply)}\n`);
setInterval(() => {}, 1000);
