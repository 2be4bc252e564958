import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Settings, settingsSchema } from '../contract.ts';
import { DEFAULT_SETTINGS } from '../settings/schema.ts';
import { applyImport, importRules, readRules } from './rule-import.ts';

const settings: Settings = DEFAULT_SETTINGS;

/** The commands of a strong 2.0 kernel script, as the masquerade documents of the day advise them. */
const kernel20 = `
/sbin/depmod -a
/sbin/modprobe ip_masq_ftp
/sbin/modprobe ip_masq_raudio
#/sbin/modprobe ip_masq_irc
/sbin/modprobe ip_masq_irc ports=6667,6668
echo "1" > /proc/sys/net/ipv4/ip_forward
echo "1" > /proc/sys/net/ipv4/ip_dynaddr
/sbin/ipfwadm -M -s 7200 10 160
/sbin/ipfwadm -I -a accept -S 0/0 67 -D 0/0 68 -W eth0 -P udp
/sbin/ipfwadm -F -p deny
/sbin/ipfwadm -F -a m -S 192.168.0.0/24 -D 0.0.0.0/0
`;
const kernel22 = `
extif="ppp0"
intnet=192.168.0.0/24
/sbin/modprobe ip_masq_ftp
/sbin/modprobe ip_masq_quake ports=26000,27000,27910,27960
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv4/ip_always_defrag
/sbin/ipchains -M -S 7200 10 160
/sbin/ipchains -A input -j ACCEPT -i $extif -s 0/0 67 -d 0/0 68 -p udp
/sbin/ipchains -P forward DENY
/sbin/ipchains -A forward -i $extif -s $intnet -j MASQ
ipmasqadm portfw -f
ipmasqadm portfw -a -P tcp -L 203.0.113.9 80 -R 192.168.0.10 80 -p 10
ipmasqadm portfw -a -P tcp -L 203.0.113.9 80 -R 192.168.0.11 80 -p 30
ipmasqadm autofw -A -r udp 2300 2400 -c tcp 47624
ipmasqadm autofw -A -r tcp 2300 2400 -c tcp 47624
ipmasqadm autofw -A -r tcp 6891 6900 -h 192.168.0.7
ipchains -I input -p tcp -y -d 203.0.113.9/32 25 -m 1
ipmasqadm mfw -A -m 1 -r 192.168.0.12 2525 -p 10
`;
const outcomes = (source: string) => importRules(source).map((row) => row.verdict.outcome);
const change = (source: string) => {
  const verdict = importRules(source)[0]?.verdict;
  return verdict?.outcome === 'becomes' ? verdict.change : (verdict?.words ?? null);
};

