/**
 * What real peers get wrong, one test a trap: a peer scripted to do just that, and what must come of it.
 */
import { describe, expect, it } from 'vitest';
import {
  buildPacket,
  type Option,
  PROTOCOL_CCP,
  PROTOCOL_CHAP,
  PROTOCOL_IP,
  PROTOCOL_IPCP,
  PROTOCOL_LCP,
  PROTOCOL_PAP,
  parseOptions,
} from './packet.ts';
import { closeReasonFault } from './session.ts';
import { ScriptedPeer } from './testing/scripted-peer.ts';

const option = (type: number, ...data: number[]): Option => ({ type, data: Uint8Array.from(data) });
const PAP = option(3, 0xc0, 0x23);
const CHAP = option(3, 0xc2, 0x23, 5);
const EAP = option(3, 0xc2, 0x27);
const MAGIC = option(5, 9, 9, 9, 9);
const types = (peer: ScriptedPeer, protocol: number): number[] =>
  (parseOptions(peer.last(protocol, 1).data) ?? []).map(({ type }) => type);

/** A client that is up, with 10.1.2.3. */
function opened(config: ConstructorParameters<typeof ScriptedPeer>[0] = {}): ScriptedPeer {
  return new ScriptedPeer(config).connect().openLcp([MAGIC]).openIpcp();
}

describe('addresses and name servers', () => {
  it('asks 0.0.0.0 and both name servers from its first request', () => {
    const peer = new ScriptedPeer().connect().openLcp([MAGIC]);
    expect(peer.last(PROTOCOL_IPCP, 1).text).toBe(
      'IPCP Configure-Request id 1 <address 0.0.0.0> <VJ slots 16, slot ids> <DNS 0.0.0.0> <second DNS 0.0.0.0>',
    );
  });

  it.each([
    ['names no address', []],
    ['insists on 0.0.0.0', [option(3, 0, 0, 0, 0)]],
  ])('accepts a peer that %s', (_what, options) => {
    const peer = new ScriptedPeer().connect().openLcp([MAGIC]);
    for (const id of [1, 2, 3]) peer.send(PROTOCOL_IPCP, 1, id, options);
    expect(peer.count(PROTOCOL_IPCP, 2)).toBe(options.length > 0 ? 1 : 3);
    const { id } = peer.last(PROTOCOL_IPCP, 1);
    peer.send(PROTOCOL_IPCP, 3, id, [option(3, 10, 0, 2, 15)]);
    const again = peer.last(PROTOCOL_IPCP, 1);
    peer.send(PROTOCOL_IPCP, 2, again.id, again.data);
    expect(peer.up).toMatchObject({ local: '10.0.2.15', peer: '10.64.64.64' });
  });

  it('names a peer that says 0.0.0.0, then tells it to leave the option out: slirp closes IPCP on an Ack', () => {
    const peer = new ScriptedPeer().connect().openLcp([MAGIC]);
    const asked = [option(3, 0, 0, 0, 0), option(2, 0, 45, 15, 1)];
    peer.send(PROTOCOL_IPCP, 1, 1, asked);
    expect(peer.last(PROTOCOL_IPCP, 3).text).toBe('IPCP Configure-Nak id 1 <address 10.64.64.64>');
    peer.send(PROTOCOL_IPCP, 1, 2, asked);
    expect(peer.last(PROTOCOL_IPCP, 4).text).toBe('IPCP Configure-Reject id 2 <address 0.0.0.0>');
    peer.send(PROTOCOL_IPCP, 1, 3, asked);
    expect(peer.last(PROTOCOL_IPCP, 2).id).toBe(3);
  });

  it('drops rejected name servers and comes up without', () => {
    const peer = new ScriptedPeer().connect().openLcp([MAGIC]);
    const { id } = peer.last(PROTOCOL_IPCP, 1);
    peer.send(PROTOCOL_IPCP, 4, id, [option(129, 0, 0, 0, 0), option(131, 0, 0, 0, 0)]);
    expect(types(peer, PROTOCOL_IPCP)).toEqual([3, 2]);
    peer.openIpcp();
    expect(peer.up?.dns).toEqual([]);
  });

  it('takes 0.0.0.0, acknowledged, for no name server, and the same one twice for one', () => {
    expect(opened().up?.dns).toEqual([]);
    const peer = new ScriptedPeer().connect().openLcp([MAGIC]);
    const { id } = peer.last(PROTOCOL_IPCP, 1);
    peer.send(PROTOCOL_IPCP, 3, id, [option(129, 9, 9, 9, 9), option(131, 9, 9, 9, 9)]);
    peer.openIpcp();
    expect(peer.up?.dns).toEqual(['9.9.9.9']);
  });

  it('bears DNS and WINS in a Nak that were never asked for', () => {
    const peer = new ScriptedPeer({ dns: false }).connect().openLcp([MAGIC]);
    const { id } = peer.last(PROTOCOL_IPCP, 1);
    const unasked = [129, 130, 131, 132].map((type) => option(type, 8, 8, 8, type & 0xff));
    peer.send(PROTOCOL_IPCP, 3, id, [option(3, 10, 1, 2, 3), ...unasked]);
    expect(types(peer, PROTOCOL_IPCP)).toEqual([3, 2]);
  });

  it('follows a peer that changes its mind about DNS before opening', () => {
    const peer = new ScriptedPeer().connect().openLcp([MAGIC]);
    for (const last of [1, 2, 3]) {
      const { id } = peer.last(PROTOCOL_IPCP, 1);
      peer.send(PROTOCOL_IPCP, 3, id, [option(3, 10, 1, 2, 3), option(129, 8, 8, 8, last)]);
    }
    peer.openIpcp();
    expect(peer.up?.dns).toEqual(['8.8.8.3']);
  });

  it('says so when there is no address for us', () => {
    const peer = new ScriptedPeer().connect().openLcp([MAGIC]);
    const { id, data } = peer.last(PROTOCOL_IPCP, 1);
    peer.send(PROTOCOL_IPCP, 1, 1, [option(3, 10, 1, 2, 1)]);
    peer.send(PROTOCOL_IPCP, 2, id, data);
    peer.wait(10_000);
    expect(peer.down).toMatchObject({ reason: 'no-address' });
    expect(peer.up).toBeUndefined();
  });
});

