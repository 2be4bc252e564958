// The gateway with callers over the practice exchange: real modem driver, real PPP on both ends, ptys; the engine is scripted.
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { PRACTICE_LINK } from '../../engine/contract.ts';
import { type CallerLine, NEW_CALLER, type State } from '../contract.ts';
import { scriptedGateway } from '../gateway.test-parts.ts';
import { systemClock } from '../gateway-parts.ts';
import { Uplink } from '../link/uplink.ts';
import { PppSession } from '../ppp/session.ts';
import type { PppEvent } from '../ppp/types.ts';
import { Caller, packet } from '../practice/caller.fixture.ts';
import { ANSWER_NUMBER, type PracticeLine, startPracticeLine } from '../practice/practice-line.ts';
import { Pty } from '../practice/pty.ts';
import { PtyTerminal } from '../practice/pty-terminal.ts';
import { realDialInParts } from './real-parts.ts';

async function gatewayOnPractice(finished: TestContext['onTestFinished']) {
  const lines: PracticeLine[] = [];
  const scripted = await scriptedGateway(mkdtempSync(join(tmpdir(), 'masq-dial-in-')), {
    clock: systemClock,
    dialIn: realDialInParts,
    createUplink: (callbacks) => new Uplink(callbacks),
    async startPracticeLine() {
      const timing = { routing: 10, ringEvery: 300, training: 10, givingUp: 20_000 };
      const line = await startPracticeLine({ rate: 1_000_000, timing });
      lines.push(line);
      return line;
    },
  });
  finished(() => scripted.gateway.close());
  const { commands, model } = scripted.gateway;
  /** Waits until the state is so. */
  const until = (what: (state: Readonly<State>) => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!what(model.state)) return;
        stop();
        resolve();
      };
      const stop = model.onState(look);
      look();
    });
  /** Another computer on the exchange, with a modem on a pty. */
  async function computer() {
    const exchange = lines[0]?.exchange;
    if (exchange === undefined) throw new Error('no exchange');
    const terminal = new PtyTerminal(2048);
    terminal.attach(exchange.plug(terminal, '555-0155'));
    const caller = new Caller(terminal.path);
    finished(async () => {
      await caller.close();
      await terminal.close();
    });
    await caller.open();
    return caller;
  }
  const answer = async (change: object = {}) => {
    await commands.saveCaller({ caller: { ...NEW_CALLER, user: 'anna' }, password: 'windows95' });
    const line = {
      kind: 'modem',
      id: 'second',
      name: 'Second modem',
      on: true,
      slipUser: null,
      port: lines[0]?.caller.answerPort ?? '',
      portRate: 115_200,
      modemInit: [],
      rings: 2,
      callerId: true,
      ringPatterns: [],
      ...change,
    } as CallerLine;
    expect(await commands.setLine({ line })).toMatchObject({ ok: true });
    await until(({ dialIn }) => dialIn.lines[0]?.phase === 'waiting');
  };
  const links = () =>
    scripted.engine.asked('link-up').flatMap((one) => (one.type === 'link-up' ? [one.up] : []));
  return { ...scripted, commands, model, lines, until, computer, answer, links };
}
const calling = { user: 'anna', password: 'windows95' };

