import {
  chmodSync,
  chownSync,
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Line } from './line.ts';
import { Modem } from './modem.ts';
import { deniedPort } from './port-faults.ts';
import { openSerialLine } from './serial-line.ts';
import { makeExclusive, openPty, type Pty } from './testing/pty.ts';

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;
const open: Line[] = [];
const ptys: Pty[] = [];

function pty(): Pty {
  const made = openPty();
  ptys.push(made);
  return made;
}

async function lineOn(path: string): Promise<Line> {
  const opened = await openSerialLine(path, 115_200);
  if (!opened.ok) throw new Error(opened.fault.sentence);
  open.push(opened.line);
  return opened.line;
}

async function faultOn(path: string) {
  const opened = await openSerialLine(path, 115_200);
  if (opened.ok) {
    await opened.line.close();
    throw new Error('it opened');
  }
  return opened.fault;
}

afterEach(async () => {
  for (const line of open.splice(0)) await line.close();
  for (const made of ptys.splice(0)) await made.unplug();
});

describe('a serial line over a real pty', () => {
  it('carries every byte both ways, in order', async () => {
    const peer = pty();
    const line = await lineOn(peer.path);
    const all = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7) & 0xff);
    const got: number[] = [];
    line.onData = (bytes) => got.push(...bytes);
    const copy = all.slice();
    for (let i = 0; i < copy.length; i += 1500) line.write(copy.subarray(i, i + 1500));
    copy.fill(0);
    peer.write(all);
    await vi.waitFor(() => expect(peer.received.length).toBe(all.length), 5000);
    await vi.waitFor(() => expect(got.length).toBe(all.length), 5000);
    expect(Buffer.from(peer.received).equals(all)).toBe(true);
    expect(Buffer.from(got).equals(all)).toBe(true);
    expect(line.pendingBytes).toBe(0);
  });

  it('has no modem lines, and says so without failing', async () => {
    const line = await lineOn(pty().path);
    let closed = 0;
    line.onClose = () => closed++;
    expect(await line.signals()).toBeNull();
    expect(await line.setDtr(false)).toBe(false);
    expect(await line.setRate(9600)).toBe(true);
    expect(await line.setRate(12_345)).toBe(true);
    expect(closed).toBe(0);
  });

  it('counts what a stalled peer does not take, and closes all the same', async () => {
    const peer = pty();
    const line = await lineOn(peer.path);
    const ends: string[] = [];
    line.onClose = (cause) => ends.push(cause);
    peer.stall(true);
    line.write(new Uint8Array(300_000));
    await pause(100);
    expect(line.pendingBytes).toBeGreaterThan(100_000);
    const before = line.pendingBytes;
    line.write(new Uint8Array(10));
    expect(line.pendingBytes).toBe(before + 10);
    await Promise.all([line.close(), line.close()]);
    await line.close();
    await pause(20);
    expect(ends).toEqual(['closed']);
    line.write(Uint8Array.of(1));
    expect(line.pendingBytes).toBe(0);
  });

  it('discards what is not sent yet, and goes on', async () => {
    const peer = pty();
    const line = await lineOn(peer.path);
    peer.stall(true);
    line.write(new Uint8Array(200_000));
    await pause(50);
    await line.discardOutput?.();
    peer.stall(false);
    await vi.waitFor(() => expect(line.pendingBytes).toBe(0), 5000);
    const before = peer.received.length;
    expect(before).toBeLessThan(100_000);
    line.write(Uint8Array.of(42));
    await vi.waitFor(() => expect(peer.received.at(-1)).toBe(42), 5000);
  });

  it.each([
    ['idle', () => undefined],
    ['with a write under way', (line: Line) => line.write(new Uint8Array(100_000))],
    ['and then written to', (line: Line) => setTimeout(() => line.write(Uint8Array.of(1)), 5)],
  ])('notices the device vanish, exactly once, %s', async (_name, act) => {
    const peer = pty();
    const line = await lineOn(peer.path);
    const ends: string[] = [];
    line.onClose = (cause) => ends.push(cause);
    peer.stall(true);
    act(line);
    await pause(20);
    await peer.unplug();
    await vi.waitFor(() => expect(ends).toEqual(['unplugged']), 5000);
    await pause(50);
    await line.close();
    expect(ends).toEqual(['unplugged']);
  });

  it('notices it vanish while bytes flow, within two seconds, and reads no more', async () => {
    for (let i = 0; i < 5; i++) {
      const peer = pty();
      const line = await lineOn(peer.path);
      const ends: string[] = [];
      line.onClose = (cause) => ends.push(cause);
      const gone = new Promise<void>((resolve) => {
        line.onData = () => resolve(peer.unplug());
      });
      peer.write(new Uint8Array(3000));
      await gone;
      await vi.waitFor(() => expect(ends).toEqual(['unplugged']), 2000);
    }
    await pause(20);
    const before = process.cpuUsage();
    await pause(200);
    // Reading an end of file for ever takes more than half a processor.
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(100);
  });

  it('opens and closes a hundred times without holding anything', async () => {
    const peer = pty();
    // The pty's own slave kept open: without it each close would hang the master up.
    const keep = openSync(peer.path, 'r+');
    for (let i = 0; i < 100; i++) await (await lineOn(peer.path)).close();
    closeSync(keep);
    expect(process.getActiveResourcesInfo().filter((name) => name === 'FSReqCallback').length).toBe(0);
  });
});

