// `proof-script NAME client SERVER OWN`: plays one end of a protocol and says in one JSON line how it went. `proof-script serve OWN NAME…`:
// serves several until standard input ends; a line `hold` closes the gate at which they wait with what helpers await, `go` opens it.
// `proof-script say HOST PORT TEXT [OWN-PORT]`: says a text as it stands and prints what comes back.
// `proof-script tunnel-client SERVER`, `tunnel-server …`: the ends of a PPTP tunnel (tunnel.ts).
import { createInterface } from 'node:readline';
import { h323, h323ras } from './conference.ts';
import { netquake, quakes } from './games.ts';
import { amanda, rexec } from './others.ts';
import { Failed, type Script, Stream } from './parts.ts';
import { cuseeme, mms, realaudio, vdolive } from './players.ts';
import { rtsp } from './rtsp.ts';
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

async function outcome(work: Promise<string>): Promise<void> {
  const said = await work.then(
    (figures) => ({ ok: true, figures }),
    (error: unknown) => {
      if (!(error instanceof Failed)) throw error;
      return { ok: false, figures: error.message };
    },
  );
  process.stdout.write(`${JSON.stringify(said)}\n`);
  process.exit(0);
}

const [name = '', role = '', server = '', own = '', ...rest] = process.argv.slice(2);
if (name === 'tunnel-server') await tunnelServer(process.argv.slice(3)).then(() => process.exit(0));
else if (name === 'tunnel-client') await outcome(tunnelClient(role));
else if (name === 'serve') await serve(role, [server, own, ...rest].filter(Boolean));
else if (name === 'say')
  await outcome(say(role, Number(server), own, rest[0] === undefined ? undefined : Number(rest[0])));
else await outcome(scriptOf(name).client(server, own, ...rest));
