// Programs of our own on the LAN and in the Internet, where no Debian program shows what the proof must see: who a server
// takes its client for, which datagrams of a game came back, when a TCP client learned of its end. Each prints one JSON value
// a line and ends when its standard input does. `proof-peer NAME ARGUMENT…`
import { createSocket } from 'node:dgram';
import { createServer as createHttp } from 'node:http';
import { createConnection, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { flood } from './flood.ts';

const now = (): number => performance.timeOrigin + performance.now();
const say = (event: string, facts: Record<string, unknown> = {}): void => {
  process.stdout.write(`${JSON.stringify({ event, at: now(), ...facts })}\n`);
};
/** Resolves when the proof has had enough. */
const told = new Promise<void>((resolve) => {
  process.stdin.on('end', () => resolve()).resume();
});

/** `/who`: address and port of the asker, address of the server; `/late/MS`: the same, late; `/bytes/N`; a POST: its length. */
function http(address: string, port: number): void {
  createHttp((request, response) => {
    const { remoteAddress, remotePort, localAddress } = request.socket;
    const [, what, figure] = (request.url ?? '').split('/');
    const who = `${remoteAddress} ${remotePort} ${localAddress}\n`;
    if (request.method === 'POST') {
      let length = 0;
      request.on('data', (chunk: Buffer) => {
        length += chunk.length;
      });
      request.on('end', () => response.end(`${length}\n`));
    } else if (what === 'who') response.end(who);
    else if (what === 'late') setTimeout(() => response.end(who), Number(figure));
    else if (what === 'bytes') response.end(Buffer.alloc(Number(figure), 'x'));
    else response.writeHead(404).end();
  }).listen(port, address, () => say('listening'));
}

function udpEcho(address: string, port: number): void {
  const socket = createSocket('udp4');
  let last = '';
  socket.on('message', (message, from) => {
    const who = `${from.address}:${from.port}`;
    if (who !== last) say('from', { address: from.address, port: from.port, bytes: message.length });
    last = who;
    socket.send(message, from.port, from.address);
  });
  socket.bind(port, address, () => say('listening'));
}

/** One datagram of so many bytes; says whether it came back whole. */
async function udpOnce(address: string, port: number, bytes: number): Promise<void> {
  const socket = createSocket('udp4');
  const body = Buffer.alloc(bytes, 'Masq');
  const answer = new Promise<boolean>((resolve) => {
    socket.on('message', (message) => resolve(message.equals(body)));
  });
  socket.send(body, port, address);
  say('answer', { whole: await Promise.race([answer, sleep(3_000, false)]) });
  process.exit(0);
}

/** A game: a numbered datagram every few milliseconds from one fixed port, which the server sends back. Says when each was sent, and which never came. */
async function game(address: string, port: number, own: number, every: number): Promise<void> {
  const socket = createSocket('udp4');
  const sent: number[] = [];
  const answered: boolean[] = [];
  let longest = 0;
  let errors = 0;
  socket.on('error', () => {
    errors++;
  });
  socket.on('message', (message) => {
    const seq = message.readUInt32BE(0);
    answered[seq] = true;
    longest = Math.max(longest, now() - (sent[seq] as number));
  });
  await new Promise<void>((resolve) => socket.bind(own, () => resolve()));
  const message = Buffer.alloc(60);
  const timer = setInterval(() => {
    message.writeUInt32BE(sent.length, 0);
    sent.push(now());
    socket.send(Buffer.from(message), port, address, (error) => {
      if (error) errors++;
    });
  }, every);
  say('listening');
  await told;
  clearInterval(timer);
  await sleep(700);
  const lost = [...sent.keys()].filter((seq) => answered[seq] !== true);
  say('game', { sent, lost, longest: Math.round(longest), errors });
  process.exit(0);
}

/** A server that never stops talking: 1 kB every 20 ms to each client. */
function ticker(address: string, port: number): void {
  const body = Buffer.alloc(1024, '.');
  createServer((socket) => {
    const timer = setInterval(() => {
      if (socket.writableLength > 65_536) socket.destroy();
      else socket.write(body);
    }, 20);
    socket.on('error', () => {});
    socket.on('data', () => {});
    socket.on('close', () => clearInterval(timer));
  }).listen(port, address, () => say('listening'));
}

/** A TCP client that wants to stay connected: says when it is, and when and how it learned that it is not. */
async function stream(address: string, port: number): Promise<void> {
  let ended = false;
  void told.then(() => {
    ended = true;
  });
  while (!ended) {
    await new Promise<void>((resolve) => {
      let bytes = 0;
      let open = false;
      const socket = createConnection({ host: address, port });
      socket.on('connect', () => {
        open = true;
        say('connected');
      });
      socket.on('data', (chunk) => {
        bytes += chunk.length;
      });
      socket.on('error', (error: NodeJS.ErrnoException) => {
        if (open) say('lost', { code: error.code, bytes });
      });
      socket.on('close', () => resolve());
      void told.then(() => socket.destroy());
    });
    await sleep(50);
  }
  process.exit(0);
}

const [name = '', address = '', port = '0', third = '0', fourth = '0'] = process.argv.slice(2);
const longLived: Record<string, () => void> = {
  http: () => http(address, Number(port)),
  'udp-echo': () => udpEcho(address, Number(port)),
  ticker: () => ticker(address, Number(port)),
};
const tasks: Record<string, () => Promise<void>> = {
  'udp-once': () => udpOnce(address, Number(port), Number(third)),
  game: () => game(address, Number(port), Number(third), Number(fourth)),
  stream: () => stream(address, Number(port)),
  flood: async () => say('flooded', await flood(process.argv.slice(3))),
};
if (longLived[name]) {
  longLived[name]();
  void told.then(() => process.exit(0));
} else if (tasks[name]) {
  await tasks[name]();
  process.exit(0);
} else {
  say('unknown', { name });
  process.exit(2);
}
