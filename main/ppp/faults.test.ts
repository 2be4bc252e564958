/**
 * Bad lines: the carrier dropped at every moment, loss, delay and bit errors, and a thousand calls that leave nothing.
 */
import { describe, expect, it } from 'vitest';
import { type LineTerms, SimulatedLine, seeded } from './testing/simulated-line.ts';
import type { AuthMethod, PppClientConfig, PppServerConfig } from './types.ts';

const LOGINS: AuthMethod[][] = [[], ['pap'], ['chap-md5'], ['mschap-v2']];

function expectAtRest(line: SimulatedLine): void {
  for (const { session, down } of line.ends) {
    expect(down).toBeDefined();
    expect(session.nextDeadline()).toBeNull();
    expect(session.isUp).toBe(false);
  }
}

describe('the carrier drops', () => {
  it.each(LOGINS)('at any moment of a call with %j, and the next call works', (...authentication) => {
    const methods = authentication.filter((method) => method !== undefined);
    for (let at = 0; at < 900; at += 7) {
      const line = new SimulatedLine({ deflate: true }, { authentication: methods, deflate: true })
        .connect()
        .run(at);
      line.drop();
      expectAtRest(line);
      expect(['carrier-lost', 'wrong-password']).toContain(line.client.down?.reason);
      line.connect().runUntilUp();
      expect(line.client.session.isUp && line.server.session.isUp).toBe(true);
    }
  });

  it('while terminating, and the reason stays the first one', () => {
    for (let after = 0; after < 200; after += 10) {
      const line = new SimulatedLine().connect().runUntilUp();
      line.client.session.close(line.now);
      line.run(after);
      line.drop();
      expect(line.client.down?.reason).toBe('requested');
      expectAtRest(line);
    }
  });

  it('once: everything after the last word is silence', () => {
    const line = new SimulatedLine().connect().runUntilUp();
    line.drop();
    const events = line.client.events.length;
    line.client.session.receive(Uint8Array.of(0x7e, 0xff, 0x7d, 0x23, 0x7e), line.now);
    line.client.session.advance(line.now + 1e6);
    line.client.session.lowerDown(line.now);
    line.client.session.close(line.now);
    expect(line.client.events).toHaveLength(events);
  });
});

describe('cancelled', () => {
  it('at any moment, both ends come to rest and the caller hears why', () => {
    for (let at = 0; at < 900; at += 13) {
      const line = new SimulatedLine().connect().run(at);
      line.client.session.close(line.now);
      line.run(15_000);
      expect(line.client.down?.reason).toBe('requested');
      expect(line.client.session.nextDeadline()).toBeNull();
      line.drop();
      expectAtRest(line);
    }
  });
});

describe('delay', () => {
  it.each([1, 300, 1_100, 2_000, 4_000])('of %i ms each way still converges', (delay) => {
    const line = new SimulatedLine({}, {}, { delay }).connect().runUntilUp(200_000);
    expect(line.client.session.isUp && line.server.session.isUp).toBe(true);
    line.run(60_000);
    expect(line.client.session.isUp && line.server.session.isUp).toBe(true);
  });
});

describe('loss and errors', () => {
  it.each([0.1, 0.2, 0.3])('with %f of all frames lost, nearly every call comes up and stays up', (loss) => {
    let up = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const line = new SimulatedLine({}, { authentication: LOGINS[seed % 4] ?? [] }, { loss, seed });
      line.connect().runUntilUp(200_000);
      if (line.client.session.isUp && line.server.session.isUp) up++;
      else expect(line.client.down ?? line.server.down).toBeDefined();
    }
    expect(up).toBeGreaterThan(loss < 0.3 ? 57 : 50);
  });
});

describe('a thousand calls with random faults', () => {
  it('leave no deadline behind, and each ends with a reason', () => {
    const random = seeded(42);
    const reasons = new Map<string, number>();
    for (let call = 0; call < 1_000; call++) {
      const terms: Partial<LineTerms> = {
        seed: call,
        delay: random() * 500,
        loss: random() < 0.5 ? 0 : random() * 0.4,
        bitErrors: random() < 0.5 ? 0 : random() * 0.01,
      };
      const client: Partial<PppClientConfig> = { deflate: random() < 0.5, vj: random() < 0.5 };
      if (random() < 0.1) client.password = 'wrong';
      const server: Partial<PppServerConfig> = {
        authentication: LOGINS[call % 4] ?? [],
        deflate: random() < 0.5,
        ...(random() < 0.05 ? { assign: () => null } : {}),
      };
      const line = new SimulatedLine(client, server, terms).connect().run(random() * 20_000);
      const way = random();
      if (way < 0.3) line.drop();
      else {
        (way < 0.6 ? line.client : line.server).session.close(line.now);
        line.run(40_000);
        line.drop();
      }
      expectAtRest(line);
      const reason = line.client.down?.reason ?? 'none';
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    expect([...reasons.keys()].sort()).toEqual(
      expect.arrayContaining(['carrier-lost', 'peer-closed', 'requested', 'wrong-password']),
    );
    expect(reasons.has('none')).toBe(false);
  });
});