describe('as a server', () => {
  const server = (dns: string[], wins: string[] = []): ScriptedPeer =>
    new ScriptedPeer({ role: 'server', authentication: [], dns, wins }).connect().openLcp([MAGIC]);

  it('rejects first what it cannot give, then Naks what it can', () => {
    const peer = server(['9.9.9.9']);
    const asked = [3, 129, 131, 130].map((type) => option(type, 0, 0, 0, 0));
    peer.send(PROTOCOL_IPCP, 1, 1, asked);
    expect(peer.last(PROTOCOL_IPCP, 4).text).toBe('IPCP Configure-Reject id 1 <WINS 0.0.0.0>');
    expect(peer.count(PROTOCOL_IPCP, 3)).toBe(0);
    peer.send(PROTOCOL_IPCP, 1, 2, asked.slice(0, 3));
    // One name server stands for both: rejecting the second would cost a round trip.
    expect(peer.last(PROTOCOL_IPCP, 3).text).toBe(
      'IPCP Configure-Nak id 2 <address 203.0.113.64> <DNS 9.9.9.9> <second DNS 9.9.9.9>',
    );
  });

  it('answers Windows callers about WINS', () => {
    const peer = server([], ['10.0.0.9']);
    peer.send(PROTOCOL_IPCP, 1, 1, [option(3, 203, 0, 113, 64), option(130, 0, 0, 0, 0)]);
    expect(peer.last(PROTOCOL_IPCP, 3).text).toBe('IPCP Configure-Nak id 1 <WINS 10.0.0.9>');
  });

  it('rejects callback and multilink, grants an endpoint discriminator', () => {
    const peer = new ScriptedPeer({ role: 'server', authentication: [] }).connect();
    peer.send(PROTOCOL_LCP, 1, 1, [MAGIC, option(13, 6), option(17, 5, 220), option(18), option(19, 1, 2)]);
    const rejected = parseOptions(peer.last(PROTOCOL_LCP, 4).data) ?? [];
    expect(rejected.map(({ type }) => type)).toEqual([13, 17, 18]);
    peer.send(PROTOCOL_LCP, 1, 2, [MAGIC, option(19, 1, 2)]);
    expect(peer.count(PROTOCOL_LCP, 2)).toBe(1);
  });

  it('takes the authentication a caller proposes if it is allowed, else closes with the reason', () => {
    const peer = new ScriptedPeer({ role: 'server', authentication: ['chap-md5', 'pap'] }).connect();
    peer.send(PROTOCOL_LCP, 3, peer.last(PROTOCOL_LCP, 1).id, [PAP]);
    expect(peer.last(PROTOCOL_LCP, 1).text).toContain('<authentication PAP>');
    peer.send(PROTOCOL_LCP, 4, peer.last(PROTOCOL_LCP, 1).id, [PAP]);
    expect(peer.down).toMatchObject({ reason: 'authentication-refused' });
  });

  it('gives the same verdict again to a PAP request repeated after it', () => {
    const peer = new ScriptedPeer({ role: 'server', authentication: ['pap'] }).connect().openLcp([MAGIC]);
    const login = Uint8Array.from(Buffer.from('\x03ann\x06secret'));
    peer.send(PROTOCOL_PAP, 1, 1, login);
    peer.send(PROTOCOL_PAP, 1, 2, login);
    expect(peer.count(PROTOCOL_PAP, 2)).toBe(2);
  });
});

