/** Whose modem the terminal opens: one that waits for callers is lent to it, and given back however the terminal ends. */
import { describe, expect, it } from 'vitest';
import type { Fault } from '../contract.ts';
import { systemClock } from '../gateway-parts.ts';
import type { RawLine } from '../modem/raw-line.ts';
import type { ReadModel } from '../read-model.ts';
import { TerminalSide } from './terminal-side.ts';

const busy: Fault = { code: 'caller-on-modem', sentence: 'Somebody is on it.', cause: '', remedy: '' };
const gone: Fault = { code: 'port-gone', sentence: 'It is gone.', cause: '', remedy: '' };

function side(parts: { taken?: Fault; opens?: Fault }) {
  const told: string[] = [];
  const line = { onData: null, onClose: null, write() {}, close: async () => {} } as unknown as RawLine;
  const model = { state: { terminal: null }, set() {}, terminal() {}, log() {} } as unknown as ReadModel;
  const terminal = new TerminalSide({
    model,
    clock: systemClock,
    async takePort(path) {
      told.push(`take ${path}`);
      return parts.taken ?? null;
    },
    leavePort: (path) => told.push(`leave ${path}`),
    async openLine() {
      told.push('open');
      return parts.opens ? { ok: false, fault: parts.opens } : { ok: true, line };
    },
    hangUp: async () => {},
  });
  return { terminal, told };
}

describe('the port of a modem terminal', () => {
  it('is taken before it is opened and left when the terminal closes', async () => {
    const { terminal, told } = side({});
    expect(await terminal.open('/dev/ttyS0', 9600)).toMatchObject({ ok: true });
    expect(told).toEqual(['take /dev/ttyS0', 'open']);
    await terminal.close();
    expect(told).toEqual(['take /dev/ttyS0', 'open', 'leave /dev/ttyS0']);
  });

  it('is not opened while a caller is on it', async () => {
    const { terminal, told } = side({ taken: busy });
    expect(await terminal.open('/dev/ttyS0', 9600)).toEqual({ ok: false, fault: busy });
    expect(told).toEqual(['take /dev/ttyS0']);
  });

  it('is left when it cannot be opened', async () => {
    const { terminal, told } = side({ opens: gone });
    expect(await terminal.open('/dev/ttyS0', 9600)).toEqual({ ok: false, fault: gone });
    expect(told).toEqual(['take /dev/ttyS0', 'open', 'leave /dev/ttyS0']);
  });
});
