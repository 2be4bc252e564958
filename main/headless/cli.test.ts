import { describe, expect, it } from 'vitest';
import { aFault, settle } from '../gateway.test-parts.ts';
import { cli, client, running, tells, until } from './cli.test-parts.ts';
import { CLI_USAGE } from './cli.ts';

describe('masq-gate', () => {
  it('says so when no gateway runs', async () => {
    const { code, err } = await cli('/nonexistent/control.sock', 'status');
    expect(await code).toBe(3);
    expect(err.join()).toContain('not running');
  });

  it.each([[[]], [['frobnicate']], [['toString']], [['--json']]])('does not understand %j', async (argv) => {
    const { code, err } = await cli('/nonexistent/control.sock', ...argv);
    expect(await code).toBe(2);
    expect(err.at(-1)).toBe(CLI_USAGE);
  });

  it.each([
    ['status --now', '“--now”'],
    ['dial a b', '“b” is too much'],
    ['practice on', '“on”'],
    ['forwards frob', '“frob” is none of'],
    ['forwards --from 192.0.2.0/24', 'goes with “add” only'],
    ['forwards add', 'needs a protocol'],
    ['forwards add icmp 80 192.168.66.5', '“icmp” is none of tcp'],
    ['forwards add tcp', 'needs a port'],
    ['forwards add tcp 0 192.168.66.5', '“0” is no port'],
    ['forwards add tcp 90-80 192.168.66.5', '“90-80” is no port'],
    ['forwards add tcp 80', 'needs the address'],
    ['forwards add tcp 80 desk', '“desk” is no address'],
    ['forwards add tcp 80 192.168.66.5=0', 'weight'],
    ['forwards add tcp 80 192.168.66.5 192.168.66.5', 'named twice'],
    ['forwards add tcp 80-90 192.168.66.5 --inside 65530', 'beyond port 65535'],
    ['forwards add tcp 80 192.168.66.5 --from 999.1.1.1/24', 'is no network'],
    ['forwards add tcp 80 192.168.66.5 --from 192.0.2.0/33', 'is no network'],
    ['forwards add tcp 80 192.168.66.5 --name Web', 'small letters'],
    ['forwards remove', 'needs the ID'],
    ['forwards add icq', 'needs the address'],
    ['forwards add icq desk', '“desk” is no address'],
    ['forwards add icq 192.168.66.5 --from 192.0.2.1', 'takes no flags'],
    ['triggers add', 'needs a program'],
    ['triggers add quake-3', 'use “forwards add quake-3 HOST”'],
    ['triggers add tcp', 'needs a port'],
    ['triggers add tcp 80', '--opens takes ports'],
    ['triggers add tcp 80 --opens 90', '--opens takes ports'],
    ['triggers add tcp 80 --opens udp:90,', '--opens takes ports'],
    ['triggers add tcp 80 --opens udp:90 --seconds 0', '--seconds takes 1 to'],
    ['triggers --secure', 'goes with “add” only'],
    ['port-mapping on upnp', 'needs pcp or nat-pmp'],
    ['helpers up ftp', 'neither on nor off'],
    ['helpers on', 'needs the name'],
    ['helpers on ftp --ports', '--ports needs a value'],
    ['helpers on ftp --ports 21,x', 'no list of ports'],
    ['helpers --ports 21', 'goes with “on NAME”'],
    ['pause', 'needs the address'],
    ['import', 'needs a file'],
    ['import a b', '“b” is too much'],
    ['doctor now', '“now” is too much'],
  ])('says what is wrong with “%s”, and how it goes', async (line, sentence) => {
    const { code, err } = await cli('/nonexistent/control.sock', ...line.split(' '));
    expect(await code).toBe(2);
    expect(err[0]).toContain(sentence);
    expect(err[1]).toMatch(/^Usage:/);
  });

  it('tells the status in words and in JSON', async () => {
    const { controlPath } = await running();
    const words = await cli(controlPath, 'status');
    expect(await words.code).toBe(0);
    expect(words.out).toEqual(['Not connected']);
    const json = await cli(controlPath, 'status', '--json');
    expect(await json.code).toBe(0);
    expect(JSON.parse(json.out.join())).toMatchObject({ phase: 'idle', providers: [{ id: 'home' }] });
  });

  it('dials, tells every phase, and ends well when connected', async () => {
    const { controlPath, uplinks, gateway } = await running();
    const { code, out } = await cli(controlPath, 'dial', 'Home');
    await until(() => uplinks.length === 1);
    uplinks[0]?.phase('dialling');
    await settle();
    await uplinks[0]?.up();
    expect(await code).toBe(0);
    expect(out.join('\n')).toContain('Dialling: now dialling');
    expect(out.at(-1)).toContain('carrier    33600 bit/s (CONNECT 33600/ARQ/V34/LAPM)');
    const hangup = await cli(controlPath, 'hangup', '--now');
    expect(await hangup.code).toBe(0);
    expect(hangup.out).toEqual(['The line is down.']);
    expect(uplinks[0]?.hangUps[0]).toBe(true);
    expect(gateway.model.state.phase).toBe('idle');
  });

  it('dials and hangs up the second call alone, and tells both', async () => {
    const { controlPath, uplinks, gateway, modems } = await running();
    modems.add('/dev/ttyS0').add('/dev/ttyUSB0');
    const { code, out } = await cli(controlPath, 'dial', '--second');
    await until(() => uplinks.length === 1);
    await uplinks[0]?.up({ local: '203.0.113.65' });
    expect(await code).toBe(0);
    expect(out.at(-1)).toMatch(
      /^Not connected\nSecond call: connected \(Home\)\n {2}carrier {4}33600 bit\/s/,
    );
    const first = await cli(controlPath, 'dial');
    await until(() => uplinks.length === 2);
    await uplinks[1]?.up();
    expect(await first.code).toBe(0);
    expect(first.out.at(-1)).toMatch(/^Connected \(Home\)[\s\S]*\nSecond call: connected \(Home\)\n/);
    const hangup = await cli(controlPath, 'hangup', '--second');
    expect(await hangup.code).toBe(0);
    expect(hangup.out).toEqual(['The second line is down.']);
    expect(gateway.model.state).toMatchObject({ phase: 'connected', second: null });
  });

  it('tells why the second call failed', async () => {
    const { controlPath, uplinks, modems } = await running();
    modems.add('/dev/ttyS0');
    const { code, out } = await cli(controlPath, 'dial', '--second');
    await until(() => uplinks.length === 1);
    await uplinks[0]?.fail(aFault('wrong-password'), false);
    expect(await code).toBe(1);
    expect(out.at(-1)).toContain('Second call: failed (Home)\nIt is wrong-password.\n  Why:');
    const both = await cli(controlPath, 'dial', 'Home', '--second');
    expect(await both.code).toBe(2);
  });

  it('tells a failed call with cause and remedy', async () => {
    const { controlPath, uplinks } = await running();
    const { code, out } = await cli(controlPath, 'dial');
    await until(() => uplinks.length === 1);
    await uplinks[0]?.fail(aFault('wrong-password'), false);
    expect(await code).toBe(1);
    expect(out.at(-1)).toContain('It is wrong-password.\n  Why:  Because wrong-password.\n  Do:   Mend it.');
  });

  it('tells a fault of the gateway, in JSON too', async () => {
    const { controlPath } = await running();
    const words = await cli(controlPath, 'dial', 'nobody');
    expect(await words.code).toBe(1);
    expect(words.err.join()).toContain('There is no provider “nobody”.');
    const json = await cli(controlPath, 'masq', '--json');
    expect(await json.code).toBe(1);
    expect(JSON.parse(json.out.join())).toMatchObject({ fault: { code: 'engine-not-running' } });
  });

  it('shows the log, and follows it until stopped', async () => {
    const { controlPath, gateway } = await running();
    gateway.model.log('info', 'modem', 'before');
    const { code, out, stop } = await cli(controlPath, 'log', '-f');
    await until(() => out.some((line) => line.includes('before')));
    gateway.model.log('warning', 'modem', 'after');
    await until(() => out.some((line) => line.includes('warning: after')));
    stop.abort();
    expect(await code).toBe(0);
    expect(out.filter((line) => line.includes('before'))).toHaveLength(1);
  });

  it('lists clients and masqueraded sessions as tables', async () => {
    const { controlPath, gateway, engine } = await running();
    await gateway.commands.dial({});
    await settle();
    engine.events.message({ type: 'clients', clients: [client] });
    const clients = await cli(controlPath, 'clients');
    expect(await clients.code).toBe(0);
    expect(clients.out.join()).toMatch(
      /desk {2}192\.168\.7\.5 {2}28\.8 kbit\/s {2}800 bit\/s {2}2\.5 MB {2}1\.5 kB/,
    );
    const session = {
      protocol: 'tcp',
      state: 'established',
      client: '192.168.7.5',
      clientPort: 1234,
      mappedPort: 61_000,
      remote: '198.51.100.80',
      remotePort: 80,
      expires: 3661.25,
      bytesUp: 1500,
      bytesDown: 2,
      packetsUp: 1,
      packetsDown: 1,
      helper: null,
      initSeq: 4_294_967_295,
      delta: -12,
      previousDelta: 3,
    };
    engine.replies.sessions = { ok: true, result: [session] };
    expect(await tells(controlPath, 0, 'masq')).toBe(
      [
        'IP masquerading entries',
        'prot expire   source               destination          ports',
        'tcp  61:01.25 192.168.7.5          198.51.100.80        1234 (61000) -> 80',
      ].join('\n'),
    );
    expect(await tells(controlPath, 0, 'masq', '-e', '--wide')).toBe(
      [
        'IP masquerading entries',
        'prot expire      initseq delta prevd source               destination          ports              state           down       up helper',
        'tcp  61:01.25 4294967295   -12     3 192.168.7.5          198.51.100.80        1234 (61000) -> 80 established      2 B   1.5 kB -',
      ].join('\n'),
    );
    expect(JSON.parse(await tells(controlPath, 0, 'masq', '--json'))).toEqual([session]);
    engine.replies.sessions = { ok: true, result: [{ ...session, link: 2 }, session] };
    const wide = await tells(controlPath, 0, 'masq', '--wide');
    expect(wide.split('\n').map((line) => line.split(' ').at(-1))).toEqual([
      'entries',
      'call',
      'second',
      'first',
    ]);
    engine.replies.sessions = { ok: true, result: [] };
    expect((await tells(controlPath, 0, 'masq')).split('\n')).toHaveLength(2);
  });
});
