// Whole scripts as the IP-Masquerade-HOWTO gave them out, command for command: the simple and the strong rc.firewall for the 2.0 and
// the 2.2 kernel, and the forwarding tools of both. Each line's fate is told, and what they come to.
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../settings/schema.ts';
import { readRules } from './rule-import.ts';

const EXTERNAL = "`/sbin/ifconfig ppp0 | grep 'inet addr' | awk '{print $2}' | sed -e 's/.*://'`";

const simple20 = `#!/bin/sh
/sbin/depmod -a
/sbin/modprobe ip_masq_ftp
#/sbin/modprobe ip_masq_raudio
#/sbin/modprobe ip_masq_irc
#/sbin/modprobe ip_masq_quake 26000,27000,27910,27960
#/sbin/modprobe ip_masq_cuseeme
#/sbin/modprobe ip_masq_vdolive
echo "1" > /proc/sys/net/ipv4/ip_forward
#echo "1" > /proc/sys/net/ipv4/ip_dynaddr
/sbin/ipfwadm -M -s 7200 10 160
#/sbin/ipfwadm -I -a accept -S 0/0 67 -D 0/0 68 -W eth0 -P udp
/sbin/ipfwadm -F -p deny
/sbin/ipfwadm -F -a m -S 192.168.0.0/24 -D 0.0.0.0/0
`;

const strong20 = `#!/bin/sh
PATH=/sbin:/bin:/usr/sbin:/usr/bin
/sbin/depmod -a
/sbin/modprobe ip_masq_ftp
/sbin/modprobe ip_masq_cuseeme
echo "1" > /proc/sys/net/ipv4/ip_forward
echo "1" > /proc/sys/net/ipv4/ip_dynaddr
extip="${EXTERNAL}"
extif="ppp0"
intif="eth0"
intnet="192.168.0.0/24"
/sbin/ipfwadm -M -s 7200 10 60
/sbin/ipfwadm -I -f
/sbin/ipfwadm -I -p reject
/sbin/ipfwadm -I -a accept -W $intif -S $intnet -D 0.0.0.0/0
/sbin/ipfwadm -I -a reject -W $extif -S $intnet -D 0.0.0.0/0 -o
/sbin/ipfwadm -I -a accept -V $extip -S 0.0.0.0/0 -D $extip/32
/sbin/ipfwadm -I -a accept -W lo -S 0.0.0.0/0 -D 0.0.0.0/0
/sbin/ipfwadm -I -a reject -S 0.0.0.0/0 -D 0.0.0.0/0 -o
/sbin/ipfwadm -O -f
/sbin/ipfwadm -O -p reject
/sbin/ipfwadm -O -a accept -W $intif -S 0.0.0.0/0 -D $intnet
/sbin/ipfwadm -F -f
/sbin/ipfwadm -F -p reject
/sbin/ipfwadm -F -a masquerade -W $extif -S $intnet -D 0.0.0.0/0
/sbin/ipfwadm -F -a reject -S 0.0.0.0/0 -D 0.0.0.0/0 -o
/usr/local/sbin/ipportfw -C
/usr/local/sbin/ipportfw -A -t$extip/80 -R 192.168.0.10/80
/usr/local/sbin/ipportfw -A -u203.0.113.9/27910 -R 192.168.0.11/27910
/usr/local/sbin/ipautofw -A -r udp 2300 2400 -c tcp 47624
/usr/local/sbin/ipautofw -A -r tcp 6112 6112 -h 192.168.0.7
`;

const simple22 = `#!/bin/sh
/sbin/depmod -a
/sbin/modprobe ip_masq_ftp
/sbin/modprobe ip_masq_raudio
/sbin/modprobe ip_masq_quake 26000,27000,27910,27960
echo "1" > /proc/sys/net/ipv4/ip_forward
echo "1" > /proc/sys/net/ipv4/ip_always_defrag
echo "1" > /proc/sys/net/ipv4/ip_dynaddr
echo "1" > /proc/sys/net/ipv4/ip_masq_udp_dloose
/sbin/ipchains -M -S 7200 10 160
/sbin/ipchains -A input -j ACCEPT -i eth0 -s 0/0 67 -d 0/0 68 -p udp
/sbin/ipchains -P forward DENY
/sbin/ipchains -A forward -s 192.168.0.0/24 -j MASQ
`;