describe('importing old rule files', () => {
  it('takes over the 2.0 script: helpers with ports, timers, the network', () => {
    const rows = importRules(kernel20);
    expect(outcomes(kernel20)).toEqual([
      'becomes',
      'becomes',
      'becomes',
      'already',
      'already',
      'becomes',
      'left-out',
      'already',
      'becomes',
    ]);
    const patch = applyImport(settings, rows);
    expect(patch.helpers).toEqual({
      ftp: { on: true, ports: [] },
      realaudio: { on: true, ports: [] },
      rtsp: { on: true, ports: [] },
      irc: { on: true, ports: [6667, 6668] },
    });
    expect(patch.masquerade?.timers).toMatchObject({ tcpEstablished: 7200, tcpClosing: 10, udp: 160 });
    expect(patch.access?.mode).toBe('everybody');
  });

  it('takes over the 2.2 script: variables, balanced forwards, triggers, marks', () => {
    const patch = applyImport(settings, importRules(kernel22));
    expect(
      patch.forwards?.map(({ protocol, first, last, insideFirst, hosts }) => ({
        protocol,
        first,
        last,
        insideFirst,
        hosts,
      })),
    ).toEqual([
      {
        protocol: 'tcp',
        first: 80,
        last: 80,
        insideFirst: 80,
        hosts: [
          { address: '192.168.0.10', weight: 10 },
          { address: '192.168.0.11', weight: 30 },
        ],
      },
      {
        protocol: 'tcp',
        first: 6891,
        last: 6900,
        insideFirst: 6891,
        hosts: [{ address: '192.168.0.7', weight: 1 }],
      },
      {
        protocol: 'tcp',
        first: 25,
        last: 25,
        insideFirst: 2525,
        hosts: [{ address: '192.168.0.12', weight: 10 }],
      },
    ]);
    expect(patch.triggers).toEqual([
      {
        id: 'import-tcp-47624',
        on: true,
        protocol: 'tcp',
        first: 47_624,
        last: 47_624,
        opens: [
          { protocol: 'udp', first: 2300, last: 2400 },
          { protocol: 'tcp', first: 2300, last: 2400 },
        ],
        seconds: 600,
        secure: false,
      },
    ]);
    expect(new Set(patch.forwards?.map((forward) => forward.id)).size).toBe(3);
  });

  it('shares with single hosts when only hosts were named', () => {
    const patch = applyImport(
      settings,
      importRules('ipfwadm -F -a m -S 192.168.0.2/32 -D 0/0\nipfwadm -F -a m -S 192.168.0.8/32 -D 0/0'),
    );
    expect(patch.access).toEqual({ mode: 'chosen', chosen: ['192.168.0.2', '192.168.0.8'], paused: [] });
  });

  it('never takes over a default policy of masquerade', () => {
    for (const line of [
      'ipfwadm -F -p masquerade',
      'ipchains -P forward MASQ',
      'ipchains -A forward -j MASQ',
    ]) {
      expect(outcomes(line)).toEqual(['left-out']);
    }
  });

  it('reads iptables masquerade and DNAT', () => {
    expect(change('iptables -t nat -A POSTROUTING -o ppp0 -s 10.0.0.0/255.255.255.0 -j MASQUERADE')).toEqual({
      kind: 'share-network',
      address: '10.0.0.0',
      prefix: 24,
    });
    expect(
      change(
        'iptables -t nat -A PREROUTING -i ppp0 -p tcp --dport 5000:5010 -s 198.51.100.0/24 -j DNAT --to-destination 10.0.0.5:6000',
      ),
    ).toMatchObject({
      kind: 'forward',
      forward: { first: 5000, last: 5010, insideFirst: 6000, sources: ['198.51.100.0/24'] },
    });
    expect(
      change('iptables -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to 10.0.0.5-10.0.0.7'),
    ).toMatchObject({
      forward: { hosts: [{ address: '10.0.0.5' }, { address: '10.0.0.6' }, { address: '10.0.0.7' }] },
    });
  });

  it('reads redir, loose UDP and the three kinds of autofw', () => {
    expect(change('redir --lport=8080 --caddr=192.168.0.2 --cport=80')).toMatchObject({
      forward: { first: 8080, insideFirst: 80 },
    });
    expect(change('echo 1 > /proc/sys/net/ipv4/ip_masq_udp_dloose')).toEqual({ kind: 'loose-udp' });
    expect(change('ipmasqadm autofw -A -p tcp 8080 80 -h 192.168.0.3')).toMatchObject({
      forward: { first: 8080, insideFirst: 80 },
    });
    expect(outcomes('ipmasqadm autofw -A -d udp 7648 7649')).toEqual(['already']);
  });

  it('says why a line is left out when a value is not in the file', () => {
    expect(change('web=`hostname -i`\nipmasqadm portfw -a -P tcp -L 203.0.113.9 80 -R $web 80')).toContain(
      '$web',
    );
  });

  it('gives rows in words and a patch that the settings take; a second import changes nothing more', () => {
    const { rows, patch } = readRules(kernel22, settings);
    expect(rows.map(({ number, outcome, words }) => `${number} ${outcome}: ${words}`)).toContain(
      '17 becomes: forward tcp port 6891-6900 to 192.168.0.7 port 6891-6900',
    );
    const after = settingsSchema.parse({ ...settings, ...patch });
    expect(readRules(kernel22, after).patch).toEqual(patch);
    expect(readRules('', settings)).toEqual({ rows: [], patch: {} });
  });

  it('says that a network needs its card chosen', () => {
    const words = (lan: Settings['lan']) =>
      readRules('ipchains -A forward -s 192.168.0.0/24 -j MASQ', { ...settings, lan }).rows[0]?.words;
    const card = (address: string) => ({ interface: 'eth1', address, prefix: 24, dhcp: null });
    expect(words(null)).toContain('choose its network card');
    expect(words(card('192.168.0.1'))).toBe('share the link with the network 192.168.0.0/24');
    expect(words(card('10.0.0.1'))).toContain('share eth1 with 10.0.0.1/24 now');
  });

  it('knows that the raudio module served RTSP, too', () => {
    const helpers = (ports: string) => readRules(`modprobe ip_masq_raudio ${ports}`, settings).patch.helpers;
    expect(helpers('ports=554,7070,7071')).toEqual({
      realaudio: { on: true, ports: [554, 7070, 7071] },
      rtsp: { on: true, ports: [554, 7070, 7071] },
    });
  });

  const dnat = (source: string, to: string) =>
    `iptables -t nat -A PREROUTING -p tcp --dport 80 -s ${source} -j DNAT --to ${to}`;

  it('makes one forward of rules that differ in their sources alone', () => {
    const { patch } = readRules(
      [dnat('198.51.100.0/24', '10.0.0.5'), dnat('203.0.113.7', '10.0.0.5')].join('\n'),
      settings,
    );
    expect(patch.forwards).toMatchObject([{ on: true, sources: ['198.51.100.0/24', '203.0.113.7/32'] }]);
  });

  it('leaves a forward switched off whose port another has, and says so', () => {
    const { rows, patch } = readRules(
      [dnat('198.51.100.0/24', '10.0.0.5'), dnat('203.0.113.7', '10.0.0.6')].join('\n'),
      settings,
    );
    expect(patch.forwards).toMatchObject([
      { id: 'import-tcp-80', on: true },
      { id: 'import-tcp-80-n2', on: false },
    ]);
    expect(rows[0]?.words).not.toContain('switched off');
    expect(rows[1]?.words).toMatch(/; stays switched off, because the forward import-tcp-80 has the port$/);
  });

  it('survives anything, and every change it makes is a valid setting', () => {
    const word = fc.constantFrom(
      'ipchains',
      'ipfwadm',
      'iptables',
      'ipmasqadm',
      'portfw',
      '-A',
      'forward',
      '-s',
      '192.168.0.0/24',
      '-j',
      'MASQ',
      '-M',
      '-S',
      '7200',
      '!',
      '$x',
      '"',
      '>',
      '-t',
      'nat',
      '99999',
      '-P',
      'tcp',
      '-L',
      '-R',
      '1.2.3.4',
      '80',
      '\\',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 6 })), { maxLength: 40 }), (parts) => {
        const patch = applyImport(settings, importRules(parts.join(' ')));
        return (patch.forwards ?? []).every(
          (forward) =>
            forward.insideFirst + forward.last - forward.first <= 65535 &&
            /^[a-z0-9-]{1,32}$/.test(forward.id),
        );
      }),
      { numRuns: 500 },
    );
  });
});
