// Amanda (UDP 10080), whose reply names TCP ports at which the one that is backed up awaits its server; rexec (TCP 512), whose client
// names the port on which it awaits error messages; and a plain conversation for whatever else must be said as it stands.
import { type Listener, listen, need, PATIENCE_MS, Port, type Script, Stream, serveTcp } from './parts.ts';

const STREAMS = ['DATA', 'MESG', 'INDEX'] as const;

/** The client is the backup server: it asks, and connects to the ports that it is told. */
export const amanda: Script = {
  async client(amandad, own) {
    const port = await Port.open(700, own);
    port.send(
      'Amanda 2.5 REQ HANDLE 000-00000001 SEQ 1095000000\nSERVICE sendbackup\nOPTIONS features=1;\n',
      10_080,
      amandad,
    );
    const reply = (await port.receive('reply')).bytes.toString();
    for (const name of STREAMS) {
      const told = Number(new RegExp(` ${name} (\\d+)`).exec(reply)?.[1]);
      const stream = await Stream.connect(amandad, told, own);
      need((await stream.readTo('\n', name)) === `${name}\n`, `another stream than ${name}`);
      stream.end();
    }
    return 'the three streams, each at its port';
  },
  async serve(own, gate) {
    const port = await Port.open(10_080, own);
    await port.serve(async ({ bytes, from }) => {
      const handle = /REQ HANDLE (\S+) SEQ (\d+)/.exec(bytes.toString());
      if (!handle) return;
      const listeners: Listener[] = [];
      for (const _ of STREAMS) listeners.push(await listen(0, own));
      const ports = STREAMS.map((name, i) => `${name} ${listeners[i]?.port}`).join(' ');
      const reply = `Amanda 2.5 REP HANDLE ${handle[1]} SEQ ${handle[2]}\nCONNECT ${ports}\nOPTIONS features=1;\n`;
      port.send(reply, from.port, from.address);
      await gate();
      for (const [i, listener] of listeners.entries()) {
        const stream = await listener.accept('stream', PATIENCE_MS);
        stream.write(`${STREAMS[i]}\n`);
      }
    });
  },
};

/** Port NUL, user NUL, password NUL, command NUL; a NUL comes back when all is well, and errors by the second connection. */
export const rexec: Script = {
  async client(server, own) {
    const errors = await listen(0, own);
    const stream = await Stream.connect(server, 512, own);
    stream.write(`${errors.port}\0user\0password\0command\0`);
    const second = await errors.accept('second connection');
    need((await stream.read(4, 'output')).toString() === '\0out', 'other output');
    need((await second.read(3, 'errors')).toString() === 'err', 'other errors');
    return 'output and errors, each by its own connection';
  },
  async serve(own, gate) {
    await serveTcp(512, own, async (stream, remote) => {
      const port = Number((await stream.readTo('\0', 'port')).slice(0, -1));
      for (const what of ['user', 'password', 'command']) await stream.readTo('\0', what);
      await gate();
      const errors = await Stream.connect(remote, port, own);
      stream.write('\0out');
      errors.write('err');
      await new Promise((resolve) => setTimeout(resolve, 500));
    });
  },
};
