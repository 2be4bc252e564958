// The table in ARCHITECTURE.md of what the RFCs ask names tests; each must be there under that name.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** Titles of all tests and groups of tests in the files below a folder. */
function titles(folder: string): string[] {
  const found: string[] = [];
  for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.test.ts')) continue;
    const text = readFileSync(join(ROOT, folder, name), 'utf8');
    for (const [, , title = ''] of text.matchAll(/\b(?:it|test|describe)\b[^'"`]*?\(\s*(['"`])(.*?)\1/g))
      found.push(title);
  }
  return found;
}

interface Requirement {
  rfc: string;
  number: string;
  met: string;
  test: string;
}

function rows(): Requirement[] {
  const page = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  const section = page.slice(page.indexOf('## What the RFCs ask'));
  return section
    .split('\n')
    .filter((line) => /^\| \d{4} \|/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, rfc = '', number = '', met = '', test = '']) => ({ rfc, number, met, test }));
}

/** The names in backticks of a cell; one may begin or end with an ellipsis. */
const namesIn = (cell: string): string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name).filter((name) => !name.endsWith('.ts'));

describe('the table of what the RFCs ask', () => {
  const known = [...titles('engine'), ...titles('main')];
  const has = (name: string) =>
    name.startsWith('… ')
      ? known.some((title) => title.endsWith(name.slice(2)))
      : name.endsWith(' …')
        ? known.some((title) => title.startsWith(name.slice(0, -2)))
        : known.includes(name);

  it('has every numbered requirement of RFC 4787, 5382 and 5508', () => {
    for (const [rfc, last] of [
      ['4787', 14],
      ['5382', 10],
      ['5508', 11],
    ] as const)
      for (let number = 1; number <= last; number++) {
        const found = rows().some(
          (row) => row.rfc === rfc && new RegExp(`^REQ-${number}(?!\\d|[a-z])`).test(row.number),
        );
        expect(found, `RFC ${rfc} REQ-${number}`).toBe(true);
      }
  });

  it.each(rows())('names tests that exist: RFC $rfc $number', ({ met, test }) => {
    const names = namesIn(test);
    expect(names.filter((name) => !has(name))).toEqual([]);
    if (met === 'yes') expect(names.length > 0 || /^as RFC \d{4} /.test(test)).toBe(true);
  });
});