describe.concurrent('callers over the practice exchange', () => {
  it('the practice computer calls in, is a link to the engine, and hangs up', async ({ onTestFinished }) => {
    const { commands, model, until, links, engine } = await gatewayOnPractice(onTestFinished);
    expect(await commands.practiceCaller({ deed: 'call' })).toMatchObject({ ok: true });
    await until(({ dialIn }) => ['connected', 'failed'].includes(dialIn.practiceCaller.phase));
    expect(model.state.dialIn.practiceCaller).toMatchObject({ phase: 'connected', address: '192.168.67.10' });
    await until(({ dialIn }) => dialIn.calls[0]?.phase === 'connected');
    expect(model.state.dialIn.calls).toMatchObject([
      {
        line: 'practice',
        from: '5550177 PRACTICE',
        user: 'retro',
        address: '192.168.67.10',
      },
    ]);
    expect(links().at(-1)).toMatchObject({ role: 'caller', peer: '192.168.67.10', name: 'retro' });
    await commands.practiceCaller({ deed: 'hang-up' });
    await until(({ dialIn }) => dialIn.calls.length === 0 && dialIn.lines[0]?.phase === 'waiting');
    expect(model.state.dialIn.practiceCaller).toMatchObject({ phase: 'idle', address: null });
    expect(engine.asked('link-down').at(-1)).toMatchObject({ link: links().at(-1)?.link });
    await commands.endPractice({});
    expect(model.state.dialIn.lines).toEqual([]);
  });

  it('a caller is on the line while the gateway’s own call is up, and packets go each their way', async ({
    onTestFinished,
  }) => {
    const { commands, engine, until, answer, computer, links, model } =
      await gatewayOnPractice(onTestFinished);
    await commands.practice({});
    await until(({ phase }) => phase === 'connected');
    await answer();
    const caller = await computer();
    await caller.dial(ANSWER_NUMBER);
    caller.startPpp(calling);
    const up = await caller.up();
    expect(up).toMatchObject({ local: '192.168.67.10', peer: '192.168.67.1', dns: ['192.168.66.1'] });
    await until(({ dialIn }) => dialIn.calls[0]?.phase === 'connected');
    const link = links().find(({ role }) => role === 'caller')?.link ?? 0;
    const out = packet('192.168.67.10', '198.51.100.80', 120);
    caller.send(out);
    await waitFor(() => engine.packets.some((one) => one.link === link));
    expect(engine.packets.find((one) => one.link === link)?.bytes).toEqual([...out]);
    // What the engine makes of it leaves by the provider’s link; what it gives back reaches the caller.
    const masked = packet('203.0.113.64', '198.51.100.80', 120);
    engine.events.packet(1, 3, masked, 0, masked.length);
    await waitFor(() => engine.packets.some((one) => one.link === PRACTICE_LINK));
    const back = packet('198.51.100.80', '192.168.67.10', 300);
    engine.events.packet(link, link, back, 0, back.length);
    await caller.until(() => caller.packets.length > 0);
    expect([...(caller.packets[0] ?? [])]).toEqual([...back]);
    expect(model.state.phase).toBe('connected');
    caller.hangUp();
    await until(({ dialIn }) => dialIn.calls.length === 0);
    expect(model.state.phase).toBe('connected');
  });

  it('a wrong password is told by protocol, and on the line; the next caller is taken', async ({
    onTestFinished,
  }) => {
    const { commands, until, answer, computer, model } = await gatewayOnPractice(onTestFinished);
    await commands.practice({});
    await answer();
    const caller = await computer();
    await caller.dial(ANSWER_NUMBER);
    caller.startPpp({ user: 'anna', password: 'guess' });
    expect(await caller.down()).toBe('wrong-password');
    await until(({ dialIn }) => dialIn.calls.length === 0 && dialIn.lines[0]?.phase === 'waiting');
    expect(model.state.dialIn.lines[0]?.fault).toMatchObject({ code: 'caller-password' });
    await caller.close();
    const second = await computer();
    await second.dial(ANSWER_NUMBER);
    second.startPpp(calling);
    expect(await second.up()).toMatchObject({ local: '192.168.67.10' });
    await until(({ dialIn }) => dialIn.calls[0]?.phase === 'connected');
    expect(model.state.dialIn.lines[0]?.fault).toBeNull();
    const [call] = model.state.dialIn.calls;
    expect(await commands.hangUpCaller({ call: call?.id ?? 0 })).toMatchObject({ ok: true });
    expect(await second.down()).toBe('peer-closed');
    expect(await commands.hangUpCaller({ call: call?.id ?? 0 })).toMatchObject({
      fault: { code: 'unknown-call' },
    });
  });

  it('whoever is taken off the callers’ list is hung up', async ({ onTestFinished }) => {
    const { commands, until, answer, computer } = await gatewayOnPractice(onTestFinished);
    await commands.practice({});
    await answer();
    const caller = await computer();
    await caller.dial(ANSWER_NUMBER);
    caller.startPpp(calling);
    await caller.up();
    await until(({ dialIn }) => dialIn.calls[0]?.phase === 'connected');
    await commands.removeCaller({ user: 'anna' });
    expect(await caller.down()).toBe('peer-closed');
  });

  it('a modem set to answer is lent to the gateway’s own call, unless a caller is on it', async ({
    onTestFinished,
  }) => {
    const { commands, until, answer, computer, lines, model } = await gatewayOnPractice(onTestFinished);
    await commands.practice({});
    await until(({ phase }) => phase === 'connected');
    await commands.hangUp({});
    await answer({ port: lines[0]?.portPath });
    await commands.dial({});
    await until(({ phase }) => phase === 'connected' || phase === 'failed');
    expect(model.state.phase).toBe('connected');
    expect(model.state.dialIn.lines[0]).toMatchObject({ phase: 'fault', fault: { code: 'line-dials' } });
    await commands.hangUp({});
    await until(({ dialIn }) => dialIn.lines[0]?.phase === 'waiting');
    const caller = await computer();
    await caller.dial('555-0199');
    caller.startPpp(calling);
    await caller.up();
    await commands.dial({});
    await until(({ phase }) => phase === 'failed');
    expect(model.state.fault).toMatchObject({ code: 'caller-on-modem' });
  });

  it('a modem pulled out is a fault, and is tried again', async ({ onTestFinished }) => {
    const { commands, until, answer, lines, model } = await gatewayOnPractice(onTestFinished);
    await commands.practice({});
    const exchange = lines[0]?.exchange;
    const terminal = new PtyTerminal(2048);
    terminal.attach((exchange as NonNullable<typeof exchange>).plug(terminal, '555-0144'));
    await answer({ port: terminal.path });
    await terminal.close();
    await until(({ dialIn }) => dialIn.lines[0]?.phase === 'fault');
    expect(model.state.dialIn.lines[0]?.fault?.code).toMatch(/unplugged|port/);
    await until(({ dialIn }) => dialIn.lines[0]?.phase === 'starting');
    expect(await commands.removeLine({ id: 'second' })).toMatchObject({ ok: true });
  });
});