describe('endless negotiation', () => {
  it('names the option a peer naks for ever', () => {
    const peer = new ScriptedPeer().connect().openLcp([MAGIC]);
    peer.reply = ({ protocol, code, id }) => {
      if (protocol === PROTOCOL_IPCP && code === 1)
        peer.send(PROTOCOL_IPCP, 3, id, [option(3, 10, 0, 0, peer.said.length)]);
    };
    peer.send(PROTOCOL_IPCP, 3, peer.last(PROTOCOL_IPCP, 1).id, [option(3, 10, 0, 0, 1)]);
    peer.wait(20_000);
    expect(peer.down).toMatchObject({ reason: 'negotiation-failed' });
    expect(peer.down?.detail).toMatch(/^IPCP: the peer never accepts address 10\.0\.0\./);
    expect(peer.count(PROTOCOL_IPCP, 1)).toBeLessThanOrEqual(11);
  });

  it('rejects after five Naks what a peer will not change, and gives up in the end', () => {
    const peer = new ScriptedPeer().connect();
    for (let id = 1; id < 40 && peer.down === undefined; id++)
      peer.send(PROTOCOL_LCP, 1, id, [option(1, 0, 64)]);
    expect(peer.count(PROTOCOL_LCP, 3)).toBe(5);
    expect(peer.count(PROTOCOL_LCP, 4)).toBeGreaterThan(0);
    expect(peer.down).toMatchObject({ reason: 'negotiation-failed' });
    expect(peer.down?.detail).toContain('MRU 64');
  });

  it('does not hold a repeated request against a peer whose answers get lost, but not for ever', () => {
    const peer = new ScriptedPeer().connect();
    for (let i = 0; i < 30; i++) peer.send(PROTOCOL_LCP, 1, 1, [option(1, 0, 64)]);
    expect(peer.count(PROTOCOL_LCP, 3)).toBe(30);
    for (let i = 0; i < 30; i++) peer.send(PROTOCOL_LCP, 1, 1, [option(1, 0, 64)]);
    expect(peer.down).toMatchObject({ reason: 'negotiation-failed' });
  });

  it('takes a Nak of PFC and ACFC for a Reject', () => {
    const peer = new ScriptedPeer().connect();
    peer.send(PROTOCOL_LCP, 3, peer.last(PROTOCOL_LCP, 1).id, [option(7), option(8)]);
    expect(types(peer, PROTOCOL_LCP)).toEqual([1, 2, 5]);
  });
});