describe('a port that cannot be opened', () => {
  it('a missing one', async () => {
    expect((await faultOn('/dev/ttyNotThere7')).code).toBe('port-missing');
    expect((await faultOn('/dev/null/ttyS0')).code).toBe('port-missing');
  });

  it.each([
    ['a folder', '/dev'],
    ['another device', '/dev/null'],
    ['a console', '/dev/tty1'],
    ['a console', '/dev/console'],
  ])('%s (%s)', async (_name, path) => {
    expect((await faultOn(path)).code).toMatch(/^port-(?:not-serial|missing|denied)$/);
  });

  it('a file, and a dead link', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'masq-modem-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'file'), 'x');
    symlinkSync(join(folder, 'gone'), join(folder, 'link'));
    expect((await faultOn(join(folder, 'file'))).code).toBe('port-not-serial');
    expect((await faultOn(join(folder, 'link'))).code).toBe('port-missing');
  });

  it('one in use names the program that has it', async () => {
    const peer = pty();
    await lineOn(peer.path);
    const fault = await faultOn(peer.path);
    expect(fault.code).toBe('port-busy');
    expect(fault.cause).toContain(`process ${process.pid}`);
  });

  it.runIf(isRoot)('a forbidden one names the group and the command', async () => {
    const peer = pty();
    chmodSync(peer.path, 0o660);
    chownSync(peer.path, 0, 20);
    process.seteuid?.(NOBODY);
    try {
      const fault = await faultOn(peer.path);
      expect(fault).toMatchObject({
        code: 'port-denied',
        sentence: `You are not allowed to use ${peer.path}.`,
      });
      expect(fault.remedy).toMatch(/^Run: sudo usermod -aG dialout \S+ /);
    } finally {
      process.seteuid?.(0);
    }
  });

  it.runIf(isRoot)('one held by the kernel for another program (TIOCEXCL) is busy', async () => {
    const peer = pty();
    chmodSync(peer.path, 0o666);
    const held = openSync(peer.path, 'r+');
    makeExclusive(held);
    process.seteuid?.(NOBODY);
    try {
      expect((await faultOn(peer.path)).code).toBe('port-busy');
    } finally {
      process.seteuid?.(0);
      closeSync(held);
    }
  });

  it('the remedy fits: no group, or a group joined after login', () => {
    expect(deniedPort('/dev/ttyS0', { group: null, user: 'ann', joinedLater: false }).remedy).toContain(
      'setfacl',
    );
    expect(deniedPort('/dev/ttyS0', { group: 'uucp', user: 'ann', joinedLater: true }).remedy).toBe(
      'Log out and in again.',
    );
  });
});

describe('a whole call over a real pty', () => {
  /** The least a modem must do; escape and guard times in real time. */
  function modemOn(peer: Pty) {
    const state = { inData: false, buffer: '', commands: [] as string[] };
    peer.onData = (bytes) => {
      const text = bytes.toString('latin1');
      if (state.inData) {
        if (text === '+++') {
          state.inData = false;
          setTimeout(() => peer.write('\r\nOK\r\n'), 1000);
        }
        return;
      }
      state.buffer += text;
      for (let end = state.buffer.indexOf('\r'); end !== -1; end = state.buffer.indexOf('\r')) {
        const command = state.buffer.slice(0, end);
        state.buffer = state.buffer.slice(end + 1);
        if (!command.startsWith('AT')) continue;
        state.commands.push(command);
        if (command.startsWith('ATD')) {
          state.inData = true;
          peer.write('\r\nCONNECT 28800/ARQ\r\n~\xff}#~');
        } else peer.write('\r\nOK\r\n');
      }
    };
    return state;
  }

  it('finds, dials, carries data, hangs up by escape, dials again, is lost by NO CARRIER and by unplugging', async () => {
    const peer = pty();
    const state = modemOn(peer);
    const signal = new AbortController().signal;
    const onProgress = () => undefined;
    const opened = await Modem.open(peer.path, 115_200, signal, onProgress);
    if (!opened.ok) throw new Error(opened.fault.sentence);
    const { modem } = opened;
    const dial = async () => {
      const dialled = await modem.dial({ number: '5550100', blindDial: false, init: [], signal, onProgress });
      if (!dialled.ok) throw new Error(dialled.fault.sentence);
      return dialled.call;
    };
    const call = await dial();
    expect(call).toMatchObject({ carrierRate: 28_800, errorCorrected: true });
    const got: number[] = [];
    call.onData = (bytes) => got.push(...bytes);
    expect(got).toEqual([0x7e, 0xff, 0x7d, 0x23, 0x7e]);
    await call.hangUp();
    expect(state.inData).toBe(false);
    expect(state.commands.at(-1)).toBe('ATH');

    const second = await dial();
    const lost: string[] = [];
    second.onLost = (cause) => lost.push(cause);
    state.inData = false;
    peer.write('\r\nNO CARRIER\r\n');
    await vi.waitFor(() => expect(lost).toEqual(['carrier']), 2000);
    // In command mode already: dialling again ends the old call first.
    const third = await dial();
    third.onLost = (cause) => lost.push(cause);
    await peer.unplug();
    await vi.waitFor(() => expect(lost).toEqual(['carrier', 'unplugged']), 2000);
    await modem.close();
  });
});
