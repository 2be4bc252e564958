/** The program's version, from the package.json that ships beside dist/. */
import { readFileSync } from 'node:fs';

/** `entry`: the `import.meta.url` of a bundle in dist/main. */
export function readVersion(entry: string): string {
  const found: unknown = JSON.parse(readFileSync(new URL('../../package.json', entry), 'utf8'));
  const version = typeof found === 'object' && found !== null && 'version' in found ? found.version : null;
  if (typeof version !== 'string') throw new Error('package.json has no version');
  return version;
}
