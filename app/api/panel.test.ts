import { describe, expect, it } from 'vitest';
import { panelAddress, type Reach, tokenFromHash } from './connection.ts';
import { type Line, openPanel } from './panel.ts';

/** A socket whose other end is this test. */
class Wire implements Line {
  sent: { type: string; [key: string]: unknown }[] = [];
  onopen: Line['onopen'] = null;
  onmessage: Line['onmessage'] = null;
  onclose: Line['onclose'] = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {}
  open(): void {
    this.onopen?.({} as Event);
    this.say({ type: 'welcome' });
  }
  say(message: unknown): void {
    this.onmessage?.({
      data: typeof message === 'string' ? message : JSON.stringify(message),
    } as MessageEvent);
  }
  drop(code = 1006): void {
    this.onclose?.({ code } as CloseEvent);
  }
}

function setUp(token: string | null = 'secret-key') {
  const wires: Wire[] = [];
  const pauses: number[] = [];
  const reaches: Reach[] = [];
  let again = () => {};
  const connection = openPanel({
    address: 'ws://x/ws',
    token,
    open: () => {
      const wire = new Wire();
      wires.push(wire);
      return wire;
    },
    later: (run, milliseconds) => {
      pauses.push(milliseconds);
      again = run;
    },
  });
  connection.onReach((reach) => reaches.push(reach));
  const wire = () => wires.at(-1) as Wire;
  return { connection, wires, pauses, reaches, wire, again: () => again() };
}

describe('the panel’s connection', () => {
  it('says hello with the key and is open once welcomed', () => {
    const { wire, reaches } = setUp();
    wire().open();
    expect(wire().sent).toEqual([{ type: 'hello', token: 'secret-key' }]);
    expect(reaches).toEqual(['connecting', 'open']);
  });

  it('gives each call its own outcome, in whatever order they come', async () => {
    const { wire, connection } = setUp();
    wire().open();
    const first = connection.api.call('dial', {});
    const second = connection.api.call('hangUp', { now: true });
    expect(wire().sent.slice(1)).toEqual([
      { type: 'call', id: 1, name: 'dial', argument: {} },
      { type: 'call', id: 2, name: 'hangUp', argument: { now: true } },
    ]);
    const fault = { code: 'c', sentence: 's', cause: '', remedy: '' };
    wire().say({ type: 'outcome', id: 2, outcome: { ok: false, fault } });
    wire().say({ type: 'outcome', id: 1, outcome: { ok: true, value: {} } });
    expect(await first).toEqual({ ok: true, value: {} });
    expect(await second).toEqual({ ok: false, fault });
  });

  it('answers what is under way with a fault when it is lost, and tries again with longer pauses', async () => {
    const { wire, connection, pauses, reaches, again, wires } = setUp();
    wire().open();
    const call = connection.api.call('dial', {});
    wire().drop();
    expect(await call).toMatchObject({ ok: false, fault: { code: 'gateway-lost' } });
    expect(await connection.api.call('dial', {})).toMatchObject({ ok: false });
    for (let i = 0; i < 6; i++) {
      again();
      wire().drop();
    }
    expect(pauses[0]).toBe(500);
    expect(Math.max(...pauses)).toBe(3000);
    again();
    wire().open();
    expect(reaches).toEqual(['connecting', 'open', 'lost', 'open']);
    wire().drop();
    expect(pauses.at(-1)).toBe(500);
    expect(wires).toHaveLength(8);
  });

  it.each([1008, 4401])('gives up when refused with %d', (code) => {
    const { wire, reaches, pauses } = setUp();
    wire().drop(code);
    expect(reaches.at(-1)).toBe('refused');
    expect(pauses).toEqual([]);
  });

  it('does not even try without a key', () => {
    const { wires, reaches } = setUp(null);
    expect([wires.length, reaches]).toEqual([0, ['refused']]);
  });

  it('passes events on until the listener is removed, and survives nonsense', () => {
    const { wire, connection } = setUp();
    const seen: unknown[] = [];
    const remove = connection.api.onState((event) => seen.push(event));
    connection.api.onMeter((event) => seen.push(event));
    wire().open();
    for (const bad of [
      '{',
      'null',
      '[]',
      '{"type":"state"}',
      '{"type":"outcome","id":77,"outcome":{}}',
      '{"type":"x"}',
    ]) {
      wire().say(bad);
    }
    wire().say({ type: 'state', event: { seq: 1 } });
    wire().say({ type: 'meter', event: { at: 5 } });
    remove();
    wire().say({ type: 'state', event: { seq: 2 } });
    expect(seen).toEqual([{ seq: 1 }, { at: 5 }]);
  });
});

it('finds the key in the address', () => {
  expect(tokenFromHash('#token=abcdef_12')).toBe('abcdef_12');
  expect(tokenFromHash('#abcdef_12')).toBe('abcdef_12');
  expect(tokenFromHash('')).toBeNull();
  expect(tokenFromHash('#<script>alert(1)</script>')).toBeNull();
  expect(panelAddress({ protocol: 'http:', host: '127.0.0.1:80' })).toBe('ws://127.0.0.1:80/ws');
});