const strong22 = `#!/bin/sh
EXTIF="ppp0"
INTIF="eth0"
EXTIP="${EXTERNAL}"
INTNET="192.168.0.0/24"
UNIVERSE="0.0.0.0/0"
/sbin/depmod -a
/sbin/modprobe ip_masq_ftp
/sbin/modprobe ip_masq_irc ports=6667,6668
echo "1" > /proc/sys/net/ipv4/ip_forward
echo "1" > /proc/sys/net/ipv4/ip_dynaddr
/sbin/ipchains -M -S 7200 10 60
/sbin/ipchains -F input
/sbin/ipchains -P input REJECT
/sbin/ipchains -A input -i $INTIF -s $INTNET -d $UNIVERSE -j ACCEPT
/sbin/ipchains -A input -i $EXTIF -s $INTNET -d $UNIVERSE -l -j REJECT
/sbin/ipchains -A input -i $EXTIF -s $UNIVERSE -d $EXTIP/32 -j ACCEPT
/sbin/ipchains -A input -s $UNIVERSE -d $UNIVERSE -l -j REJECT
/sbin/ipchains -F output
/sbin/ipchains -P output REJECT
/sbin/ipchains -A output -i $INTIF -s $EXTIP/32 -d $INTNET -j ACCEPT
/sbin/ipchains -F forward
/sbin/ipchains -P forward DENY
/sbin/ipchains -A forward -i $EXTIF -s $INTNET -d $UNIVERSE -j MASQ
/sbin/ipchains -A forward -s $UNIVERSE -d $UNIVERSE -l -j REJECT
/usr/sbin/ipmasqadm portfw -f
/usr/sbin/ipmasqadm portfw -a -P tcp -L $EXTIP 80 -R 192.168.0.10 80
/usr/sbin/ipmasqadm portfw -l
/sbin/ipchains -I input -p tcp -d $EXTIP/32 25 -m 1
/usr/sbin/ipmasqadm mfw -A -m 1 -r 192.168.0.12 25
`;

const fates = (script: string) => readRules(script, DEFAULT_SETTINGS).rows.map(({ outcome }) => outcome);
const patch = (script: string) => readRules(script, DEFAULT_SETTINGS).patch;
/** `b2 a l` is twice `becomes`, then `already`, then `left-out`. */
const row = (text: string) =>
  text.split(' ').flatMap((word) => {
    const fate = { b: 'becomes', a: 'already', l: 'left-out' }[word.charAt(0)];
    return Array.from({ length: Number(word.slice(1) || 1) }, () => fate);
  });

describe('the HOWTO’s rc.firewall', () => {
  it('simple, for 2.0', () => {
    expect(fates(simple20)).toEqual(row('b a b a b'));
    expect(patch(simple20)).toMatchObject({
      helpers: { ftp: { on: true, ports: [] } },
      masquerade: { timers: { tcpEstablished: 7200, tcpClosing: 10, udp: 160 } },
      access: { mode: 'everybody' },
    });
  });

  it('strong, for 2.0, with ipportfw and ipautofw: the address of the moment need not be known', () => {
    expect(fates(strong20)).toEqual(row('b2 a2 b l10 a2 b a a b4'));
    expect(patch(strong20)).toMatchObject({
      helpers: { ftp: { on: true }, cuseeme: { on: true } },
      forwards: [
        { protocol: 'tcp', first: 80, insideFirst: 80, hosts: [{ address: '192.168.0.10' }] },
        { protocol: 'udp', first: 27_910, insideFirst: 27_910, hosts: [{ address: '192.168.0.11' }] },
        { protocol: 'tcp', first: 6112, last: 6112, hosts: [{ address: '192.168.0.7' }] },
      ],
      triggers: [{ protocol: 'tcp', first: 47_624, opens: [{ protocol: 'udp', first: 2300, last: 2400 }] }],
    });
  });

  it('simple, for 2.2', () => {
    expect(fates(simple22)).toEqual(row('b3 a3 b2 l a b'));
    expect(patch(simple22)).toMatchObject({
      helpers: { quake: { on: true, ports: [26_000, 27_000, 27_910, 27_960] } },
      masquerade: { udpFiltering: 'endpoint-independent', timers: { udp: 160 } },
    });
  });

  it('strong, for 2.2, with portfw and mfw', () => {
    expect(fates(strong22)).toEqual(row('b2 a2 b a l5 a l l a2 b a2 b a a b'));
    expect(patch(strong22)).toMatchObject({
      helpers: { irc: { on: true, ports: [6667, 6668] } },
      forwards: [
        { first: 80, hosts: [{ address: '192.168.0.10' }], sources: [] },
        { first: 25, insideFirst: 25, hosts: [{ address: '192.168.0.12' }], sources: [] },
      ],
    });
  });

  it('a source that only the running system knows is asked for, as it decides who is let out', () => {
    const { rows } = readRules(
      'intnet=`route -n`\nipchains -A forward -s $intnet -j MASQ\nipmasqadm portfw -a -P tcp -L $ip 80 -R $host 80',
      DEFAULT_SETTINGS,
    );
    expect(rows.map(({ outcome, words }) => `${outcome}: ${words.replace(/ is not in.*/, '')}`)).toEqual([
      'left-out: the value of $intnet',
      'left-out: the value of $host',
    ]);
  });
});