describe('a null-modem cable', () => {
  it('takes Windows’ handshake, then PPP, again and again; what dribbles in after a call begins none', async ({
    onTestFinished,
  }) => {
    const { until, answer, model } = await gatewayOnPractice(onTestFinished);
    let heard = '';
    let session: PppSession | null = null;
    const pty = new Pty(
      {
        data: (bytes) => {
          heard += Buffer.from(bytes).toString('latin1');
          session?.receive(bytes, performance.now());
          return true;
        },
        opened() {},
        closed() {},
        drained() {},
      },
      4096,
    );
    onTestFinished(() => pty.close());
    await answer({ kind: 'cable', port: pty.path, flow: 'none' });
    for (let round = 0; round < 2; round++) {
      heard = '';
      // Windows repeats it until it is answered.
      const asking = setInterval(() => pty.write(Buffer.from('CLIENT')), 300);
      await waitFor(() => heard.includes('CLIENTSERVER'));
      clearInterval(asking);
      const events: PppEvent[] = [];
      const guest = new PppSession(
        {
          role: 'client',
          ...calling,
          dns: true,
          mru: 1500,
          mtu: 1500,
          lineRate: 115_200,
          vj: true,
          deflate: false,
        },
        {
          control: (frame) => void pty.write(frame.slice()),
          deliver() {},
          event: (event) => events.push(event),
        },
        (count) => randomBytes(count),
      );
      session = guest;
      guest.lowerUp(performance.now());
      const ticking = setInterval(() => guest.advance(performance.now()), 50);
      await until(({ dialIn }) => dialIn.calls[0]?.phase === 'connected');
      expect(model.state.dialIn.calls[0]).toMatchObject({ user: 'anna', rate: 115_200, from: null });
      guest.close(performance.now());
      await until(({ dialIn }) => dialIn.calls.length === 0);
      clearInterval(ticking);
      session = null;
      pty.write(Buffer.from('~~ +++ATH'));
      await until(({ dialIn }) => dialIn.lines[0]?.phase === 'waiting');
      expect(model.state.dialIn.calls).toEqual([]);
    }
  });
});

