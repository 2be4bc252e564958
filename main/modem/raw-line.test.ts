import { expect, it } from 'vitest';
import { openRawLine } from './raw-line.ts';
import { FakeModem, type FakeModemTraits } from './testing/fake-modem.ts';
import { SimClock } from './testing/sim-clock.ts';

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

async function opened(traits: Partial<FakeModemTraits> = {}) {
  const clock = new SimClock();
  const fake = new FakeModem(clock, traits);
  const result = await openRawLine('/dev/ttyFAKE', 115_200, async () => ({ ok: true, line: fake }), clock);
  if (!result.ok) throw new Error(result.fault.code);
  let heard = '';
  result.line.onData = (data) => {
    heard += String.fromCharCode(...data);
  };
  return { clock, fake, line: result.line, heard: () => heard };
}

it('passes characters both ways, and closes at once when no call was made', async () => {
  const { clock, fake, line, heard } = await opened();
  line.write(bytes('ATI\r'));
  await clock.run(clock.sleep(100));
  expect(heard()).toContain('OK');
  const before = clock.now();
  await clock.run(line.close());
  expect(fake.closed).toBe(true);
  expect(clock.now()).toBe(before);
});

it.each([
  ['a port with DTR', {}],
  ['a port without modem lines, by the escape sequence', { lines: false }],
])('leaves no call behind that was dialled by hand: %s', async (_, traits) => {
  const { clock, fake, line } = await opened({ ...traits, dialTime: 100 });
  line.write(bytes('ATdt555'));
  line.write(bytes('0100\r'));
  await clock.run(clock.sleep(2_000));
  expect(fake.offHook).toBe(true);
  await clock.run(line.close());
  expect(fake.offHook).toBe(false);
  expect(fake.closed).toBe(true);
});
