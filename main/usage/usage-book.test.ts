import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NEW_PROVIDER, type Provider } from '../contract.ts';
import { HandClock } from '../gateway.test-parts.ts';
import { nearestLimit } from './limits.ts';
import { UsageBook } from './usage-book.ts';
import { NEW_TARIFF, type UsageNow } from './usage-schema.ts';
import { UsageStore } from './usage-store.ts';

const provider: Provider = {
  ...NEW_PROVIDER,
  id: 'home',
  name: 'Home',
  numbers: ['555-0100'],
  user: 'me',
  tariff: { ...NEW_TARIFF, price: 0.06, setUp: 0.1 },
};

async function book(directory = mkdtempSync(join(tmpdir(), 'masq-usage-')), clock = new HandClock()) {
  // At once, because the clock does not wait for a disk.
  const write = async (path: string, text: string) => writeFileSync(path, text);
  const { store, fault } = await UsageStore.open({ directory, now: () => clock.now(), write });
  const told: unknown[] = [];
  return {
    directory,
    clock,
    fault,
    told,
    book: new UsageBook({ store, clock, tellUnsaved: (fault) => told.push(fault) }),
  };
}

describe('the usage book', () => {
  it('counts a call and its month while it is up, and keeps both', async () => {
    const { book: usage, clock, directory } = await book();
    const bytes = { bytesUp: 0, bytesDown: 0 };
    const seen: UsageNow[] = [];
    const call = usage.begin(
      provider,
      '555-0100',
      () => bytes,
      (now) => seen.push(now),
    );
    expect(seen.at(-1)?.cost).toBe(160_000);
    bytes.bytesDown = 5_000;
    await clock.advance(61_000);
    expect(seen.at(-1)).toMatchObject({ cost: 220_000, month: { seconds: 61, bytes: 5_000, cost: 220_000 } });
    bytes.bytesUp = 300;
    call.end();
    await clock.advance(120_000);
    const again = (await book(directory, clock)).book;
    expect(again.report()).toMatchObject({
      totals: [{ calls: 1, seconds: 61, bytesUp: 300, bytesDown: 5_000, cost: 220_000, currency: '€' }],
      calls: [{ provider: 'Home', number: '555-0100', seconds: 61, cost: 220_000 }],
    });
  });

  it('knows a call from its first moment', async () => {
    const first = await book();
    first.book.begin(
      provider,
      '1',
      () => ({ bytesUp: 0, bytesDown: 0 }),
      () => {},
    );
    await first.book.close();
    const again = await book(first.directory, first.clock);
    expect(again.book.report()).toMatchObject({ totals: [{ calls: 1, cost: 160_000 }] });
  });

  it('loses less than a minute of a call to a crash, and counts it once', async () => {
    const first = await book();
    first.book.begin(
      provider,
      '1',
      () => ({ bytesUp: 7, bytesDown: 8 }),
      () => {},
    );
    await first.clock.advance(119_000);
    // The process is gone here.
    const second = await book(first.directory, first.clock);
    const { calls, totals } = second.book.report();
    expect(calls).toHaveLength(1);
    expect(calls[0]?.seconds).toBeGreaterThan(59);
    expect(totals).toMatchObject([{ calls: 1, seconds: calls[0]?.seconds, bytesUp: 7, bytesDown: 8 }]);
    const third = await book(first.directory, first.clock);
    expect(third.book.report()).toEqual(second.book.report());
  });

  it('does not count twice what was written to both files before a crash', async () => {
    const { book: usage, clock, directory } = await book();
    const call = usage.begin(
      provider,
      '1',
      () => ({ bytesUp: 0, bytesDown: 0 }),
      () => {},
    );
    await clock.advance(40_000);
    const now = readFileSync(join(directory, 'usage-now.json'), 'utf8');
    call.end();
    await usage.close();
    writeFileSync(join(directory, 'usage-now.json'), now);
    expect((await book(directory, clock)).book.report()).toMatchObject({
      totals: [{ calls: 1, seconds: 40 }],
      calls: [{ seconds: 40 }],
    });
  });

  it('a call over the end of a month counts for both', async () => {
    const clock = new HandClock();
    const end = new Date(clock.now());
    const midnight = new Date(end.getFullYear(), end.getMonth() + 1, 1).getTime();
    await clock.advance(midnight - clock.now() - 30_000);
    const { book: usage } = await book(undefined, clock);
    const before = usage.report().month;
    const call = usage.begin(
      provider,
      '1',
      () => ({ bytesUp: 0, bytesDown: 0 }),
      () => {},
    );
    await clock.advance(100_000);
    call.end();
    await usage.close();
    expect(usage.report(before)).toMatchObject({
      totals: [{ calls: 1, seconds: 29 }],
      calls: [{ seconds: 100 }],
    });
    const after = usage.report();
    expect(after.months).toEqual([after.month, before]);
    expect(after).toMatchObject({ totals: [{ calls: 0, seconds: 71 }], calls: [] });
    const cost = [...usage.report(before).totals, ...after.totals].reduce(
      (sum, total) => sum + (total.cost ?? 0),
      0,
    );
    expect(cost).toBe(220_000);
  });

  it('a clock that is set during a call adds nothing to the bill', async () => {
    const clock = new HandClock();
    const { book: usage } = await book(undefined, clock);
    let shift = 0;
    const real = clock.now.bind(clock);
    clock.now = () => real() + shift;
    const call = usage.begin(
      provider,
      '1',
      () => ({ bytesUp: 0, bytesDown: 0 }),
      () => {},
    );
    await clock.advance(10_000);
    shift = 30 * 365 * 86_400_000;
    await clock.advance(10_000);
    shift = -86_400_000;
    await clock.advance(10_000);
    expect(call.now().cost).toBeLessThanOrEqual(100_000 + 2 * 60_000);
    call.end();
    await usage.close();
  });

  it('a damaged record is kept aside and told', async () => {
    const { directory, clock } = await book();
    writeFileSync(join(directory, 'usage.json'), '{"version":1,"months":[{"month":"2026-13"}],"calls":[]}');
    const again = await book(directory, clock);
    expect(again.fault).toMatchObject({ code: 'usage-broken' });
    expect(again.book.report().totals).toEqual([]);
  });

  it('a record that cannot be read is kept aside too, never written over', async () => {
    const { directory, clock } = await book();
    mkdirSync(join(directory, 'usage.json'));
    const again = await book(directory, clock);
    expect(again.fault).toMatchObject({ code: 'usage-broken' });
    expect(readdirSync(directory).filter((name) => name.startsWith('usage.json.broken-'))).toHaveLength(1);
  });

  it('says when it cannot write', async () => {
    const clock = new HandClock();
    const { store } = await UsageStore.open({
      directory: mkdtempSync(join(tmpdir(), 'masq-usage-')),
      now: () => clock.now(),
      write: () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })),
    });
    const told: unknown[] = [];
    const usage = new UsageBook({ store, clock, tellUnsaved: (fault) => told.push(fault) });
    const call = usage.begin(
      provider,
      '1',
      () => ({ bytesUp: 0, bytesDown: 0 }),
      () => {},
    );
    call.end();
    await usage.close();
    expect(told).toMatchObject([{ code: 'usage-not-saved', cause: 'The disk is full.' }, {}, {}]);
    expect(usage.report().totals).toMatchObject([{ calls: 1 }]);
  });
});

it('the nearest limit is the one of which most is used', () => {
  const month = { seconds: 600, bytes: 9_000_000, cost: 1_000_000 };
  const none = { minutes: 0, megabytes: 0, money: 0, atLimit: 'ask' as const };
  expect(nearestLimit(none, month)).toBeNull();
  expect(nearestLimit({ ...none, minutes: 20 }, month)).toEqual({ of: 'minutes', used: 0.5 });
  expect(nearestLimit({ ...none, minutes: 20, megabytes: 10, money: 4 }, month)).toEqual({
    of: 'megabytes',
    used: 0.9,
  });
  expect(nearestLimit({ ...none, money: 4 }, { ...month, cost: null })).toBeNull();
});
