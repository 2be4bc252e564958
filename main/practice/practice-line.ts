/**
 * The practice line: a telephone exchange with a modem on a pty for the gateway, and a provider that answers, checks who
 * calls, and gives a new address on each call. The port at `portPath` is a modem's like any other; nothing in the way of a
 * call knows that it is practice. The provider's Internet is the engine's, which main joins by the two packet functions.
 */
import { randomBytes } from 'node:crypto';
import { PRACTICE } from '../../engine/contract.ts';
import type { PracticeCallerPart } from '../gateway-parts.ts';
import { AccessServer } from './access-server.ts';
import { CallerStation } from './caller-station.ts';
import { type Clock, systemClock } from './clock.ts';
import { Exchange, type Timing } from './exchange.ts';
import { answering } from './hayes-settings.ts';
import { PRACTICE_NUMBERS, PROVIDER_NUMBER, type Service } from './numbers.ts';
import { PtyTerminal } from './pty-terminal.ts';

export interface PracticeLine {
  /** The pty slave to give to the modem driver. */
  readonly portPath: string;
  /** The same of a second modem, for a second call at the same time. */
  readonly secondPortPath: string;
  readonly provider: { number: string; user: string; password: string };
  /** A computer that calls in where the gateway answers. */
  readonly caller: PracticeCallerPart;
  readonly exchange: Exchange;
  /** From the caller towards the Internet; the bytes are good during the call only. */
  onInternetPacket: ((packet: Uint8Array, offset: number, length: number) => void) | null;
  /** From the practice Internet to the caller that has the packet's destination address; else dropped. */
  fromInternet(packet: Uint8Array, offset: number, length: number): void;
  /** Ends every call and frees the pty. */
  close(): Promise<void>;
}

export interface PracticeLineOptions {
  /** bit/s, or from the caller and from the provider; 0 unthrottled. */
  rate?: number | readonly [number, number];
  /** First and last of the addresses that the provider gives, by default all of practice's. */
  pool?: readonly [string, string];
  /** Of the telephone line, one way, ms. */
  delayMs?: number;
  /** Each modem's send buffer. */
  bufferBytes?: number;
  /** Makes the clock of each part; a test's own, or the machine's. */
  clock?: () => Clock;
  /** The provider takes Deflate if the caller offers it (RFC 1979). */
  deflate?: boolean;
  /** How long the exchange takes over things, ms. */
  timing?: Partial<Timing>;
}

export const PRACTICE_USER = 'practice';
export const PRACTICE_PASSWORD = 'practice';
/** The number of the gateway's own practice modem. */
export const CALLER_NUMBER = '555-0199';
export const SECOND_CALLER_NUMBER = '555-0198';
/** Where the gateway answers, and the computer that calls it there. */
export const ANSWER_NUMBER = '555-0197';
export const RETRO_NUMBER = '555-0177';
export const RETRO_USER = 'retro';
export const RETRO_PASSWORD = 'practice';
const DEFAULT_RATE = 33_600;
/** How much a provider's port queues for a caller: seconds of line, and bytes where the line has no rate. */
const QUEUE_SECONDS = 4;
const QUEUE_BYTES = 1 << 20;
const LEAST_QUEUE_BYTES = 8192;
const POOL = [PRACTICE.provider.poolFirst, PRACTICE.provider.poolLast] as const;

/** Opens the practice line. Rejects if the system has no pty to give. */
export async function startPracticeLine(options: PracticeLineOptions = {}): Promise<PracticeLine> {
  const rate = options.rate ?? DEFAULT_RATE;
  const downRate = typeof rate === 'number' ? rate : rate[1];
  const bufferBytes = options.bufferBytes ?? (downRate === 0 ? 1 << 16 : 2048);
  const clock = options.clock ?? systemClock;
  const terminal = new PtyTerminal(bufferBytes);
  const exchange = new Exchange({
    clock: clock(),
    rate,
    delayMs: options.delayMs ?? 0,
    bufferBytes,
    random: Math.random,
    timing: options.timing ?? {},
  });
  terminal.attach(exchange.plug(terminal, CALLER_NUMBER));
  const second = new PtyTerminal(bufferBytes);
  second.attach(exchange.plug(second, SECOND_CALLER_NUMBER));
  const third = new PtyTerminal(bufferBytes);
  third.attach(exchange.plug(third, ANSWER_NUMBER));
  const station = new CallerStation({
    clock: clock(),
    number: ANSWER_NUMBER,
    user: RETRO_USER,
    password: RETRO_PASSWORD,
    lineRate: downRate === 0 ? 10_000_000 : downRate,
    random: (bytes) => randomBytes(bytes),
  });
  station.attach(exchange.plug(station, RETRO_NUMBER));
  const nextAddress = addressPool(...(options.pool ?? POOL));
  const servers: AccessServer[] = [];

  const line: PracticeLine = {
    portPath: terminal.path,
    secondPortPath: second.path,
    caller: {
      answerPort: third.path,
      user: RETRO_USER,
      password: RETRO_PASSWORD,
      get onState() {
        return station.onState;
      },
      set onState(listener) {
        station.onState = listener;
      },
      call: () => station.call(),
      hangUp: () => station.hangUp(),
      fetch: () => station.fetch(),
    },
    provider: { number: PROVIDER_NUMBER, user: PRACTICE_USER, password: PRACTICE_PASSWORD },
    exchange,
    onInternetPacket: null,
    fromInternet(packet, offset, length) {
      if (length < 20) return;
      const to = `${packet[offset + 16]}.${packet[offset + 17]}.${packet[offset + 18]}.${packet[offset + 19]}`;
      servers.find((server) => server.address === to)?.send(packet, offset, length);
    },
    async close() {
      exchange.close();
      for (const server of servers) server.close();
      station.close();
      await Promise.all([terminal.close(), second.close(), third.close()]);
    },
  };

  const plugServer = (number: string, service: Service) => {
    const server = new AccessServer({
      service,
      clock: clock(),
      ppp: {
        name: 'practice-provider',
        local: PRACTICE.provider.address,
        dns: [PRACTICE.provider.dns],
        wins: [],
        authentication: ['chap-md5', 'pap'],
        secret: (user) => (user === PRACTICE_USER ? PRACTICE_PASSWORD : null),
        mru: 1500,
        mtu: 1500,
        lineRate: downRate === 0 ? 10_000_000 : downRate,
        vj: true,
        deflate: options.deflate ?? false,
      },
      assign: nextAddress,
      checkLogin: (user, password) => user === PRACTICE_USER && password === PRACTICE_PASSWORD,
      queueBytes: downRate === 0 ? QUEUE_BYTES : Math.max(LEAST_QUEUE_BYTES, (downRate / 8) * QUEUE_SECONDS),
      random: (bytes) => randomBytes(bytes),
      onPacket: (packet, offset, length) => line.onInternetPacket?.(packet, offset, length),
    });
    servers.push(server);
    server.attach(exchange.plug(server, number, answering()));
  };
  for (const { number, service } of PRACTICE_NUMBERS) if (service) plugServer(number, service);
  // A second modem behind the provider's number, so that two calls to it are answered at a time.
  plugServer(PROVIDER_NUMBER, 'ppp');
  return line;
}

/** Addresses from `first` to `last` in turn, so that a caller gets another one on each call. */
export function addressPool(first: string, last: string): () => string {
  const from = toNumber(first);
  const size = toNumber(last) - from + 1;
  let next = 0;
  return () => {
    const address = from + next;
    next = (next + 1) % size;
    return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
  };
}

function toNumber(address: string): number {
  return address.split('.').reduce((value, octet) => value * 256 + Number(octet), 0);
}
