// Ports as people type them: `2300` and `udp 2300-2400, tcp 47624`. Pure.
import type { PortRange } from '../../main/contract.ts';

export function readPort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

/** `2300-2400` or `80`. */
export function readRange(text: string): { first: number; last: number } | null {
  const [low = '', high = low, ...more] = text.split(/[-–]/);
  const [first, last] = [readPort(low), readPort(high)];
  return more.length > 0 || first === null || last === null || last < first ? null : { first, last };
}

/** Ranges with their protocol; null when one is not understood. */
export function readRanges(text: string): PortRange[] | null {
  const ranges: PortRange[] = [];
  for (const part of text.split(',').filter((piece) => piece.trim() !== '')) {
    const [word = '', ports = '', ...more] = part
      .trim()
      .toLowerCase()
      .split(/[\s:]+/);
    const range = readRange(ports);
    if (range === null || more.length > 0 || !/^(tcp|udp|both)$/.test(word)) return null;
    ranges.push({ protocol: word as PortRange['protocol'], ...range });
  }
  return ranges;
}

export const rangeText = ({ first, last }: { first: number; last: number }): string =>
  first === last ? `${first}` : `${first}–${last}`;
