/** What app:// serves: the window's built files from a fixed map, under the production policy, and nothing else. */
import { type AppFiles, securityHeaders } from '../faces/app-files.ts';
import { isOwnPage } from './window-options.ts';

export interface Served {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

export function appResponder(files: AppFiles): (url: string) => Served {
  const headers = securityHeaders('none');
  const missing: Served = { status: 404, headers, body: new Uint8Array() };
  return (url) => {
    if (!isOwnPage(url)) return missing;
    const file = files.get(new URL(url).pathname);
    if (file === undefined) return missing;
    return { status: 200, headers: { ...headers, 'Content-Type': file.type }, body: file.body };
  };
}
