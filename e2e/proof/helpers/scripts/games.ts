// Games. NetQuake (UDP 26000) accepts a player at another port of the server, from which the server speaks first; QuakeWorld, Quake II and
// III stay on one port, say who they are by a number of 16 bits in each packet, and carry no address. Layouts as in id's published sources.
import { createHash } from 'node:crypto';
import { Failed, need, Port, type Script, u16 } from './parts.ts';

const OUT_OF_BAND = Buffer.from([255, 255, 255, 255]);

function control(opcode: number, body: Buffer): Buffer {
  return Buffer.concat([u16(0x8000, 5 + body.length), Buffer.from([opcode]), body]);
}

/** A server's games, each on a port of its own. */
export const FIRST_GAME = 26_010;
let games = 0;

export const netquake: Script = {
  async client(server, own) {
    const port = await Port.open(26001, own);
    port.send(control(0x01, Buffer.from('QUAKE\0\x03')), 26_000, server);
    const accept = await port.receive('answer');
    need(accept.bytes[4] === 0x81, 'it did not accept');
    const told = accept.bytes.readUInt32LE(5);
    // The server's first words, before ours: from a port to which nothing has been sent.
    const { bytes, from } = await port.receive('word from the new port');
    need(bytes.toString() === 'serverinfo' && from.port === told, `${from.port} spoke, not ${told}`);
    port.send('begin', told, server);
    await port.receive('game');
    return 'moved to another port, and played';
  },
  async serve(own, gate) {
    const port = await Port.open(26_000, own);
    await port.serve(async ({ bytes, from }) => {
      if (
        bytes.readUInt16BE(0) !== 0x8000 ||
        bytes[4] !== 0x01 ||
        bytes.toString('latin1', 5, 10) !== 'QUAKE'
      )
        return;
      const game = await Port.open(FIRST_GAME + games++, own);
      const told = Buffer.alloc(4);
      told.writeUInt32LE(game.number, 0);
      port.send(control(0x81, told), from.port, from.address);
      await gate();
      game.send('serverinfo', from.port, from.address);
      await game.serve(async ({ from }) => game.send('update', from.port, from.address));
    });
  },
};

/** QuakeWorld 27500, Quake II 27910, Quake III 27960: the client's own usual port, the same on every computer. */
const SERIES = [
  { name: 'QuakeWorld', port: 27_500, own: 27_001 },
  { name: 'Quake II', port: 27_910, own: 27_901 },
  { name: 'Quake III', port: 27_960, own: 27_960 },
] as const;

export const quakes: Script = {
  async client(server, own) {
    for (const game of SERIES) {
      const port = await Port.open(game.own, own);
      const text = (words: string) =>
        port.send(Buffer.concat([OUT_OF_BAND, Buffer.from(words)]), game.port, server);
      text('getchallenge\n');
      const challenge = (await port.receive(`challenge of ${game.name}`)).bytes.toString('latin1', 4);
      text(`connect ${qport(own)} "${challenge}"`);
      const { bytes } = await port.receive(`answer of ${game.name}`);
      need(bytes.toString('latin1', 4) === 'connected', `${game.name}: ${bytes.toString('latin1', 4)}`);
      for (let frame = 0; frame < 5; frame++) {
        port.send(u16(0, frame, 0, 0, qport(own)), game.port, server);
        need((await port.receive(`frame of ${game.name}`)).bytes.readUInt16BE(2) === frame, 'another frame');
      }
    }
    return 'three games, each in a game with the other computer';
  },
  async serve(own) {
    for (const game of SERIES) {
      const port = await Port.open(game.port, own);
      /** Players by their number, and where they are. */
      const players = new Map<number, string>();
      void port.serve(async ({ bytes, from }) => {
        const where = `${from.address}:${from.port}`;
        const text = (words: string) =>
          port.send(Buffer.concat([OUT_OF_BAND, Buffer.from(words)]), from.port, from.address);
        const challenge = createHash('sha256').update(where).digest('hex').slice(0, 8);
        if (!bytes.subarray(0, 4).equals(OUT_OF_BAND)) {
          if (players.get(bytes.readUInt16BE(8)) === where) port.send(bytes, from.port, from.address);
          return;
        }
        const words = bytes.toString('latin1', 4);
        if (words.startsWith('getchallenge')) text(challenge);
        const [, number, given] = /^connect (\d+) "(\w+)"/.exec(words) ?? [];
        if (number === undefined) return;
        const double = [...players].some(([other, at]) => at === where && other !== Number(number));
        if (given !== challenge || double) {
          text(double ? 'two players at one address' : 'a wrong challenge');
          return;
        }
        players.set(Number(number), where);
        text('connected');
      });
    }
    await new Promise<never>(() => {});
  },
};

function qport(own: string): number {
  const last = Number(own.split('.').at(-1));
  if (!Number.isInteger(last)) throw new Failed(`no address: ${own}`);
  return 1000 + last;
}
