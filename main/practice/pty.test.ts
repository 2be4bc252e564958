import { closeSync, constants, openSync, readdirSync, readSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Pty, type PtySink } from './pty.ts';

const until = async (what: () => boolean) => {
  for (let i = 0; i < 1_000 && !what(); i += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(what()).toBe(true);
};

function bench(readBytes?: number, more = () => true) {
  const log: string[] = [];
  let got = Buffer.alloc(0);
  const sink: PtySink = {
    data: (bytes) => {
      got = Buffer.concat([got, bytes]);
      return more();
    },
    opened: () => log.push('opened'),
    closed: () => log.push('closed'),
    drained: () => log.push('drained'),
  };
  const pty = new Pty(sink, readBytes);
  const open = () => openSync(pty.path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  return { pty, log, open, got: () => got };
}

const descriptors = () => readdirSync('/proc/self/fd').length;

describe('a pty', () => {
  it('is raw: every byte arrives as it was', async () => {
    const b = bench();
    const slave = b.open();
    await until(() => b.pty.isOpen);
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    writeSync(slave, all);
    await until(() => b.got().length === 256);
    expect(b.got().equals(all)).toBe(true);
    b.pty.write(all);
    const back = Buffer.alloc(512);
    expect(readSync(slave, back)).toBe(256);
    expect(back.subarray(0, 256).equals(all)).toBe(true);
    closeSync(slave);
    await b.pty.close();
  });

  it('is opened, hung up and opened again, and the next holder finds it clean', async () => {
    const b = bench();
    for (let round = 0; round < 3; round += 1) {
      const slave = b.open();
      await until(() => b.pty.isOpen);
      b.pty.write(Buffer.from('never read'));
      closeSync(slave);
      await until(() => !b.pty.isOpen);
      b.pty.write(Buffer.from('to nobody'));
    }
    expect(b.log).toEqual(['opened', 'closed', 'opened', 'closed', 'opened', 'closed']);
    const slave = b.open();
    expect(() => readSync(slave, Buffer.alloc(64))).toThrow('EAGAIN');
    writeSync(slave, 'hello');
    await until(() => b.got().toString() === 'hello');
    closeSync(slave);
    await b.pty.close();
  });

  it('reads no more than it may at once, stops when told, and sees a hang-up meanwhile', async () => {
    let go = false;
    const b = bench(100, () => go);
    const slave = b.open();
    await until(() => b.pty.isOpen);
    writeSync(slave, Buffer.alloc(1000, 65));
    await until(() => b.got().length > 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(b.got().length).toBe(100);
    go = true;
    b.pty.resume();
    await until(() => b.got().length === 1000);
    go = false;
    writeSync(slave, Buffer.alloc(1000, 66));
    await until(() => b.got().length === 1100);
    closeSync(slave);
    await until(() => !b.pty.isOpen);
    await b.pty.close();
  });

  it('keeps what the holder does not read yet, and says when it is gone', async () => {
    const b = bench();
    const slave = b.open();
    await until(() => b.pty.isOpen);
    const all = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
    b.pty.write(all);
    expect(b.pty.queued).toBeGreaterThan(50_000);
    let back = Buffer.alloc(0);
    await until(() => {
      try {
        const chunk = Buffer.alloc(8192);
        back = Buffer.concat([back, chunk.subarray(0, readSync(slave, chunk))]);
      } catch {
        // nothing at the moment
      }
      return back.length === all.length;
    });
    expect(back.equals(all)).toBe(true);
    await until(() => b.log.includes('drained'));
    closeSync(slave);
    await b.pty.close();
  });

  it('frees its descriptors', async () => {
    const warm = bench();
    await warm.pty.close();
    const before = descriptors();
    for (let i = 0; i < 20; i += 1) {
      const b = bench();
      if (i % 2 === 0) {
        const slave = b.open();
        await until(() => b.pty.isOpen);
        closeSync(slave);
        if (i % 4 === 0) await until(() => !b.pty.isOpen);
      }
      await b.pty.close();
      await b.pty.close();
    }
    expect(descriptors()).toBe(before);
  });
});
