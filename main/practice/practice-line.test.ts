import { afterEach, describe, expect, it } from 'vitest';
import { PRACTICE } from '../../engine/contract.ts';
import { Caller, packet } from './caller.fixture.ts';
import {
  addressPool,
  type PracticeLine,
  type PracticeLineOptions,
  startPracticeLine,
} from './practice-line.ts';

const closings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

async function practice(options: PracticeLineOptions = { rate: 0 }) {
  const timing = { routing: 10, ringEvery: 500, training: 10, givingUp: 1_000 };
  const line = await startPracticeLine({ timing, ...options });
  closings.push(() => line.close());
  return line;
}

async function call(line: PracticeLine, number = line.provider.number) {
  const caller = new Caller(line.portPath);
  closings.push(() => caller.close());
  await caller.open();
  const answer = await caller.dial(number);
  return { caller, answer };
}

describe('the practice provider', () => {
  it('checks the caller, and gives a new address on each call', async () => {
    const line = await practice();
    for (const address of ['203.0.113.64', '203.0.113.65']) {
      const { caller, answer } = await call(line);
      expect(answer).toBe('CONNECT');
      caller.startPpp();
      const up = await caller.up();
      expect(up).toMatchObject({
        local: address,
        peer: PRACTICE.provider.address,
        dns: [PRACTICE.provider.dns],
        authentication: 'CHAP-MD5',
      });
      caller.hangUp();
      expect(await caller.down()).toBe('requested');
      await caller.close();
      await caller.until(() => line.exchange.callsUp === 0);
    }
  });

  it('tells a wrong password, and hangs up', async () => {
    const line = await practice();
    const { caller } = await call(line);
    caller.startPpp({ password: 'guess' });
    expect(await caller.down()).toBe('wrong-password');
    await caller.until(() => line.exchange.callsUp === 0);
  });

  it('hands packets to the Internet and back, each only for the address it gave', async () => {
    const line = await practice();
    const out: Uint8Array[] = [];
    line.onInternetPacket = (bytes, offset, length) => out.push(bytes.slice(offset, offset + length));
    const { caller } = await call(line);
    caller.startPpp();
    const { local } = await caller.up();
    const there = packet(local, PRACTICE.web.address, 1500);
    caller.send(packet('192.168.66.10', PRACTICE.web.address, 100));
    caller.send(there);
    await caller.until(() => out.length === 1);
    expect(out[0]).toEqual(there);
    const back = packet(PRACTICE.web.address, local, 1400);
    line.fromInternet(packet(PRACTICE.web.address, '203.0.113.99', 100), 0, 100);
    line.fromInternet(Uint8Array.from([9, 9, ...back]), 2, back.length);
    await caller.until(() => caller.packets.length === 1);
    expect(caller.packets[0]).toEqual(back);
  });

  it('starts PPP after a login prompt at one number, and never at another', async () => {
    const line = await practice();
    const { caller } = await call(line, '555-0107');
    await caller.expect(/login: $/);
    await caller.ask('nobody', /Password: $/);
    await caller.ask('wrong', /incorrect\r\n\r\nlogin: $/);
    await caller.ask('practice', /Password: $/);
    await caller.ask('practice', /Starting PPP/);
    caller.text = '';
    caller.startPpp();
    expect(await caller.up()).toMatchObject({ local: '203.0.113.64', authentication: 'none' });
    await caller.close();

    const never = await call(line, '555-0106');
    await never.caller.expect(/login: $/);
    await never.caller.ask('practice', /Password: $/);
    await never.caller.ask('practice', /incorrect/);
  });

  it('loops the line back at 555-0113', async () => {
    const line = await practice();
    const { caller } = await call(line, '555-0113');
    caller.startPpp();
    expect(await caller.down()).toBe('looped');
  });

  it('gives each sort of failure its result', async () => {
    const line = await practice();
    expect((await call(line, '555-0101')).answer).toBe('BUSY');
  });
});

it('goes round its pool of addresses', () => {
  const next = addressPool('10.0.0.254', '10.0.1.1');
  expect([next(), next(), next(), next(), next()]).toEqual([
    '10.0.0.254',
    '10.0.0.255',
    '10.0.1.0',
    '10.0.1.1',
    '10.0.0.254',
  ]);
});