describe.concurrent('callers by TCP', () => {
  it('connect raw or with telnet, so many at most, each a caller of their own', async ({
    onTestFinished,
  }) => {
    const { commands, model, until, answer } = await gatewayOnPractice(onTestFinished);
    await answer({ kind: 'tcp', tcpPort: 47_113, reach: 'this-computer', callers: 2 });
    const dial = () => {
      const heard = { text: '', closed: false };
      const socket = connect(47_113, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.on('data', (bytes) => {
        heard.text += bytes.toString('latin1');
      });
      socket.on('close', () => {
        heard.closed = true;
      });
      return { socket, heard };
    };
    const raw = dial();
    raw.socket.write('\r');
    await waitFor(() => raw.heard.text.includes('login: '));
    const telnet = dial();
    telnet.socket.write(Buffer.from([255, 251, 0, 255, 253, 3, 13]));
    await waitFor(() => telnet.heard.text.includes('login: '));
    expect(telnet.heard.text).toContain('\xff\xfd\x00');
    expect(model.state.dialIn.calls).toMatchObject([{ from: '127.0.0.1' }, { from: '127.0.0.1' }]);
    const third = dial();
    await waitFor(() => third.heard.closed);
    expect(third.heard.text).toContain('BUSY');
    raw.socket.write('anna\rwindows95\rslip\r');
    await until(({ dialIn }) => dialIn.calls.some(({ phase }) => phase === 'connected'));
    raw.socket.end();
    telnet.socket.end();
    await until(({ dialIn }) => dialIn.calls.length === 0 && dialIn.lines[0]?.phase === 'waiting');
    await commands.removeLine({ id: 'second' });
    const late = dial();
    late.socket.on('error', () => {});
    await waitFor(() => late.heard.closed);
    expect(late.heard.text).toBe('');
  });

  it('with five wrong passwords are not let in again for a while', async ({ onTestFinished }) => {
    const { until, answer } = await gatewayOnPractice(onTestFinished);
    await answer({ kind: 'tcp', tcpPort: 47_118, reach: 'this-computer', callers: 2 });
    const attempt = () =>
      new Promise<string>((resolve) => {
        let heard = '';
        const socket = connect(47_118, '127.0.0.1');
        onTestFinished(() => void socket.destroy());
        socket.on('data', (bytes) => {
          heard += bytes.toString('latin1');
        });
        socket.on('close', () => resolve(heard));
        socket.write('\ranna\rx\ranna\ry\ranna\rz\r');
      });
    for (let time = 0; time < 5; time++) {
      expect(await attempt()).toContain('Login incorrect');
      await until(({ dialIn }) => dialIn.calls.length === 0);
    }
    expect(await attempt()).toBe('\r\nBUSY\r\n');
  });

  it('stay on the line while the engine starts anew, and are told to it again', async ({
    onTestFinished,
  }) => {
    const { until, answer, engine, links, model } = await gatewayOnPractice(onTestFinished);
    await answer({ kind: 'tcp', tcpPort: 47_117, reach: 'this-computer', callers: 2 });
    const socket = connect(47_117, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.write('\ranna\rwindows95\rcslip\r');
    await until(({ dialIn }) => dialIn.calls[0]?.phase === 'connected');
    const before = links().length;
    engine.state = 'lost';
    engine.events.lost({ code: 'died', sentence: 'It died.', cause: '', remedy: '' });
    engine.state = 'running';
    engine.events.back(1);
    await until(({ engine: state }) => state === 'running');
    await waitFor(() => links().length > before);
    expect(links().at(-1)).toMatchObject({ role: 'caller', name: 'anna', peer: '192.168.67.10' });
    expect(model.state.dialIn.calls[0]?.phase).toBe('connected');
  });

  it('without a LAN are not let in from it', async ({ onTestFinished }) => {
    const { commands, until, model } = await gatewayOnPractice(onTestFinished);
    const line: CallerLine = {
      kind: 'tcp',
      id: 'lan',
      name: 'LAN',
      on: true,
      slipUser: null,
      tcpPort: 47_114,
      reach: 'lan',
      callers: 1,
      portRate: 115_200,
    };
    await commands.setLine({ line });
    await until(({ dialIn }) => dialIn.lines[0]?.phase === 'fault');
    expect(model.state.dialIn.lines[0]?.fault).toMatchObject({ code: 'line-no-lan' });
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
