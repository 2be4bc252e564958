import { describe, expect, it } from 'vitest';
import { connect, HOST1, HOST2, Lab, OTHER, SERVER, tcp } from '../masquerade/lab.ts';
import { SYN } from '../packet/tcp.ts';
import { Conversation, type Scene, standsTrials, survivesAnything } from './conversation.ts';

const scene: Scene = { helper: 'rsh', port: 514, clientPort: 1023 };
const LOGIN = 'me\0you\0date\0';

describe('rsh, rexec, kshell', () => {
  it('rsh: the server may come back to the privileged port, once, and nobody else', () => {
    const shell = new Conversation(scene);
    expect(shell.say(`1022\0${LOGIN}`)).toBe(`1022\0${LOGIN}`);
    expect(shell.callIn(1022, OTHER, 1021)).toBeNull();
    expect(shell.callIn(1022, SERVER, 1021)).toBe(1022);
    expect(shell.expectations).toBe(0);
    expect(shell.state.hits).toBe(1);
  });
  it('a taken port is replaced by one of the same class', () => {
    const shell = new Conversation(scene);
    shell.say('1022\0');
    const other = new Conversation({ ...scene, lab: shell.lab, inside: HOST2 });
    expect(other.outsidePort).toBeGreaterThanOrEqual(512);
    expect(other.outsidePort).toBeLessThan(1023);
    const port = Number(other.say(`1022\0${LOGIN}`).split('\0')[0]);
    expect(port).not.toBe(1022);
    expect(port).toBeGreaterThanOrEqual(512);
    expect(port).toBeLessThan(1024);
    expect(other.callIn(port)).toBe(1022);
  });
  it('a changed length moves what follows', () => {
    const shell = new Conversation(scene);
    shell.say('999\0');
    const other = new Conversation({ ...scene, lab: shell.lab, inside: HOST2 });
    other.say('999\0');
    other.say(LOGIN);
    expect(other.toRemote.text).toMatch(/^\d{3,4}\0me\0you\0date\0$/);
  });
  it.each(['0\0', '\0'])('%j means that none is wanted', (none) => {
    const shell = new Conversation(scene);
    expect(shell.say(none + LOGIN)).toBe(none + LOGIN);
    expect(shell.expectations).toBe(0);
    expect(shell.refusals).toEqual([]);
  });
  it('rexec: an ordinary port', () => {
    const shell = new Conversation({ ...scene, port: 512, clientPort: 40_000 });
    shell.say('50000\0me\0secret\0date\0');
    expect(shell.callIn(50_000, SERVER, 512)).toBe(50_000);
  });
  it('server inside: nothing is rewritten; its connection keeps this one alive', () => {
    const shell = new Conversation({ ...scene, insideIsServer: true });
    expect(shell.hear(`1022\0${LOGIN}`)).toBe(`1022\0${LOGIN}`);
    expect(shell.lab.out(tcp(HOST1, 1021, SERVER, 1022, { flags: SYN }))).toMatchObject([
      { sourcePort: 1021 },
    ]);
    expect(shell.lab.router.sessions(9, shell.lab.now)).toMatchObject([{ helper: 'rsh' }, { helper: 'rsh' }]);
  });
  it('rlogin needs no helper: the source port stays privileged', () => {
    const lab = new Lab().up();
    expect(connect(lab, HOST1, 1023, SERVER, 513)).toBe(1023);
    const second = connect(lab, HOST2, 1023, SERVER, 513);
    expect(second).toBeGreaterThanOrEqual(512);
    expect(second).toBeLessThan(1023);
  });
});

describe('rsh, switched off and attacked', () => {
  it('off: nobody is let in', () => {
    const shell = new Conversation({ ...scene, on: false });
    shell.say('1022\0');
    expect(shell.callIn(1022)).toBeNull();
  });
  const cases: [number, string][] = [
    [514, '22'],
    [514, '514'],
    [514, '50000'],
    [514, '65536'],
    [512, '513'],
    [512, '22'],
  ];
  it.each(cases)('port %i: %s is refused', (port, wanted) => {
    const shell = new Conversation({ ...scene, port });
    expect(shell.say(`${wanted}\0`)).toBe(`${wanted}\0`);
    expect(shell.expectations).toBe(0);
    expect(shell.refusals).toEqual(['the port for standard error is none a client would have']);
  });
  it.each(['GET / HTTP/1.0\r\n\r\n1022\0', '1022 \0', '123456789\0', '-1\0'])('%j is not rsh', (first) => {
    const shell = new Conversation(scene);
    expect(shell.say(first)).toBe(first);
    expect(shell.refusals).toEqual(['the client does not begin with a port']);
    expect(shell.say('1022\0')).toBe('1022\0');
    expect(shell.expectations).toBe(0);
  });
  it('only the first bytes count, and only the client’s', () => {
    const shell = new Conversation(scene);
    shell.hear('1022\0');
    shell.say('0\0');
    shell.say('1022\0');
    expect(shell.expectations).toBe(0);
  });
  it('many sessions await no more than theirs', () => {
    const shell = new Conversation(scene);
    for (let i = 0; i < 30; i++) {
      shell.lab.pass(1000);
      new Conversation({ ...scene, lab: shell.lab, clientPort: 1000 - i }).say('700\0');
    }
    expect(shell.expectations).toBe(30);
    expect(shell.callIn(701)).toBeNull();
  });
});

describe('rsh, any stream', () => {
  standsTrials('the port', {
    scene,
    opens: 1,
    from: 'inside',
    sent: `1022\0${LOGIN}`,
    got: `1022\0${LOGIN}`,
  });
  survivesAnything(scene, ['1022\0me\0', '0\0me\0']);
});
