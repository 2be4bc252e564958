// What the proofs of PPP share: an exchange without delay, a guest with a pppd at either end of a call, slirp, our own calls by
// the real modem driver and scheduler, and this computer's TCP on our end.
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NEW_PROVIDER, type Provider } from '../../../main/contract.ts';
import { realParts } from '../../../main/link/real-parts.ts';
import { Uplink } from '../../../main/link/uplink.ts';
import { PppSession, type PppUp } from '../../../main/ppp/session.ts';
import type { PppClientConfig } from '../../../main/ppp/types.ts';
import { systemClock } from '../../../main/practice/clock.ts';
import { Exchange } from '../../../main/practice/exchange.ts';
import { answering } from '../../../main/practice/hayes-settings.ts';
import { PRACTICE_PASSWORD, PRACTICE_USER } from '../../../main/practice/practice-line.ts';
import { PtyTerminal } from '../../../main/practice/pty-terminal.ts';
import { type Guest, startGuest } from '../../lab/guest/guest.ts';
import { GuestShell, shellLines } from '../../lab/guest/guest-shell.ts';
import { socketTerminal } from '../../lab/guest/pppd.ts';
import type { StreamTerminal } from '../../lab/stream-terminal.ts';
import { FrameCount } from './frame-count.ts';
import { farEndLines, writeData } from './transfer.ts';
import { TunEnd } from './tun-end.ts';

export const GUEST_NUMBER = '555-0301';
export const SERVER_NUMBER = '555-0302';
export const DATA_BYTES = 24_000;
/** Of pppd as provider, and of our server role. */
export const ADDRESSES = { provider: '203.0.113.161', caller: '203.0.113.193', dns: '203.0.113.153' };
const LINK_LIMIT_MS = 30_000;

export class Lab {
  readonly exchange: Exchange;
  readonly port: PtyTerminal;
  readonly tun = new TunEnd();
  readonly data: Buffer;
  readonly dataPath: string;
  /** Frames between the guest's answering port and its modem, and its calling one. */
  readonly answerWire = new FrameCount();
  readonly callWire = new FrameCount();
  guest: Guest | null = null;
  #shell: GuestShell | null = null;
  #dialler: StreamTerminal | null = null;
  #uplink: Uplink | null = null;

  constructor(folder: string) {
    this.dataPath = join(folder, 'data');
    this.data = writeData(this.dataPath, DATA_BYTES);
    this.port = new PtyTerminal(2048);
    this.exchange = new Exchange({
      clock: systemClock(),
      rate: 115_200,
      delayMs: 5,
      bufferBytes: 2048,
      random: Math.random,
      timing: { routing: 10, training: 10 },
    });
    this.port.attach(this.exchange.plug(this.port));
  }

  get shell(): GuestShell {
    if (this.#shell === null) throw new Error('the guest has not been started');
    return this.#shell;
  }

  async bootGuest(): Promise<void> {
    const secret = `${PRACTICE_USER} * ${PRACTICE_PASSWORD} *`;
    const guest = await startGuest({
      lines: 3,
      script: [
        'ip link set lo up',
        'mkdir -p /run/lock /var/lock',
        `echo '${secret}' | tee /etc/ppp/pap-secrets > /etc/ppp/chap-secrets`,
        ': > /etc/ppp/options; rm -f /etc/ppp/ip-up /etc/ppp/ip-down',
        ...farEndLines(this.dataPath),
        'echo LAB-READY',
        ...shellLines('/dev/ttyS3'),
        '',
      ].join('\n'),
    });
    this.guest = guest;
    const [answering1, calling, shell] = guest.lines as [Socket, Socket, Socket];
    const answerer = socketTerminal(answering1, undefined, false, this.answerWire);
    answerer.attach(this.exchange.plug(answerer, GUEST_NUMBER, answering()));
    this.#dialler = socketTerminal(calling, undefined, true, this.callWire);
    this.#dialler.attach(this.exchange.plug(this.#dialler));
    this.#shell = new GuestShell(shell);
    await guest.printed(/LAB-READY/);
    await sleep(300);
  }

  /** pppd on the guest's port `line`, in the background, its words in /run/cell.log; ready to be called, or calling. */
  async startPppd(line: 1 | 2, words: readonly string[]): Promise<void> {
    const options = `/dev/ttyS${line} 115200 local lock nodetach nocrtscts debug ${words.join(' ')}`;
    const pppd = `pppd ${options} > /run/cell.log 2>&1 < /dev/null &`;
    const ready = `until grep -qs . /run/lock/LCK..ttyS${line} /var/lock/LCK..ttyS${line}; do sleep 0.1; done`;
    await this.shell.run(`${pppd} ${ready}; sleep 0.2`, 10_000);
  }

  /** Ends the guest's pppd and hangs its modem up; resolves to its words. */
  async endPppd(): Promise<string> {
    const gone = 'for try in $(seq 60); do pgrep -x pppd > /dev/null || break; sleep 0.1; done';
    const log = await this.shell.run(
      `${gone}; pkill -KILL -x pppd; sleep 0.1; rm -f /run/lock/LCK..ttyS* /var/lock/LCK..ttyS*; cat /run/cell.log`,
    );
    this.#dialler?.hangUp();
    return log;
  }

  /** Our call to `number` by the real modem driver; PPP's settings as `change` makes them. Up when it resolves. */
  async call(
    number: string,
    fields: Partial<Provider>,
    change: (config: PppClientConfig) => PppClientConfig = (config) => config,
  ): Promise<PppUp> {
    let told: PppUp | null = null;
    const lost: string[] = [];
    const uplink = new Uplink(
      {
        phase: () => {},
        log: (_level, _part, text) => lost.push(text),
        lost: (fault) => lost.push(fault.sentence),
        packet: (buffer, offset, length) => this.tun.fromLink(buffer, offset, length),
      },
      {
        ...realParts,
        createPpp: (config, sink) =>
          new PppSession(
            change(config),
            {
              ...sink,
              event: (event) => {
                if (event.type === 'up') told = event.up;
                sink.event(event);
              },
            },
            (count) => crypto.getRandomValues(new Uint8Array(count)),
          ),
      },
    );
    this.#uplink = uplink;
    const provider: Provider = {
      ...NEW_PROVIDER,
      id: 'proof',
      name: 'Proof',
      numbers: [number],
      user: PRACTICE_USER,
      port: this.port.path,
      loginScript: 'off',
      ...fields,
    };
    const outcome = await uplink.dial(
      { provider, password: PRACTICE_PASSWORD, number, portPath: this.port.path },
      AbortSignal.timeout(LINK_LIMIT_MS),
    );
    if (!outcome.ok)
      throw new Error(
        `${outcome.fault.sentence} ${outcome.fault.detail ?? ''} ${lost.slice(-8).join(' / ')}`,
      );
    const { facts } = outcome.up;
    this.tun.assign(facts.local, facts.peer, facts.mtu);
    this.tun.toLink = (buffer, offset, length) => uplink.send(0, buffer, offset, length);
    return told ?? { ...facts, user: null, roundTrips: 0 };
  }

  async hangUp(): Promise<void> {
    this.tun.toLink = () => {};
    await this.#uplink?.hangUp();
    this.#uplink = null;
  }

  async close(): Promise<void> {
    await this.hangUp();
    await this.guest?.stop();
    this.exchange.close();
    await this.port.close();
    this.tun.close();
  }
}
