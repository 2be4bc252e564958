import { describe, expect, it } from 'vitest';
import { TIMER_PRESETS } from '../contract.ts';
import { settle } from '../gateway.test-parts.ts';
import { asking, cli, client, running, tells } from './cli.test-parts.ts';

describe('masq-gate', () => {
  it('adds, lists, switches and removes forwards', async () => {
    const { controlPath, gateway } = await running();
    const forwards = () => gateway.model.state.settings.forwards;
    const added = await tells(
      controlPath,
      0,
      ...'forwards add tcp 8080-8090 192.168.7.5=3 192.168.7.6 --inside 80 --from 198.51.100.0/24,203.0.113.7'.split(
        ' ',
      ),
    );
    expect(added).toContain('Added tcp-8080-8090.');
    expect(forwards()).toEqual([
      {
        id: 'tcp-8080-8090',
        on: true,
        protocol: 'tcp',
        first: 8080,
        last: 8090,
        insideFirst: 80,
        hosts: [
          { address: '192.168.7.5', weight: 3 },
          { address: '192.168.7.6', weight: 1 },
        ],
        sources: ['198.51.100.0/24', '203.0.113.7/32'],
      },
    ]);
    const json = await tells(controlPath, 0, 'forwards', 'add', 'udp', '8085', '192.168.7.7', '--json');
    expect(JSON.parse(json)).toMatchObject([{ id: 'udp-8085', insideFirst: 8085 }]);
    expect(await tells(controlPath, 0, 'forwards')).toContain(
      'tcp-8080-8090  on  tcp   8080-8090  192.168.7.5:80-90 (weight 3), 192.168.7.6:80-90 (weight 1)',
    );
    expect(await tells(controlPath, 1, 'forwards', 'add', 'both', '8090', '192.168.7.8')).toContain(
      'tcp and udp 8090 cannot be forwarded twice.',
    );
    await tells(controlPath, 0, 'forwards', 'off', 'tcp-8080-8090');
    expect(forwards()[0]?.on).toBe(false);
    await tells(controlPath, 0, 'forwards', 'add', 'both', '8090', '192.168.7.8', '--name', 'web');
    expect(await tells(controlPath, 1, 'forwards', 'on', 'tcp-8080-8090')).toContain(
      '“web” has tcp and udp 8090',
    );
    expect(
      await tells(controlPath, 1, 'forwards', 'add', 'tcp', '1', '192.168.7.8', '--name', 'web'),
    ).toContain('There is a forward “web” already.');
    await tells(controlPath, 0, 'forwards', 'remove', 'tcp-8080-8090');
    expect(forwards().map(({ id }) => id)).toEqual(['udp-8085', 'web']);
    const fault = JSON.parse(await tells(controlPath, 1, 'forwards', 'remove', 'gone', '--json'));
    expect(fault).toMatchObject({ fault: { code: 'no-such-forward', cause: 'Known are: udp-8085, web' } });
  });

  it('adds, lists, switches and removes triggers', async () => {
    const { controlPath, gateway, engine } = await running();
    const triggers = () => gateway.model.state.settings.triggers;
    expect(await tells(controlPath, 0, 'triggers')).toBe('There are no triggers.');
    await tells(
      controlPath,
      0,
      ...'triggers add tcp 47624 --opens udp:2300-2400,tcp:2300 --seconds 900 --secure'.split(' '),
    );
    expect(triggers()).toEqual([
      {
        id: 'tcp-47624',
        on: true,
        protocol: 'tcp',
        first: 47_624,
        last: 47_624,
        opens: [
          { protocol: 'udp', first: 2300, last: 2400 },
          { protocol: 'tcp', first: 2300, last: 2300 },
        ],
        seconds: 900,
        secure: true,
      },
    ]);
    await gateway.commands.dial({});
    await settle();
    const lease = {
      by: 'trigger' as const,
      rule: 'tcp-47624',
      client: '192.168.7.5',
      protocol: 'udp' as const,
    };
    const ports = {
      insidePort: 2300,
      outsidePort: 2300,
      count: 101,
      remote: null,
      expires: 1_800_000_009_000,
    };
    engine.events.message({ type: 'port-leases', leases: [{ ...lease, ...ports }] });
    expect(await tells(controlPath, 0, 'triggers')).toMatch(
      /tcp-47624 +on +tcp 47624 +udp 2300-2400, tcp 2300 +900 s, by whom it sent to +192\.168\.7\.5$/,
    );
    await tells(controlPath, 0, 'triggers', 'off', 'tcp-47624');
    expect(triggers()[0]?.on).toBe(false);
    expect(
      await tells(controlPath, 1, ...'triggers add tcp 1 --opens tcp:2 --name tcp-47624'.split(' ')),
    ).toContain('already');
    await tells(controlPath, 0, 'triggers', 'remove', 'tcp-47624');
    expect(triggers()).toEqual([]);
    expect(await tells(controlPath, 1, 'triggers', 'on', 'tcp-47624')).toContain('There are no triggers.');
  });

  it('adds the ports of a program as triggers or forwards', async () => {
    const { controlPath, gateway } = await running();
    expect(await tells(controlPath, 0, 'triggers', 'add', 'icq')).toContain('Added icq, icq-n2.');
    await tells(controlPath, 0, 'forwards', 'add', 'quake-3', '192.168.7.5');
    expect(gateway.model.state.settings).toMatchObject({
      triggers: [{ id: 'icq' }, { id: 'icq-n2' }],
      forwards: [{ id: 'quake-3', protocol: 'udp', first: 27_960, hosts: [{ address: '192.168.7.5' }] }],
    });
    expect(await tells(controlPath, 0, 'programs')).toContain('quake-3');
    expect(await tells('/nonexistent/control.sock', 0, 'programs')).toContain('Quake III Arena');
  });

  it('switches the port-mapping protocols and lists what was asked for', async () => {
    const { controlPath, gateway, engine } = await running();
    expect(await tells(controlPath, 0, 'port-mapping')).toBe(
      'PCP is off, NAT-PMP is off.\nNo program has asked for a port.',
    );
    await tells(controlPath, 0, 'port-mapping', 'on', 'nat-pmp');
    expect(gateway.model.state.settings.portMapping).toEqual({ pcp: false, natPmp: true });
    await gateway.commands.dial({});
    await settle();
    const lease = { by: 'nat-pmp' as const, rule: null, client: '192.168.7.5', protocol: 'udp' as const };
    const ports = {
      insidePort: 2300,
      outsidePort: 61_000,
      count: 1,
      remote: null,
      expires: 1_800_000_065_000,
    };
    engine.events.message({ type: 'port-leases', leases: [{ ...lease, ...ports }] });
    expect(await tells(controlPath, 0, 'port-mapping')).toMatch(
      /NAT-PMP is on[\s\S]*nat-pmp +192\.168\.7\.5 +udp +61000 +2300 +anybody +0:01:00$/,
    );
  });

  it('switches helpers and sets their ports', async () => {
    const { controlPath, gateway, engine } = await running();
    const setting = (name: string) => gateway.model.state.settings.helpers[name];
    expect(await tells(controlPath, 0, 'helpers', 'on', 'irc', '--ports', '6667,6668,6667')).toContain(
      'Helper irc is switched on, on ports 6667, 6668.\nThe engine is not running',
    );
    expect(setting('irc')).toEqual({ on: true, ports: [6667, 6668] });
    await gateway.commands.dial({});
    await settle();
    const helper = {
      name: 'irc',
      title: 'IRC',
      opens: 'Lets files in.',
      on: true,
      ports: [6667],
      hits: 0,
      expectations: 0,
    };
    engine.events.message({ type: 'helpers', helpers: [{ ...helper, lastUse: null, refusals: [] }] });
    expect(await tells(controlPath, 0, 'helpers', 'off', 'irc')).toBe(
      'Helper irc is switched off, on ports 6667, 6668.',
    );
    expect(setting('irc')).toEqual({ on: false, ports: [6667, 6668] });
    expect(await tells(controlPath, 0, 'helpers', 'on', 'irc', '--ports=default')).toContain(
      'on its own ports',
    );
    expect(setting('irc')).toEqual({ on: true, ports: [] });
    expect(await tells(controlPath, 1, 'helpers', 'on', 'ircc')).toContain('Known are: irc.');
    expect(setting('ircc')).toBeUndefined();
  });

  it('shows and sets idle times, by preset and one by one', async () => {
    const { controlPath, gateway } = await running();
    const now = () => gateway.model.state.settings.masquerade.timers;
    expect(await tells(controlPath, 0, 'timers')).toBe(
      'tcp=7440 opening=240 closing=240 udp=300 icmp=60 other=600 (default)',
    );
    expect(await tells(controlPath, 0, 'timers', 'howto')).toContain('udp=160 icmp=60 other=600 (HOWTO)');
    expect(now()).toEqual(TIMER_PRESETS.HOWTO);
    await tells(controlPath, 0, 'timers', 'classic', 'udp=17', 'closing=90');
    expect(now()).toEqual({ ...TIMER_PRESETS.classic, udp: 17, tcpClosing: 90 });
    await tells(controlPath, 2, 'timers', 'udp=0');
    await tells(controlPath, 2, 'timers', 'udp=17', 'classic');
    await tells(controlPath, 2, 'timers', 'constructor=5');
    expect(now()).toMatchObject({ udp: 17 });
  });

  it('shows and sets filters, private networks and who may use the link', async () => {
    const { controlPath, gateway } = await running();
    const settings = () => gateway.model.state.settings;
    expect(await tells(controlPath, 0, 'filter')).toBe('udp address, tcp address');
    expect(await tells(controlPath, 0, 'filter', 'udp', 'open')).toBe('udp open, tcp address');
    await tells(controlPath, 0, 'filter', 'tcp', 'port');
    expect(settings().masquerade).toMatchObject({
      udpFiltering: 'endpoint-independent',
      tcpFiltering: 'address-and-port-dependent',
    });
    await tells(controlPath, 2, 'filter', 'icmp', 'open');
    await tells(controlPath, 0, 'private', 'add', '10.20.0.0/16');
    await tells(controlPath, 0, 'private', 'add', '10.9.0.1');
    expect(await tells(controlPath, 0, 'private')).toBe('10.20.0.0/16\n10.9.0.1/32');
    await tells(controlPath, 0, 'private', 'remove', '10.20.0.0/16');
    expect(settings().masquerade.privateExceptions).toEqual(['10.9.0.1/32']);
    expect(await tells(controlPath, 0, 'access', 'chosen', '192.168.7.5', '192.168.7.5')).toBe(
      '192.168.7.5.',
    );
    expect(settings().access).toMatchObject({ mode: 'chosen', chosen: ['192.168.7.5'] });
    expect(await tells(controlPath, 0, 'access', 'everybody')).toBe('Everybody on the network.');
    expect(settings().access).toMatchObject({ mode: 'everybody', chosen: ['192.168.7.5'] });
    await tells(controlPath, 2, 'access', 'chosen');
  });

  it('shows the counters, those of one forward too, and what was refused', async () => {
    const { controlPath, gateway, engine } = await running();
    await gateway.commands.dial({});
    await settle();
    engine.events.message({ type: 'counters', counters: { 'packets-up': 7, 'forward:web': 3 } });
    engine.replies.refusals = { ok: true, result: [{ at: 5, text: 'TCP 23 from 192.0.2.9' }] };
    expect(await tells(controlPath, 0, 'refused')).toMatch(/^\d\d:\d\d:\d\d {2}TCP 23 from 192\.0\.2\.9$/);
    expect(await tells(controlPath, 0, 'counters')).toBe(
      '           3  forward:web\n           7  packets-up',
    );
    expect(await tells(controlPath, 0, 'counters', 'web')).toBe('           3  forward:web');
    expect(JSON.parse(await tells(controlPath, 0, 'counters', 'web', '--json'))).toEqual({
      'forward:web': 3,
    });
  });

  it('pauses a client by address or name, and lets it back', async () => {
    const { controlPath, gateway, engine } = await running();
    await gateway.commands.dial({});
    await settle();
    engine.events.message({ type: 'clients', clients: [{ ...client, name: 'Desk' }] });
    expect(await tells(controlPath, 0, 'pause', 'desk')).toBe('desk is paused.');
    await tells(controlPath, 0, 'pause', '192.168.7.9');
    expect(gateway.model.state.settings.access.paused).toEqual(['192.168.7.5', '192.168.7.9']);
    await tells(controlPath, 0, 'resume', '192.168.7.5');
    expect(gateway.model.state.settings.access.paused).toEqual(['192.168.7.9']);
    expect(await tells(controlPath, 1, 'pause', 'nobody')).toContain('No one client is called “nobody”.');
  });

  it('gives a client a limit and a priority, shows both, and takes them back', async () => {
    const { controlPath, gateway, engine } = await running();
    await gateway.commands.dial({});
    await settle();
    engine.events.message({ type: 'clients', clients: [{ ...client, name: 'Desk' }] });
    expect(await tells(controlPath, 0, 'limit', 'desk', '8')).toBe('desk gets at most 8 kbit/s each way.');
    expect(await tells(controlPath, 0, 'priority', '192.168.7.5', 'low')).toBe(
      '192.168.7.5 has low priority.',
    );
    expect(gateway.model.state.settings.shares).toEqual([
      { address: '192.168.7.5', limitKbit: 8, priority: 'low' },
    ]);
    expect(await tells(controlPath, 0, 'clients')).toContain('low priority, at most 8 kbit/s');
    await tells(controlPath, 0, 'limit', 'desk', 'off');
    await tells(controlPath, 0, 'priority', 'desk', 'normal');
    expect(gateway.model.state.settings.shares).toEqual([]);
    for (const words of [
      ['limit', 'desk'],
      ['limit', 'desk', '0'],
      ['limit', 'desk', '1e3'],
      ['priority', 'desk', 'first'],
    ])
      await tells(controlPath, 2, ...words);
  });

  it('leaves the practice line', async () => {
    const { controlPath, gateway } = await running();
    await gateway.commands.practice({});
    await settle();
    expect(gateway.model.state.practice).toBe(true);
    await tells(controlPath, 0, 'practice', 'end');
    expect(gateway.model.state.practice).toBe(false);
  });
});

