import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readScript, words } from './shell.ts';

const plain = (source: string) => readScript(source).map((line) => line.words);

describe('the shell of old firewall scripts', () => {
  it('puts variables in, with and without braces', () => {
    expect(
      plain('EXT="ppp0"\nLAN=192.168.0.0/24\nipchains -A forward -i $EXT -s $' + '{LAN} -j MASQ'),
    ).toEqual([['ipchains', '-A', 'forward', '-i', 'ppp0', '-s', '192.168.0.0/24', '-j', 'MASQ']]);
  });
  it('joins continued lines and keeps the first number', () => {
    expect(readScript('# comment\nipfwadm -F \\\n  -p deny')[0]).toMatchObject({
      number: 2,
      words: ['ipfwadm', '-F', '-p', 'deny'],
    });
  });
  it('cuts at ; and && but not inside quotes, and drops comments', () => {
    expect(plain('a "x;y" ; b && c # d')).toEqual([['a', 'x;y'], ['b'], ['c']]);
  });
  it('keeps a redirection as words', () => {
    expect(plain('echo "1" > /proc/sys/net/ipv4/ip_forward')).toEqual([
      ['echo', '1', '>', '/proc/sys/net/ipv4/ip_forward'],
    ]);
  });
  it('says which variable it cannot know', () => {
    expect(readScript('ip=`ifconfig ppp0`\nipchains -s $ip').map((line) => line.unknown)).toEqual(['$ip']);
  });
  it('survives anything', () => {
    fc.assert(fc.property(fc.string({ maxLength: 400 }), (text) => Array.isArray(readScript(text))));
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => Array.isArray(words(text, new Map()).words)),
    );
  });
});
