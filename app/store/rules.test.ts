// Ports, triggers and what comes of them.
import { describe, expect, it } from 'vitest';
import { settingsSchema } from '../../main/contract.ts';
import { readRanges } from './port-list.ts';
import { checkTriggers, describeRange, emptyTrigger, TRIGGERING } from './trigger-draft.ts';

describe('ports', () => {
  it.each([
    [
      'udp 2300-2400, tcp:47624',
      [
        ['udp', 2300, 2400],
        ['tcp', 47_624, 47_624],
      ],
    ],
    ['Both 5–6,', [['both', 5, 6]]],
    ['', []],
    ['2300', null],
    ['udp 6-5', null],
    ['udp 5 6', null],
  ])('the ranges %j are %j', (text, ranges) => {
    const read = readRanges(text)?.map(({ protocol, first, last }) => [protocol, first, last]) ?? null;
    expect(read).toEqual(ranges);
  });
});

describe('trigger', () => {
  const draft = { ...emptyTrigger, first: '47624', opens: 'udp 2300-2400' };

  it('is what was typed', () => {
    const checked = checkTriggers({ ...draft, secure: true }, []);
    expect(checked).toEqual({
      ok: true,
      value: [
        {
          id: 'tcp-47624',
          on: true,
          protocol: 'tcp',
          first: 47_624,
          last: 47_624,
          opens: [{ protocol: 'udp', first: 2300, last: 2400 }],
          seconds: 600,
          secure: true,
        },
      ],
    });
    expect(describeRange({ protocol: 'both', first: 5, last: 6 })).toBe('TCP and UDP 5–6');
  });

  it.each([
    [{ first: '' }, ['first']],
    [{ last: '80' }, ['last']],
    [{ last: 'x' }, ['last']],
    [{ opens: '' }, ['opens']],
    [{ opens: Array(9).fill('tcp 80').join() }, ['opens']],
    [{ seconds: '0' }, ['seconds']],
    [{ seconds: '86401' }, ['seconds']],
  ])('refuses %j', (patch, fields) => {
    const checked = checkTriggers({ ...draft, ...patch }, []);
    expect(checked.ok ? [] : Object.keys(checked.errors)).toEqual(fields);
  });

  it('of every program is one that the settings take, beside itself', () => {
    for (const { name } of TRIGGERING) {
      const once = checkTriggers({ ...emptyTrigger, program: name }, []);
      const twice = once.ok ? checkTriggers({ ...emptyTrigger, program: name }, once.value) : once;
      const all = once.ok && twice.ok ? [...once.value, ...twice.value] : [];
      expect(all.length).toBeGreaterThan(1);
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
      expect(settingsSchema.shape.triggers.parse(all)).toEqual(all);
    }
  });
});
