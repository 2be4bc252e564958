/**
 * What the gateway needs of its parts, as interfaces: the modem with its PPP link, the engine, the practice line, the ports.
 *
 * The real parts stand in link/, modem/, practice/ and engine-client/ and are joined in compose.ts. The gateway knows
 * only these shapes, so that its tests run the real gateway over scripted parts.
 */
import type { FromEngine, ToEngine } from '../engine/contract.ts';
import type {
  ClientShare,
  Fault,
  LanCandidate,
  LinkFacts,
  LogLevel,
  ModemKind,
  Phase,
  PortInfo,
  PracticeCaller,
  Provider,
} from './contract.ts';
import type { DialInParts } from './dial-in/dial-in.ts';
import type { RawLine } from './modem/raw-line.ts';
import type { Redial } from './modem/result-codes.ts';

export type { Redial } from './modem/result-codes.ts';

/** Milliseconds since the epoch, and a timer that `after` returns the cancelling of. */
export interface Clock {
  now(): number;
  after(milliseconds: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** A line of text that a person types on. */
export interface HandLine {
  type(bytes: Uint8Array): void;
  /** They have logged in. */
  startPpp(): void;
}

export interface UplinkCallbacks {
  phase(phase: Phase, activity: string): void;
  log(level: LogLevel, part: string, text: string): void;
  /** The far modem has answered: from now on the call costs. At most once. */
  answered?(): void;
  /** A text login begins, with a person at it or a script (null); `undefined`: it is over. */
  talk?(hand: HandLine | null | undefined): void;
  /** What the far end says during one. */
  heard?(bytes: Uint8Array): void;
  /** An IP packet that arrived from the line; the buffer is borrowed until the call returns. */
  packet(buffer: Uint8Array, offset: number, length: number): void;
  /** Once up: the call ended by itself. */
  lost(fault: Fault, redial: Redial): void;
}

export interface UplinkUp {
  facts: LinkFacts;
  up: { local: string; peer: string; dns: string[]; mtu: number };
}

export interface DialOptions {
  provider: Provider;
  password: string;
  /** Of the SIM card, if one is kept. */
  pin?: string | null;
  number: string;
  portPath: string;
}

export type LineShare = Pick<ClientShare, 'limitKbit' | 'priority'>;

export interface UplinkMeter {
  bytesUp: number;
  bytesDown: number;
  queuedBytes: number;
  queuedMs: number;
  /** Since a user last sent something, ms. */
  idleMs: number;
}

/** One call: made for one dial, thrown away after. */
export interface UplinkPart {
  dial(
    options: DialOptions,
    signal: AbortSignal,
  ): Promise<{ ok: true; up: UplinkUp } | { ok: false; fault: Fault; redial: Redial }>;
  send(client: number, buffer: Uint8Array, offset: number, length: number): void;
  /** The clients, by the engine's numbers, that have another share of the line than everybody; replaces what was said before. */
  setShares(shares: ReadonlyMap<number, LineShare>): void;
  hangUp(options?: { now?: boolean }): Promise<void>;
  meter(): UplinkMeter;
}

type WithoutId<M> = M extends { id: number } ? Omit<M, 'id'> : never;
/** A message to the engine that gets a reply; the client numbers it. */
export type EngineRequest = WithoutId<ToEngine>;
export type EngineReply = { ok: true; result: unknown } | { ok: false; fault: Fault };

export interface EngineEvents {
  message(message: FromEngine): void;
  packet(link: number, client: number, buffer: Uint8Array, offset: number, length: number): void;
  lost(fault: Fault): void;
  back(restarts: number): void;
}

export interface EnginePart {
  /** `stopped` after a `lost` means that it will not come back by itself. */
  readonly state: 'stopped' | 'starting' | 'running' | 'lost';
  start(signal: AbortSignal): Promise<{ ok: true } | { ok: false; fault: Fault }>;
  request(message: EngineRequest): Promise<EngineReply>;
  sendPacket(link: number, client: number, buffer: Uint8Array, offset: number, length: number): void;
  stop(): Promise<void>;
}

/** The practice exchange with its provider; the gateway joins the provider's Internet to the engine. */
/** A computer behind a modem of the practice exchange, which calls in where the gateway answers. */
export interface PracticeCallerPart {
  /** The port on which the gateway is to answer, and who will call. */
  readonly answerPort: string;
  readonly user: string;
  readonly password: string;
  onState: ((state: PracticeCaller) => void) | null;
  call(): void;
  hangUp(): void;
  /** Fetches the practice page over its call. */
  fetch(): Promise<
    { ok: true; page: { bytes: number; milliseconds: number; sha256: string } } | { ok: false; fault: Fault }
  >;
}

export interface PracticePart {
  readonly portPath: string;
  /** Of another modem, for a second call. */
  readonly secondPortPath: string;
  readonly caller: PracticeCallerPart;
  readonly provider: { number: string; user: string; password: string };
  /** A packet from the provider for its Internet; borrowed until the call returns. */
  onInternetPacket: ((packet: Uint8Array, offset: number, length: number) => void) | null;
  fromInternet(packet: Uint8Array, offset: number, length: number): void;
  close(): Promise<void>;
}

export interface ProbeResult {
  isModem: boolean;
  sentence: string;
  /** What the modem says it is. */
  kind?: ModemKind;
}

export interface GatewayParts {
  clock: Clock;
  dialIn: DialInParts;
  createUplink(callbacks: UplinkCallbacks): UplinkPart;
  createEngine(events: EngineEvents): EnginePart;
  startPracticeLine(): Promise<PracticePart>;
  listPorts(): Promise<{ ports: { path: string; description: string }[]; fault: Fault | null }>;
  probe(
    path: string,
    rate: number,
    signal: AbortSignal,
    onProgress: (text: string) => void,
  ): Promise<ProbeResult>;
  /** A port for a person to type to. */
  openTerminal(
    path: string,
    rate: number,
  ): Promise<{ ok: true; line: RawLine } | { ok: false; fault: Fault }>;
  listLanCandidates(): LanCandidate[];
  /** The device behind a link such as /dev/serial/by-id/…; the same path where there is none. */
  realPath(path: string): string;
  /** Whether starting the engine asks a person for approval; not where we are root already. */
  asksForApproval: boolean;
  version: string;
}

export type { PortInfo };
