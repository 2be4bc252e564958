import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NEW_PROVIDER, type Provider } from '../contract.ts';
import { ScriptedParts, settled } from './scripted-parts.ts';
import { readSlipAddresses } from './slip-addresses.ts';
import { Uplink } from './uplink.ts';

describe('what terminal servers say', () => {
  it.each([
    ['SLiRP Ready ...\r\nYour address is 10.0.2.15\r\n(or anything else you want)\r\n', '10.0.2.15', ''],
    ['Entering SLIP mode.\r\nYour IP address is 131.1.2.3. MTU is 1500 bytes\r\n', '131.1.2.3', ''],
    ['Annex address is 131.1.2.1.  Your address is 131.1.2.3.', '131.1.2.3', '131.1.2.1'],
    ['SLIP session from (131.1.2.1) to 131.1.2.3 beginning....', '131.1.2.3', '131.1.2.1'],
    ['PPP session from 131.1.2.1 to (131.1.2.3)', '131.1.2.3', '131.1.2.1'],
    ['Server IP address: 131.1.2.1\r\nClient IP address: 131.1.2.3', '131.1.2.3', '131.1.2.1'],
    ['Your IP address will be 131.1.2.3\r\nHeader compression will match your system.', '131.1.2.3', ''],
    [' 131.1.2.3\r\n', '131.1.2.3', ''],
  ])('%j', (text, local, peer) => {
    expect(readSlipAddresses(text)).toEqual({ local, peer });
  });

  it.each(['Welcome', 'Your address is 999.1.2.3', 'Your address is 0.0.0.0', '1.2.3.4 or 5.6.7.8', '1.2.3'])(
    'nothing can be read from %j',
    (text) => {
      expect(readSlipAddresses(text)).toBeNull();
    },
  );

  it('never gives what is no address', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'your address is ',
        'from ',
        ' to ',
        '.',
        '(',
        ')',
        '1.2.3.4',
        '256.1.1.1',
        'server address ',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const found = readSlipAddresses(pieces.join(''));
        for (const address of found ? [found.local, found.peer].filter(Boolean) : [])
          expect(address).toMatch(/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d|0\d+)(?:\.|$)){4}$/);
      }),
    );
  });
});

describe('a SLIP provider', () => {
  const provider: Provider = {
    ...NEW_PROVIDER,
    id: 's',
    name: 'S',
    numbers: ['1'],
    user: 'someone',
    link: 'slip',
  };
  const packet = (length: number) => {
    const bytes = new Uint8Array(length);
    bytes.set([0x45, 0, length >> 8, length & 255, 0, 1, 0, 0, 64, 17, 0, 0, 10, 1, 2, 3, 10, 1, 2, 1]);
    let sum = 0;
    for (let i = 0; i < 20; i += 2) sum += ((bytes[i] as number) << 8) | (bytes[i + 1] as number);
    sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
    bytes.set([sum >> 8, sum & 255], 10);
    return bytes;
  };

  function dialling(fields: Partial<Provider>) {
    const parts = new ScriptedParts();
    const phases: string[] = [];
    const lost: string[] = [];
    const packets: Uint8Array[] = [];
    const uplink = new Uplink(
      {
        phase: (phase) => phases.push(phase),
        log: () => {},
        lost: (fault) => lost.push(fault.code),
        packet: (buffer, offset, length) => packets.push(buffer.slice(offset, offset + length)),
      },
      parts,
    );
    const outcome = uplink.dial(
      { provider: { ...provider, ...fields }, password: 'secret', number: '1', portPath: '/dev/ttyS0' },
      new AbortController().signal,
    );
    const say = async (text: string) => {
      parts.call.onData?.(Buffer.from(text, 'latin1'));
      await settled();
    };
    return { parts, phases, lost, packets, uplink, outcome, say };
  }

  it('with an address of its own in the settings and no login is up with the carrier', async () => {
    const { outcome, parts, packets, uplink, lost, say } = dialling({
      loginScript: 'off',
      slipLocal: '10.1.2.3',
      slipPeer: '10.1.2.1',
    });
    const up = await outcome;
    expect(up).toMatchObject({
      ok: true,
      up: { up: { local: '10.1.2.3', peer: '10.1.2.1', dns: [], mtu: 576 } },
    });
    expect(up.ok && up.up.facts).toMatchObject({ authentication: 'none', compression: ['SLIP'] });
    await say(`\xc0${Buffer.from(packet(40)).toString('latin1')}\xc0`);
    expect(packets).toEqual([packet(40)]);
    parts.call.typed = '';
    uplink.send(1, packet(60), 0, 60);
    await parts.clock.pass(100);
    expect(parts.call.typed).toBe(`\xc0${Buffer.from(packet(60)).toString('latin1')}\xc0`);
    parts.call.onLost?.('carrier', 'gone');
    await parts.clock.pass(100);
    expect(lost).toEqual(['line-carrier']);
    expect([parts.closed, parts.clock.armed]).toEqual([1, 0]);
  });

  it('is logged in to at the usual prompts, asked for CSLIP, and its words give the address', async () => {
    const { outcome, parts, phases, say, uplink } = dialling({ link: 'cslip' });
    await settled();
    await say('login: ');
    await parts.clock.pass(400);
    await say('Password: ');
    await parts.clock.pass(400);
    await say('\r\nnas7> ');
    await parts.clock.pass(2_500);
    expect(parts.call.typed).toBe('\rsomeone\rsecret\rcslip\r');
    await say('Your IP address is 10.1.');
    await parts.clock.pass(100);
    await say('2.3. MTU is 1006 bytes\r\n');
    await parts.clock.pass(3_000);
    expect(await outcome).toMatchObject({
      ok: true,
      up: { up: { local: '10.1.2.3', peer: '10.64.64.64' }, facts: { compression: ['SLIP', 'VJ'] } },
    });
    expect(phases).toContain('logging-in');
    const hanging = uplink.hangUp();
    await parts.clock.pass(5_000);
    await hanging;
    expect([parts.call.hungUp.length, parts.closed, parts.clock.armed]).toEqual([1, 1, 0]);
  });

  it('that says nothing at all is taken to run SLIP already', async () => {
    const { outcome, parts } = dialling({ slipLocal: '10.1.2.3' });
    await parts.clock.pass(20_000);
    expect(await outcome).toMatchObject({ ok: true, up: { up: { local: '10.1.2.3' } } });
  });

  it('that never tells the address is told as such, and hung up', async () => {
    const { outcome, parts, say } = dialling({ loginScript: [{ do: 'send', text: 'slip' }] });
    await settled();
    await say('Welcome');
    await parts.clock.pass(30_000);
    expect(await outcome).toMatchObject({
      ok: false,
      fault: { code: 'login-silent', detail: expect.stringContaining('Welcome') },
    });
    expect([parts.call.hungUp.length, parts.closed, parts.clock.armed]).toEqual([1, 1, 0]);
  });
});