describe('authentication', () => {
  it('Naks once per method, then takes what it can do', () => {
    const peer = new ScriptedPeer().connect();
    peer.send(PROTOCOL_LCP, 1, 1, [EAP]);
    expect(peer.last(PROTOCOL_LCP, 3).text).toContain('<authentication CHAP-MD5>');
    peer.send(PROTOCOL_LCP, 1, 2, [CHAP]);
    expect(peer.count(PROTOCOL_LCP, 2)).toBe(1);
  });

  it('accepts PAP from a peer that first asked for CHAP', () => {
    const peer = new ScriptedPeer().connect();
    peer.send(PROTOCOL_LCP, 1, 1, [CHAP]);
    peer.send(PROTOCOL_LCP, 1, 2, [PAP]);
    peer.send(PROTOCOL_LCP, 2, peer.last(PROTOCOL_LCP, 1).id, peer.last(PROTOCOL_LCP, 1).data);
    expect(peer.last(PROTOCOL_PAP, 1).text).toBe(
      'PAP Authenticate-Request id 1 <user "ann"> <password hidden>',
    );
  });

  it('ends with its own reason if the peer insists on something else', () => {
    const peer = new ScriptedPeer().connect();
    for (let id = 1; id < 8; id++) peer.send(PROTOCOL_LCP, 1, id, [EAP]);
    expect(peer.down).toMatchObject({
      reason: 'authentication-refused',
      detail: 'the provider insists on EAP',
    });
  });

  const answered = (): ScriptedPeer => {
    const peer = new ScriptedPeer().connect().openLcp([MAGIC, CHAP]);
    peer.send(PROTOCOL_CHAP, 1, 7, Uint8Array.of(4, 1, 2, 3, 4, 0x70));
    return peer;
  };

  it.each<[string, (peer: ScriptedPeer) => void]>([
    ['by a Failure', (peer) => peer.send(PROTOCOL_CHAP, 4, 7, Uint8Array.from(Buffer.from('no')))],
    ['by terminating first', (peer) => peer.send(PROTOCOL_LCP, 5, 9)],
    ['by hanging up', (peer) => peer.session.lowerDown(peer.now)],
    [
      'by terminating, then hanging up',
      (peer) => {
        peer.send(PROTOCOL_LCP, 5, 9);
        peer.session.lowerDown(peer.now);
      },
    ],
  ])('knows a wrong password %s', (_how, refuse) => {
    const peer = answered();
    refuse(peer);
    peer.wait(10_000);
    expect(peer.down).toMatchObject({ reason: 'wrong-password' });
  });

  it('takes silence for silence, not for a wrong password', () => {
    expect(answered().wait(120_000).down).toMatchObject({ reason: 'timeout' });
  });

  it('goes on if the Success was lost but the peer is already at IPCP', () => {
    const peer = answered();
    peer.send(PROTOCOL_IPCP, 1, 1, [option(3, 10, 1, 2, 1)]);
    expect(peer.count(PROTOCOL_IPCP, 1)).toBe(1);
    expect(peer.count(PROTOCOL_IPCP, 2)).toBe(1);
  });

  it('answers a challenge long after the link is up', () => {
    const peer = answered();
    peer.send(PROTOCOL_CHAP, 3, 7);
    peer.openIpcp().wait(60_000);
    peer.send(PROTOCOL_CHAP, 1, 8, Uint8Array.of(2, 5, 5));
    expect(peer.last(PROTOCOL_CHAP, 2).id).toBe(8);
    peer.send(PROTOCOL_CHAP, 3, 8);
    expect(peer.session.isUp).toBe(true);
  });

  it('gives a module that wants a name from somebody without one a name', () => {
    const peer = new ScriptedPeer({ user: '', password: '' }).connect().openLcp([MAGIC, PAP]);
    expect(peer.last(PROTOCOL_PAP, 1).text).toContain('<user "ppp">');
  });

  it('does it all again when LCP is renegotiated with authentication late', () => {
    const peer = opened();
    expect(peer.up?.authentication).toBe('none');
    peer.send(PROTOCOL_LCP, 1, 0, [MAGIC, PAP]);
    expect(peer.session.isUp).toBe(false);
    const { id, data } = peer.last(PROTOCOL_LCP, 1);
    peer.send(PROTOCOL_LCP, 2, id, data);
    peer.send(PROTOCOL_PAP, 2, peer.last(PROTOCOL_PAP, 1).id);
    peer.openIpcp();
    expect(peer.session.isUp).toBe(true);
    expect(peer.up?.authentication).toBe('PAP');
  });
});

