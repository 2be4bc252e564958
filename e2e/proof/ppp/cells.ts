// The settings of a call that are crossed with each other: every pair of values of two settings occurs in some cell.
import type { AuthMethod } from '../../../main/ppp/types.ts';

export interface Cell {
  auth: AuthMethod;
  vj: boolean;
  deflate: boolean;
  mru: number;
  accm: number;
  /** pppd's own header compression: 4 slots and no omitted slot number, or its usual 16. */
  fewSlots: boolean;
}

const METHODS: readonly AuthMethod[] = ['pap', 'chap-md5', 'mschap', 'mschap-v2'];
const MRUS = [296, 576, 1500];

/** Every login with every MRU; the others by parities that cover each other. */
export const CELLS: readonly Cell[] = METHODS.flatMap((auth, a) =>
  MRUS.map((mru, m) => ({
    auth,
    mru,
    vj: (a + m) % 2 === 0,
    deflate: ((a >> 1) + m) % 2 === 0,
    accm: (a & 1) ^ (a >> 1) ^ (m === 1 ? 1 : 0) ? 0xffffffff : 0,
    fewSlots: m === 1,
  })),
);

/** Pairs of values that no cell has, in words; none, if the table is right. */
export function uncovered(): string[] {
  const keys = ['auth', 'vj', 'deflate', 'mru', 'accm'] as const;
  const missing: string[] = [];
  for (const [i, one] of keys.entries())
    for (const other of keys.slice(i + 1))
      for (const x of new Set(CELLS.map((cell) => cell[one])))
        for (const y of new Set(CELLS.map((cell) => cell[other])))
          if (!CELLS.some((cell) => cell[one] === x && cell[other] === y))
            missing.push(`${one} ${x} with ${other} ${y}`);
  return missing;
}

/** pppd's words for a cell, whichever side it is on. */
export function pppdWords({ vj, deflate, mru, accm, fewSlots }: Cell): string[] {
  return [
    `mru ${mru} mtu ${mru} asyncmap ${accm.toString(16)}`,
    vj ? (fewSlots ? 'vj-max-slots 4 novjccomp' : '') : 'novj',
    // Where Deflate is wanted BSD-Compress is offered beside it, and must be refused.
    deflate ? '' : 'nodeflate nobsdcomp',
  ].filter(Boolean);
}

export function cellName({ auth, vj, deflate, mru, accm }: Cell): string {
  const on = (what: string, is: boolean) => `${is ? '' : 'no '}${what}`;
  return `${auth}, ${on('VJ', vj)}, ${on('Deflate', deflate)}, MRU ${mru}, ACCM ${accm ? 'full' : '0'}`;
}
