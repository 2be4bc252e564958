import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { contentSecurityPolicy, readAppFiles } from '../faces/app-files.ts';
import { CommandRouter } from '../faces/command-router.ts';
import { scriptedGateway, settle } from '../gateway.test-parts.ts';
import { type Panel, startPanel } from './panel-server.ts';

const token = 'ab'.repeat(32);
const open: { panels: Panel[]; pages: WebSocket[] } = { panels: [], pages: [] };

afterEach(async () => {
  for (const page of open.pages.splice(0)) page.terminate();
  for (const panel of open.panels.splice(0)) await panel.close();
});

async function panelled() {
  const directory = mkdtempSync(join(tmpdir(), 'masq-panel-'));
  mkdirSync(join(directory, 'assets'));
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>Masq-Gate</title>');
  writeFileSync(join(directory, 'assets', 'main.js'), 'export {};');
  writeFileSync(join(directory, 'assets', 'notes.txt'), 'not served');
  const scripted = await scriptedGateway();
  const { gateway } = scripted;
  const panel = await startPanel({ port: 0, token, files: readAppFiles(directory) });
  open.panels.push(panel);
  panel.serve({
    model: gateway.model,
    router: new CommandRouter({ handlers: gateway.commands, log: () => {} }),
    about: () => ({ type: 'about', pid: 1, face: 'headless', version: '0', address: panel.address }),
    show: () => {},
  });
  return { ...scripted, panel };
}

function get(port: number, path: string, host = `127.0.0.1:${port}`, method = 'GET') {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const asked = request(
        { port, host: '127.0.0.1', path, method, headers: { Host: host } },
        (response) => {
          let body = '';
          response.on('data', (chunk) => {
            body += chunk;
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          );
        },
      );
      asked.on('error', reject);
      asked.end();
    },
  );
}

interface Page {
  socket: WebSocket;
  next(): Promise<{ type: string; [key: string]: unknown }>;
  closed: Promise<number>;
}

/** Opens a page's WebSocket; the status code where the server turned it away. */
function page(
  port: number,
  headers: Record<string, string> = { Origin: `http://127.0.0.1:${port}` },
): Promise<Page | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers });
  open.pages.push(socket);
  const got: { type: string }[] = [];
  const waiting: ((message: { type: string }) => void)[] = [];
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    const waiter = waiting.shift();
    if (waiter) waiter(message);
    else got.push(message);
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  return new Promise((resolve) => {
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => {});
    socket.on('open', () =>
      resolve({
        socket,
        closed,
        next: () => {
          const ready = got.shift();
          return ready ? Promise.resolve(ready) : new Promise((next) => waiting.push(next));
        },
      }),
    );
  });
}

async function opened(port: number): Promise<Page> {
  const result = await page(port);
  if (typeof result === 'number') throw new Error(`turned away with ${result}`);
  return result;
}

describe('the panel’s files', () => {
  it('go out with the production policy, and nothing but the known files', async () => {
    const { panel } = await panelled();
    const home = await get(panel.port, '/');
    expect(home).toMatchObject({ status: 200, body: expect.stringContaining('Masq-Gate') });
    expect(home.headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(home.headers['x-content-type-options']).toBe('nosniff');
    expect((await get(panel.port, '/assets/main.js?v=1')).headers['content-type']).toMatch('text/javascript');
    for (const path of [
      '/assets/notes.txt',
      '/../package.json',
      '/%2e%2e/package.json',
      '/assets/',
      '//',
      '/x',
    ])
      expect((await get(panel.port, path)).status).toBe(404);
  });

  it('are not for another Host, so that no foreign name leads here', async () => {
    const { panel } = await panelled();
    expect((await get(panel.port, '/', 'evil.example')).status).toBe(421);
    expect((await get(panel.port, '/', `evil.example:${panel.port}`)).status).toBe(421);
    expect((await get(panel.port, '/', `localhost:${panel.port}`)).status).toBe(200);
  });

  it('cannot be posted to', async () => {
    const { panel } = await panelled();
    expect((await get(panel.port, '/', undefined, 'POST')).status).toBe(405);
  });

  it('policy of the desktop window reaches nothing', () => {
    expect(contentSecurityPolicy('none')).toContain("connect-src 'none'");
  });
});

describe('the panel’s WebSocket', () => {
  it('answers commands and sends events after the right token', async () => {
    const { panel, gateway } = await panelled();
    const { socket, next } = await opened(panel.port);
    socket.send(JSON.stringify({ type: 'hello', token }));
    expect(await next()).toEqual({ type: 'welcome' });
    socket.send(JSON.stringify({ type: 'call', id: 7, name: 'snapshot', argument: {} }));
    expect(await next()).toMatchObject({
      type: 'outcome',
      id: 7,
      outcome: { ok: true, value: { state: { phase: 'idle' } } },
    });
    gateway.model.set({ activity: 'something' });
    expect(await next()).toMatchObject({ type: 'state', event: { patch: { activity: 'something' } } });
  });

  it.each([
    ['a wrong token', { type: 'hello', token: 'cd'.repeat(32) }],
    ['an empty token', { type: 'hello', token: '' }],
    ['a command before hello', { type: 'call', id: 1, name: 'snapshot', argument: {} }],
    ['rubbish', 'rubbish'],
  ])('closes on %s', async (_, message) => {
    const { panel, gateway } = await panelled();
    const { socket, closed, next } = await opened(panel.port);
    let heard = false;
    void next().then(() => {
      heard = true;
    });
    socket.send(JSON.stringify(message));
    expect(await closed).toBe(1008);
    gateway.model.set({ activity: 'secret' });
    await settle();
    expect(heard).toBe(false);
  });

  it.each([
    ['a foreign origin', { Origin: 'https://evil.example' }],
    ['an origin on another port', { Origin: 'http://127.0.0.1:1' }],
    ['no origin', {}],
  ])('is not opened for %s', async (_, headers: Record<string, string>) => {
    const { panel } = await panelled();
    expect(await page(panel.port, headers)).toBe(403);
  });

  it('is not opened under a foreign Host', async () => {
    const { panel } = await panelled();
    const headers = { Origin: `http://127.0.0.1:${panel.port}`, Host: 'evil.example' };
    expect(await page(panel.port, headers)).toBe(403);
  });

  it('closes on a message beyond all measure', async () => {
    const { panel } = await panelled();
    const { socket, closed } = await opened(panel.port);
    socket.send('x'.repeat((1 << 20) + 1));
    expect(await closed).toBe(1009);
  });

  it('has its address carry the token where no request shows it', async () => {
    const { panel } = await panelled();
    expect(panel.address).toBe(`http://127.0.0.1:${panel.port}/#${token}`);
  });

  it('says plainly when its port is taken', async () => {
    const { panel } = await panelled();
    const files = new Map();
    await expect(startPanel({ port: panel.port, token, files })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