describe('no PPP at the other end', () => {
  it('shows the text of a login that ignores us', () => {
    const peer = new ScriptedPeer().connect();
    peer.type('\r\nWelcome to Practice Net\r\n\r\nlogin: ');
    peer.wait(40_000);
    expect(peer.down).toMatchObject({ reason: 'no-ppp' });
    expect(peer.down?.detail).toContain('Welcome to Practice Net login:');
    expect(peer.count(PROTOCOL_LCP, 1)).toBe(5);
  });

  it('says so when there is nothing at all', () => {
    expect(new ScriptedPeer().connect().wait(60_000).down).toMatchObject({
      reason: 'no-ppp',
      detail: 'Nothing at all was received.',
    });
  });

  /** Whatever we send comes back. */
  const echoing = (change: (frame: Uint8Array) => Uint8Array = (frame) => frame): ScriptedPeer => {
    const peer = new ScriptedPeer();
    peer.connect();
    let seen = 0;
    for (let turn = 0; turn < 200 && peer.down === undefined; turn++) {
      if (seen === peer.raw.length) peer.wait(1_000);
      for (; seen < peer.raw.length; seen++)
        peer.session.receive(change(peer.raw[seen] as Uint8Array), peer.now);
    }
    return peer;
  };

  it('knows its own words come back: a looped line', () => {
    const peer = echoing();
    expect(peer.down).toMatchObject({ reason: 'looped' });
    expect(peer.now).toBeLessThan(10_000);
  });

  it('knows an echoing login from a looped line by its text', () => {
    const peer = echoing((frame) => Uint8Array.from([...Buffer.from('\r\nlogin: '), ...frame]));
    expect(peer.down).toMatchObject({ reason: 'no-ppp' });
    expect(peer.down?.detail).toContain('login:');
  });

  it('knows a line that keeps only seven bits', () => {
    const peer = echoing((frame) => frame.map((byte) => byte & 0x7f));
    expect(peer.down).toMatchObject({ reason: 'no-ppp' });
    expect(peer.down?.detail).toContain('7 bits');
  });

  it('comes up after a banner and garbage all the same', () => {
    const peer = new ScriptedPeer().connect();
    peer.type('Slirp v1.0.17\r\n~~~}}}\x00\xff~');
    peer.openLcp([MAGIC]).openIpcp();
    expect(peer.session.isUp).toBe(true);
  });
});

