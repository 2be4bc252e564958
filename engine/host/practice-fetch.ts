/** A practice host fetches the one practice page with its own resolver and its own TCP: what a person would do there. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { type Fault, PRACTICE } from '../contract.ts';
import { failed, fault, type Outcome } from './faults.ts';
import { findTool, TOOL_ENVIRONMENT } from './run.ts';

/** Long enough for 20 kB at 2400 bit/s. */
const LIMIT_MS = 120_000;

export interface Fetched {
  bytes: number;
  ms: number;
  sha256: string;
}

export function practiceFetch(host: string): Promise<Outcome<Fetched>> {
  const url = `http://${PRACTICE.web.name}${PRACTICE.web.file}`;
  const begun = performance.now();
  const child = spawn(
    findTool('ip') ?? 'ip',
    ['netns', 'exec', host, 'busybox', 'wget', '-q', '-O', '-', url],
    { env: TOOL_ENVIRONMENT, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS },
  );
  const hash = createHash('sha256');
  let bytes = 0;
  let words = '';
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    hash.update(chunk);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-1000);
  });
  return new Promise((resolve) => {
    const end = (code: number | null): void => {
      const ms = Math.round(performance.now() - begun);
      if (code === 0) resolve({ ok: true, value: { bytes, ms, sha256: hash.digest('hex') } });
      else resolve(failed(fetchFailed(host, words)));
    };
    child.on('error', () => end(null));
    child.on('close', end);
  });
}

function fetchFailed(host: string, words: string): Fault {
  return fault(
    'practice-fetch-failed',
    `The practice computer ${host} could not fetch the page.`,
    words.trim() || 'It gave up waiting.',
    'See that the practice call is up and the computer has its address, then try again.',
  );
}
