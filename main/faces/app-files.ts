/** The window's built files as one fixed map, read once, and the headers they go out with. Nothing else is ever served. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

export interface AppFile {
  type: string;
  body: Uint8Array;
}
/** By path below the root, such as `/index.html`; `/` is the page itself. */
export type AppFiles = ReadonlyMap<string, AppFile>;

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
};

/** Throws when the folder has no page; types not in the table are left out. */
export function readAppFiles(directory: string): AppFiles {
  const files = new Map<string, AppFile>();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(`/${relative(directory, path).split(sep).join('/')}`, { type, body: readFileSync(path) });
  }
  const page = files.get('/index.html');
  if (page === undefined) throw new Error(`There is no window in ${directory}: run npm run build.`);
  files.set('/', page);
  return files;
}

/** `connect`: the panel talks to its own WebSocket, the desktop window to nothing at all. */
export function contentSecurityPolicy(connect: 'self' | 'none'): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src '${connect}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

export function securityHeaders(connect: 'self' | 'none'): Record<string, string> {
  return {
    'Content-Security-Policy': contentSecurityPolicy(connect),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  };
}