describe('masq-gate import', () => {
  const imported = {
    helpers: { ftp: { on: true, ports: [] }, irc: { on: true, ports: [6667, 6668] } },
    forwards: [{ id: 'import-tcp-80', hosts: [{ address: '192.168.0.10', weight: 1 }] }],
  };

  it('shows each line, changes nothing without consent', async () => {
    const { controlPath, gateway } = await running();
    const before = gateway.model.state.settings;
    const text = await tells(controlPath, 0, 'import', 'rc.firewall');
    expect(text).toContain('2  /sbin/modprobe ip_masq_ftp\n   + switch on the helper ftp');
    expect(text).toContain('= nothing is forwarded to the link unless it is shared on purpose');
    expect(text).toContain('- a transparent proxy on the gateway has no counterpart');
    expect(text).toContain('+ becomes a setting: 3   = is so anyway: 1   - left out: 1');
    expect(text).toContain('Nothing is changed.');
    const no = await asking(controlPath, false, 'import', 'rc.firewall');
    expect(await no.code).toBe(0);
    expect(no.questions).toEqual(['Apply this to the settings? [y/N] ']);
    expect(gateway.model.state.settings).toEqual(before);
  });

  it('applies on a yes, and with --apply unasked', async () => {
    const { controlPath, gateway } = await running();
    const yes = await asking(controlPath, true, 'import', 'rc.firewall');
    expect(await yes.code).toBe(0);
    expect(yes.out.at(-1)).toBe('Applied.');
    expect(gateway.model.state.settings).toMatchObject(imported);
    const other = await running();
    const unasked = await asking(other.controlPath, false, 'import', '--apply', 'rc.firewall');
    expect(await unasked.code).toBe(0);
    expect(unasked.questions).toEqual([]);
    expect(other.gateway.model.state.settings).toMatchObject(imported);
  });

  it('in JSON asks nobody and says whether it was applied', async () => {
    const { controlPath, gateway } = await running();
    const shown = await asking(controlPath, true, 'import', 'rc.firewall', '--json');
    expect(await shown.code).toBe(0);
    expect(JSON.parse(shown.out.join())).toMatchObject({ applied: false, patch: imported });
    expect(gateway.model.state.settings.forwards).toEqual([]);
    const json = JSON.parse(await tells(controlPath, 0, 'import', 'rc.firewall', '--apply', '--json'));
    expect(json.applied).toBe(true);
    expect(json.rows[1]).toEqual({
      number: 3,
      text: '/sbin/modprobe ip_masq_irc ports=6667,6668',
      outcome: 'becomes',
      words: 'switch on the helper irc, at ports 6667, 6668',
    });
  });

  it('tells a file that cannot be read, and shows the rows where no gateway runs', async () => {
    const { controlPath } = await running();
    expect(await tells(controlPath, 1, 'import', 'gone')).toContain(
      'gone could not be read.\n  Why:  ENOENT',
    );
    const alone = await cli('/nonexistent/control.sock', 'import', 'rc.firewall', '--apply');
    expect(await alone.code).toBe(3);
    expect(alone.out[0]).toContain('+ switch on the helper ftp');
    expect(alone.err[0]).toContain('nothing can be applied');
  });
});
