/**
 * The carrier drops in each of the ten states of RFC 1661's automaton, in both roles: nothing is left, nothing more is said,
 * and the next call works.
 */
import { describe, expect, it } from 'vitest';
import type { State } from './automaton.ts';
import { PROTOCOL_CCP, PROTOCOL_IPCP, PROTOCOL_LCP } from './packet.ts';
import { ScriptedPeer } from './testing/scripted-peer.ts';

const ADDRESS = { type: 3, data: Uint8Array.of(10, 1, 2, 3) };
const MAGIC = { type: 5, data: Uint8Array.of(1, 2, 3, 4) };

/** What a test may look at, and nobody else. */
interface Insides {
  nextDeadline(): number | null;
  advance(now: number): void;
  lcp: { state: State };
  net: Record<'ipcp' | 'ccp', { state: State }>;
}

interface Connected {
  peer: ScriptedPeer;
  role: 'client' | 'server';
  call: Insides;
}

function idle(role: 'client' | 'server'): ScriptedPeer {
  return role === 'server'
    ? new ScriptedPeer({ role, authentication: [], deflate: true, assign: () => '10.1.2.3' })
    : new ScriptedPeer({ deflate: true });
}

function connected(role: 'client' | 'server'): Connected {
  const peer = idle(role).connect();
  const { call } = peer.session as unknown as { call: Insides };
  return { peer, role, call };
}

const ack = (peer: ScriptedPeer, protocol: number) => {
  const request = peer.last(protocol, 1);
  peer.send(protocol, 2, request.id, request.data);
};

/** What brings LCP into each state but Initial, which it is in before the carrier. */
const LCP: Record<Exclude<State, 0>, (peer: ScriptedPeer) => void> = {
  1: (peer) => peer.session.lowerDown(peer.now),
  2: (peer) => {
    LCP[4](peer);
    peer.send(PROTOCOL_LCP, 6, peer.last(PROTOCOL_LCP, 5).id);
  },
  3: (peer) => void peer.wait(200_000),
  4: (peer) => {
    peer.openLcp([MAGIC]);
    peer.session.close(peer.now);
  },
  5: (peer) => {
    peer.openLcp([MAGIC]);
    peer.send(PROTOCOL_LCP, 5, 9);
  },
  6: () => {},
  7: (peer) => ack(peer, PROTOCOL_LCP),
  8: (peer) => peer.send(PROTOCOL_LCP, 1, 1, [MAGIC]),
  9: (peer) => void peer.openLcp([MAGIC]),
};

/** The same of IPCP or CCP once LCP is open, as far as a call gets there. */
const NETWORK: Partial<Record<State, (peer: ScriptedPeer, protocol: number) => void>> = {
  6: () => {},
  7: ack,
  8: (peer, protocol) => peer.send(protocol, 1, 1, protocol === PROTOCOL_CCP ? [] : [ADDRESS]),
  9: (peer, protocol) => {
    ack(peer, protocol);
    peer.send(protocol, 1, 1, protocol === PROTOCOL_CCP ? [] : [ADDRESS]);
  },
};

function expectNothingLeft({ peer, role, call }: Connected): void {
  peer.session.lowerDown(peer.now);
  const said = peer.raw.length;
  const told = peer.events.length;
  expect(peer.events.filter((event) => event.type === 'down')).toHaveLength(1);
  expect([peer.session.isUp, peer.session.nextDeadline(), call.nextDeadline()]).toEqual([false, null, null]);
  peer.send(PROTOCOL_LCP, 1, 5, [MAGIC]);
  peer.session.advance(peer.now + 1e9);
  call.advance(peer.now + 1e9);
  peer.session.close(peer.now);
  expect([peer.raw.length, peer.events.length]).toEqual([said, told]);
  peer.now += 1e6;
  peer.connect().openLcp([MAGIC]);
  if (role === 'client') peer.openIpcp();
  else {
    ack(peer, PROTOCOL_IPCP);
    peer.send(PROTOCOL_IPCP, 1, 1, [ADDRESS]);
  }
  expect(peer.session.isUp).toBe(true);
}

describe.each(['client', 'server'] as const)('a %s whose carrier drops', (role) => {
  it('before there was one has nothing to leave', () => {
    const peer = idle(role);
    peer.session.lowerDown(0);
    peer.session.close(0);
    peer.wait(1e6);
    expect([peer.events, peer.raw, peer.session.nextDeadline()]).toEqual([[], [], null]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9] as const)('with LCP in state %i leaves nothing', (state) => {
    const one = connected(role);
    LCP[state](one.peer);
    expect(one.call.lcp.state).toBe(state);
    expectNothingLeft(one);
    expect(one.call.lcp.state).toBeLessThanOrEqual(state <= 3 ? 3 : 1);
  });

  it.each(
    [PROTOCOL_IPCP, PROTOCOL_CCP].flatMap((protocol) =>
      ([6, 7, 8, 9] as const).map(
        (state) => [protocol === PROTOCOL_CCP ? 'CCP' : 'IPCP', state, protocol] as const,
      ),
    ),
  )('with %s in state %i leaves nothing', (name, state, protocol) => {
    const one = connected(role);
    one.peer.openLcp([MAGIC]);
    NETWORK[state]?.(one.peer, protocol);
    const which = name === 'CCP' ? 'ccp' : 'ipcp';
    // A client asks again for the address it was told: an Ack of 0.0.0.0 is no state to open in.
    const expected = role === 'client' && name === 'IPCP' && state === 9 ? [9, 4, 1] : [state];
    expect(expected).toContain(one.call.net[which].state);
    expectNothingLeft(one);
    expect(one.call.net[which].state).toBeLessThan(2);
  });
});
