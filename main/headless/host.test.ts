import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scriptedGateway, settle } from '../gateway.test-parts.ts';
import { type HeadlessFlags, parseFlags, runHeadless } from './host.ts';

const files = new Map([['/', { type: 'text/html', body: new Uint8Array() }]]);

async function host(change: Partial<HeadlessFlags> = {}, controlPath?: string) {
  const path = controlPath ?? join(mkdtempSync(join(tmpdir(), 'masq-host-')), 'control.sock');
  const scripted = await scriptedGateway();
  const out: string[] = [];
  const err: string[] = [];
  const stop = new AbortController();
  const code = runHeadless({
    flags: { port: 0, practice: false, ...change },
    controlPath: path,
    version: '0.0.0',
    files,
    createGateway: async () => scripted.gateway,
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    stop: stop.signal,
  });
  return { ...scripted, code, out, err, stop, controlPath: path };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settle();
}

describe('the headless host', () => {
  it('prints its address, and on a signal hangs up, stops the engine and ends', async () => {
    const { gateway, engine, uplinks, out, stop, code } = await host({ practice: true });
    await until(() => uplinks.length === 1);
    expect(out.join()).toMatch(/http:\/\/127\.0\.0\.1:\d+\/#[0-9a-f]{64}/);
    await uplinks[0]?.up();
    expect(gateway.model.state.phase).toBe('connected');
    stop.abort();
    expect(await code).toBe(0);
    expect(uplinks[0]?.hangUps).toEqual([false]);
    expect(engine.stopped).toBe(true);
  });

  it('started a second time shows the first one’s address and ends well', async () => {
    const first = await host();
    await until(() => first.out.length > 0);
    const second = await host({}, first.controlPath);
    expect(await second.code).toBe(0);
    const address = first.out.join('\n').match(/http:\S+/)?.[0];
    expect(second.out.join()).toContain(`already running (process ${process.pid}) at ${address}`);
    first.stop.abort();
    expect(await first.code).toBe(0);
  });

  it('tells in words that its port is taken', async () => {
    const first = await host();
    await until(() => first.out.length > 0);
    const port = Number(first.out.join().match(/127\.0\.0\.1:(\d+)/)?.[1]);
    const second = await host({ port });
    expect(await second.code).toBe(1);
    expect(second.err.join()).toContain(`cannot use port ${port}`);
    first.stop.abort();
    await first.code;
  });

  it.each([
    [[], { port: 0, practice: false }],
    [['--practice', '--port', '8080'], { port: 8080, practice: true }],
    [['--port'], null],
    [['--port', '99999'], null],
    [['--port', '-1'], null],
    [['--frobnicate'], null],
  ])('reads %j', (argv, flags) => {
    expect(parseFlags(argv)).toEqual(flags);
  });
});
