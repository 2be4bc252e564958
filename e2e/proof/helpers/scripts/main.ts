// `proof-script clients OWN NAME=SERVER…`: plays one end of protocols, all at once, and says in a line of JSON how each went. `serve OWN NAME…`:
// serves several until standard input ends; a line `hold` closes the gate at which they wait with what helpers await, `go` opens it.
// `say HOST PORT TEXT [OWN-PORT]`: says a text as it stands and prints what comes back. `tunnel-client SERVER`, `tunnel-server …`: tunnel.ts.
import { createInterface } from 'node:readline';
import { h323, h323ras } from './conference.ts';
import { netquake, quakes } from './games.ts';
import { amanda, rexec } from './others.ts';
import { Failed, type Script, Stream } from './parts.ts';
import { cuseeme, mms, realaudio, vdolive } from './players.ts';
import { rtsp, rtsp7070 } from './rtsp.ts';
import { sip } from './telephone.ts';
import { tunnelClient, tunnelServer } from './tunnel.ts';

const SCRIPTS: Readonly<Record<string, Script>> = {
  amanda,
  cuseeme,
  h323,
  h323ras,
  mms,
  netquake,
  quakes,
  realaudio,
  rexec,
  rtsp,
  rtsp7070,
  sip,
  vdolive,
};

function scriptOf(name: string): Script {
  const script = SCRIPTS[name];
  if (!script) throw new Error(`there is no script ${name}`);
  return script;
}

async function serve(own: string, names: readonly string[]): Promise<void> {
  let open = true;
  let waiting: (() => void)[] = [];
  const gate = () => (open ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve)));
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    open = line !== 'hold';
    if (!open) return;
    for (const go of waiting) go();
    waiting = [];
  });
  lines.on('close', () => process.exit(0));
  for (const name of names) void scriptOf(name).serve(own, gate);
  await new Promise((resolve) => setTimeout(resolve, 200));
  process.stdout.write('serving\n');
}

async function say(host: string, port: number, text: string, ownPort?: number): Promise<string> {
  const stream = await Stream.connect(host, port, undefined, ownPort);
  let heard = '';
  stream.socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
  });
  stream.write(JSON.parse(`"${text}"`) as string);
  await new Promise<void>((resolve) => {
    stream.socket.on('close', () => resolve());
    setTimeout(resolve, Number(process.env.PROOF_WAIT_MS ?? 1_500));
  });
  stream.end();
  return heard;
}

function outcome(work: Promise<string>): Promise<{ ok: boolean; figures: string }> {
  return work.then(
    (figures) => ({ ok: true, figures }),
    (error: unknown) => {
      if (!(error instanceof Failed)) throw error;
      return { ok: false, figures: error.message };
    },
  );
}

function tell(said: unknown): void {
  process.stdout.write(`${JSON.stringify(said)}\n`);
  process.exit(0);
}

/** Clients of several protocols at once, each `NAME=SERVER`; a list of how each went. */
function clients(own: string, wanted: readonly string[]) {
  return Promise.all(
    wanted.map((one) => {
      const [script = '', server = ''] = one.split('=');
      return outcome(scriptOf(script).client(server, own));
    }),
  );
}

const [name = '', ...words] = process.argv.slice(2);
const [first = '', second = '', third = '', fourth] = words;
if (name === 'serve') await serve(first, words.slice(1));
else if (name === 'clients') tell(await clients(first, words.slice(1)));
else if (name === 'tunnel-client') tell(await outcome(tunnelClient(first)));
else if (name === 'tunnel-server') await tunnelServer(words).then(() => process.exit(0));
else if (name === 'say')
  tell(await outcome(say(first, Number(second), third, fourth === undefined ? undefined : Number(fourth))));
else throw new Error(`there is no ${name}`);
