// Slower: our PPP, by our modem and exchange, against providers nobody here wrote: slirp on a pty, and pppd in a guest.
import { createSocket } from 'node:dgram';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Caller, type CallerOptions } from '../../main/practice/caller.fixture.ts';
import { systemClock } from '../../main/practice/clock.ts';
import { Exchange } from '../../main/practice/exchange.ts';
import { PtyTerminal } from '../../main/practice/pty-terminal.ts';
import { echoRequest, udp } from './datagram.ts';
import { prepareGuest } from './guest/guest.ts';
import { guestProviders, type PppdProviders, pppdAddresses } from './guest/pppd.ts';
import { slirpProvider } from './slirp.ts';

const PAP = '555-0201';
const CHAP = '555-0202';
const MSCHAP = '555-0203';
const SLIRP = '555-0210';

let exchange: Exchange;
let plug: PtyTerminal;
let caller: Caller | null = null;
const closings: (() => Promise<void>)[] = [];

beforeAll(async () => {
  plug = new PtyTerminal(2048);
  exchange = new Exchange({
    clock: systemClock(),
    rate: 115_200,
    delayMs: 5,
    bufferBytes: 2048,
    random: Math.random,
    timing: { routing: 10, training: 10 },
  });
  plug.attach(exchange.plug(plug));
});

afterEach(async () => {
  await caller?.close();
  caller = null;
});

afterAll(async () => {
  for (const close of closings) await close();
  exchange.close();
  await plug.close();
});

async function call(number: string, options: CallerOptions = {}) {
  caller = new Caller(plug.path);
  await caller.open();
  expect(await caller.dial(number)).toBe('CONNECT 115200/ARQ/V90/LAPM');
  caller.startPpp(options);
  return caller;
}

/** The first packet of `protocol` that comes back for what `ask` sends again and again. */
async function answerTo(who: Caller, ask: () => void, protocol: number) {
  for (let tries = 0; tries < 50; tries += 1) {
    ask();
    for (let waits = 0; waits < 20; waits += 1) {
      const answer = who.packets.find((packet) => packet[9] === protocol);
      if (answer) return Buffer.from(answer);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  throw new Error('no answer');
}

describe('slirp', () => {
  beforeAll(async () => {
    const provider = await slirpProvider(exchange, SLIRP);
    closings.push(() => provider.close());
  });

  it.each([true, false])('takes the call (header compression: %s), and passes UDP on', async (vj) => {
    const server = createSocket('udp4');
    server.on('message', (text, from) => server.send(`${text} yourself`, from.port, from.address));
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    const who = await call(SLIRP, { vj });
    const up = await who.up();
    expect(up).toMatchObject({ local: '10.0.2.15', authentication: 'none' });
    const ask = () => who.send(udp('10.0.2.15', 4000, '10.0.2.2', server.address().port, 'hello'));
    const answer = await answerTo(who, ask, 17);
    expect(answer.subarray(28).toString()).toBe('hello yourself');
    server.close();
  });
});

describe('pppd in a guest', () => {
  let providers: PppdProviders;
  beforeAll(async () => {
    await prepareGuest();
    providers = await guestProviders(exchange, [
      { number: PAP, auth: 'pap' },
      { number: CHAP, auth: 'chap' },
      { number: MSCHAP, auth: 'mschap-v2' },
    ]);
    closings.push(() => providers.close());
  }, 120_000);

  it.each([
    [PAP, 0, 'PAP'],
    [CHAP, 1, 'CHAP-MD5'],
    [MSCHAP, 2, 'MS-CHAP-V2'],
  ])('takes the call at %s, and answers ping', async (number, index, authentication) => {
    const { provider, caller: address, dns } = pppdAddresses(index);
    const who = await call(number, { deflate: true });
    expect(await who.up()).toMatchObject({ local: address, peer: provider, dns: [dns], authentication });
    const answer = await answerTo(who, () => who.send(echoRequest(address, provider, 1, 56)), 1);
    expect(answer[20]).toBe(0);
    who.hangUp();
    expect(await who.down()).toBe('requested');
  });

  it.each([PAP, CHAP])('refuses a wrong password at %s', async (number) => {
    const who = await call(number, { password: 'guess' });
    expect(await who.down()).toBe('wrong-password');
  });
});