describe('timing', () => {
  it('keeps the identifier of a repeated request, so that a slow answer still fits', () => {
    const peer = new ScriptedPeer().connect();
    const first = peer.last(PROTOCOL_LCP, 1);
    peer.wait(3_100);
    expect(peer.count(PROTOCOL_LCP, 1)).toBe(2);
    expect(peer.last(PROTOCOL_LCP, 1).id).toBe(first.id);
    peer.send(PROTOCOL_LCP, 2, first.id, first.data);
    peer.send(PROTOCOL_LCP, 1, 1, [MAGIC]);
    expect(peer.count(PROTOCOL_IPCP, 1)).toBe(1);
  });

  it('waits longer on a slow line, and longer than any answer took', () => {
    const slow = new ScriptedPeer({ lineRate: 9600 }).connect().wait(5_900);
    expect(slow.count(PROTOCOL_LCP, 1)).toBe(1);
    const far = new ScriptedPeer().connect().wait(2_900).openLcp([MAGIC]).wait(5_700);
    expect(far.count(PROTOCOL_IPCP, 1)).toBe(1);
  });

  it('repeats its lost request at once when a late peer begins to speak', () => {
    const peer = new ScriptedPeer().connect().wait(1_500);
    peer.send(PROTOCOL_LCP, 1, 1, [MAGIC]);
    expect(peer.count(PROTOCOL_LCP, 1)).toBe(2);
    expect(peer.said.map(({ code }) => code)).toEqual([1, 1, 2]);
  });

  it('does not tear down an open link for a request it has just acknowledged', () => {
    const peer = opened();
    peer.send(PROTOCOL_IPCP, 1, 78, [option(3, 10, 1, 2, 1)]);
    expect(peer.session.isUp).toBe(true);
    expect(peer.count(PROTOCOL_IPCP, 2)).toBe(2);
  });

  it('does not take a second copy of an Ack for a new negotiation', () => {
    const peer = opened();
    for (const protocol of [PROTOCOL_LCP, PROTOCOL_IPCP]) {
      const { id, data } = peer.last(protocol, 1);
      peer.send(protocol, 2, id, data);
    }
    expect(peer.session.isUp).toBe(true);
    expect(peer.count(PROTOCOL_LCP, 1)).toBe(1);
  });

  it('drops characters the line puts in again once LCP is negotiated anew', () => {
    const peer = opened();
    peer.send(PROTOCOL_LCP, 1, 5, [option(5, 1, 1, 1, 1)]);
    const frame = peer.encoder.encode(PROTOCOL_LCP, buildPacket(9, 6, MAGIC.data), 0, 8, true, true).slice();
    const { id, data } = peer.last(PROTOCOL_LCP, 1);
    const ack = peer.encoder
      .encode(PROTOCOL_LCP, buildPacket(2, id, data), 0, data.length + 4, true, true)
      .slice();
    peer.session.receive(Uint8Array.of(...ack.subarray(0, 9), 0x11, ...ack.subarray(9)), peer.now);
    peer.session.receive(frame, peer.now);
    expect(peer.count(PROTOCOL_LCP, 10)).toBe(1);
  });

  it('ignores an Ack for another request, or of other content', () => {
    const peer = new ScriptedPeer().connect();
    const { id, data } = peer.last(PROTOCOL_LCP, 1);
    peer.send(PROTOCOL_LCP, 2, id + 1, data);
    peer.send(PROTOCOL_LCP, 2, id, data.subarray(4));
    peer.send(PROTOCOL_LCP, 1, 1, [MAGIC]);
    expect(peer.count(PROTOCOL_IPCP, 1)).toBe(0);
  });
});

describe('an open link', () => {
  it('follows a peer that reboots and begins again from identifier 0', () => {
    const peer = opened().wait(60_000);
    peer.send(PROTOCOL_LCP, 1, 0, [option(5, 1, 1, 1, 1)]);
    const { id, data } = peer.last(PROTOCOL_LCP, 1);
    peer.send(PROTOCOL_LCP, 2, id, data);
    peer.openIpcp();
    expect(peer.session.isUp).toBe(true);
  });

  it('answers echoes with its own magic number and the same content', () => {
    const peer = opened();
    peer.send(PROTOCOL_LCP, 9, 42, Uint8Array.of(9, 9, 9, 9, 1, 2, 3));
    const reply = peer.last(PROTOCOL_LCP, 10);
    expect(reply.id).toBe(42);
    expect([...reply.data.subarray(4)]).toEqual([1, 2, 3]);
    expect([...reply.data.subarray(0, 4)]).toEqual([
      ...((parseOptions(peer.last(PROTOCOL_LCP, 1).data) ?? []).find(({ type }) => type === 5)?.data ?? []),
    ]);
  });

  it('asks for an echo only into silence', () => {
    const peer = opened();
    for (let second = 0; second < 300; second += 10) {
      peer.wait(10_000);
      peer.frame(PROTOCOL_IP, Uint8Array.of(0x45, 0, 0, 20, ...new Uint8Array(8), 1, 1, 1, 1, 10, 1, 2, 3));
    }
    expect(peer.count(PROTOCOL_LCP, 9)).toBe(1);
    expect(peer.packets).toHaveLength(30);
  });

  it('is dead after four misses of a peer that used to answer', () => {
    const peer = opened();
    peer.reply = ({ protocol, code, id }) => {
      if (protocol === PROTOCOL_LCP && code === 9 && peer.now < 100_000)
        peer.send(PROTOCOL_LCP, 10, id, Uint8Array.of(9, 9, 9, 9));
    };
    peer.wait(100_000);
    expect(peer.events.some((event) => event.type === 'echo')).toBe(true);
    expect(peer.down).toBeUndefined();
    peer.wait(100_000);
    expect(peer.down).toMatchObject({ reason: 'no-echo' });
    expect(peer.session.nextDeadline()).toBeNull();
  });

  it('does not hold silence against a peer that never answered an echo', () => {
    expect(opened().wait(3_600_000).down).toBeUndefined();
  });

  it('any frame clears the misses', () => {
    const peer = opened();
    let answering = true;
    peer.reply = ({ protocol, code, id }) => {
      if (protocol === PROTOCOL_LCP && code === 9 && answering)
        peer.send(PROTOCOL_LCP, 10, id, Uint8Array.of(9, 9, 9, 9));
    };
    peer.wait(5_000);
    answering = false;
    for (let i = 0; i < 20; i++) {
      peer.wait(55_000);
      peer.send(PROTOCOL_LCP, 11, i, Uint8Array.of(9, 9, 9, 9));
    }
    expect(peer.down).toBeUndefined();
  });

  it('tells who closed, with the words given', () => {
    const peer = opened();
    peer.send(PROTOCOL_LCP, 5, 9, Uint8Array.from(Buffer.from('idle limit')));
    peer.wait(5_000);
    expect(peer.count(PROTOCOL_LCP, 6)).toBe(1);
    expect(peer.down).toMatchObject({ reason: 'peer-closed', detail: 'idle limit' });
  });

  it('does not Code-Reject Identification and Time-Remaining, but what it does not know', () => {
    const peer = opened();
    for (const code of [11, 12, 13]) peer.send(PROTOCOL_LCP, code, 1, new Uint8Array(8));
    expect(peer.count(PROTOCOL_LCP, 7)).toBe(0);
    peer.send(PROTOCOL_LCP, 99, 1, new Uint8Array(8));
    expect(peer.last(PROTOCOL_LCP, 7).text).toBe('LCP Code-Reject id 2 <code 99>');
  });

  it('rejects IPV6CP, and CCP when Deflate is off', () => {
    const peer = opened();
    peer.send(0x8057, 1, 1);
    expect(peer.last(PROTOCOL_LCP, 8).text).toContain('<IPV6CP>');
    peer.send(PROTOCOL_CCP, 1, 1);
    expect(peer.last(PROTOCOL_LCP, 8).text).toContain('<CCP>');
    expect(peer.session.isUp).toBe(true);
  });

  it('rejects quality reports, the option and the protocol, and says nothing of IPV6CP before LCP is open', () => {
    const early = new ScriptedPeer().connect();
    early.send(0x8057, 1, 1);
    expect(early.count(PROTOCOL_LCP, 8)).toBe(0);
    early.send(PROTOCOL_LCP, 1, 1, [MAGIC, option(4, 0xc0, 0x25, 0, 0, 0, 100)]);
    expect(early.last(PROTOCOL_LCP, 4).text).toBe('LCP Configure-Reject id 1 <quality reports>');
    const peer = opened();
    peer.frame(
      0xc025,
      Uint8Array.from({ length: 48 }, (_, i) => i),
    );
    expect(peer.last(PROTOCOL_LCP, 8).text).toContain('<link quality report>');
    expect(peer.session.isUp).toBe(true);
  });

  it('rejects BSD-Compress beside Deflate, and takes Deflate by its old number', () => {
    const peer = opened({ deflate: true });
    peer.send(PROTOCOL_CCP, 1, 1, [option(24, 0x78, 0), option(21, 0x2f)]);
    expect(peer.last(PROTOCOL_CCP, 4).text).toBe('CCP Configure-Reject id 1 <BSD-Compress>');
    peer.send(PROTOCOL_CCP, 1, 2, [option(24, 0x78, 0)]);
    expect(peer.last(PROTOCOL_CCP, 2).id).toBe(2);
    peer.send(PROTOCOL_CCP, 4, peer.last(PROTOCOL_CCP, 1).id, [option(26, 0x78, 0)]);
    expect(peer.last(PROTOCOL_CCP, 1).text).toContain('Deflate (draft number) window 2^15');
  });

  it('does without CCP if the peer rejects it, and closes if it rejects IPCP', () => {
    const peer = opened({ deflate: true });
    peer.send(PROTOCOL_LCP, 8, 1, Uint8Array.of(0x80, 0xfd, ...buildPacket(1, 1, new Uint8Array(0))));
    expect(peer.session.isUp).toBe(true);
    peer.send(PROTOCOL_LCP, 8, 2, Uint8Array.of(0x80, 0x21, ...buildPacket(1, 1, new Uint8Array(0))));
    peer.wait(20_000);
    expect(peer.down).toMatchObject({
      reason: 'negotiation-failed',
      detail: 'the other side does not carry IP',
    });
  });

  it('accepts compressed headers it never negotiated', () => {
    const peer = opened();
    peer.encoder.addressControlCompression = true;
    peer.encoder.protocolCompression = true;
    const packet = Uint8Array.of(0x45, 0, 0, 20, ...new Uint8Array(8), 1, 1, 1, 1, 10, 1, 2, 3);
    peer.frame(PROTOCOL_IP, packet);
    expect(peer.packets).toEqual([packet]);
  });

  it('drops what is not LCP while LCP is not open, without a word', () => {
    const peer = new ScriptedPeer().connect();
    peer.send(PROTOCOL_IPCP, 1, 1);
    peer.send(PROTOCOL_PAP, 1, 1);
    expect(peer.said).toHaveLength(1);
  });

  it('sends LCP unabridged and fully escaped even when all compression was agreed', () => {
    const peer = new ScriptedPeer().connect().openLcp([MAGIC, option(2, 0, 0, 0, 0), option(7), option(8)]);
    peer.openIpcp().wait(1_100);
    expect([...(peer.raw.at(-1) as Uint8Array).subarray(0, 6)]).toEqual([0x7e, 0xff, 0x7d, 0x23, 0xc0, 0x21]);
  });
});

describe('reasons', () => {
  it('have a sentence, a cause and a remedy each', () => {
    const fault = closeReasonFault('wrong-password', 'Login incorrect');
    expect(fault).toMatchObject({ code: 'ppp-wrong-password', detail: 'Login incorrect' });
    expect([fault.sentence, fault.cause, fault.remedy].every((text) => text.length > 10)).toBe(true);
  });
});
