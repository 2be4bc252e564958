/** The other end of the control socket: what the command line and a second start use to speak with the running gateway. */
import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import { faultSchema } from '../../engine/contract.ts';
import {
  type CommandArgument,
  type CommandName,
  type CommandResult,
  commands,
  type Outcome,
  type StateEvent,
  stateEventSchema,
} from '../contract.ts';
import { readLines } from './lines.ts';
import { type About, aboutSchema, type FromFace } from './messages.ts';

const answerSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('outcome'),
    id: z.number(),
    outcome: z.union([
      z.object({ ok: z.literal(true), value: z.unknown() }),
      z.object({ ok: z.literal(false), fault: faultSchema }),
    ]),
  }),
  z.object({ type: z.literal('state'), event: stateEventSchema }),
  z.object({ type: z.literal('meter') }),
  aboutSchema,
]);

/** Null when nobody listens there. */
export function connectControl(path: string): Promise<ControlClient | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(new ControlClient(socket)));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(null);
      else reject(error);
    });
  });
}

export class ControlClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (outcome: Outcome<unknown>) => void>();
  readonly #abouts: ((about: About) => void)[] = [];
  readonly #stateListeners = new Set<(event: StateEvent) => void>();
  /** Resolves when the gateway has gone. */
  readonly closed: Promise<void>;
  #lastId = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => socket.destroy());
    // A snapshot is larger than anything a face may send.
    readLines(socket, 64 << 20, (line) => this.#onLine(line));
  }

  async call<N extends CommandName>(
    name: N,
    argument: CommandArgument<N>,
  ): Promise<Outcome<CommandResult<N>>> {
    const id = ++this.#lastId;
    const answer = new Promise<Outcome<unknown>>((resolve) => this.#waiting.set(id, resolve));
    this.#send({ type: 'call', id, name, argument });
    const outcome = await Promise.race([answer, this.#gone()]);
    if (!outcome.ok) return outcome;
    return { ok: true, value: commands[name].result.parse(outcome.value) as CommandResult<N> };
  }

  onState(listener: (event: StateEvent) => void): void {
    if (this.#stateListeners.size === 0) this.#send({ type: 'subscribe' });
    this.#stateListeners.add(listener);
  }

  async about(show: boolean): Promise<About> {
    const answer = new Promise<About>((resolve) => this.#abouts.push(resolve));
    this.#send({ type: show ? 'show' : 'about' });
    const about = await Promise.race([answer, this.closed]);
    if (about === undefined) throw new Error('The running Masq-Gate ended while it was asked.');
    return about;
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(message: FromFace): void {
    this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  async #gone(): Promise<Outcome<never>> {
    await this.closed;
    const fault = {
      code: 'gateway-ended',
      sentence: 'Masq-Gate ended before it answered.',
      cause: 'It was quit, or it crashed.',
      remedy: 'Start it again.',
    };
    return { ok: false, fault };
  }

  #onLine(line: string): void {
    const answer = answerSchema.parse(JSON.parse(line));
    if (answer.type === 'outcome') {
      this.#waiting.get(answer.id)?.(answer.outcome);
      this.#waiting.delete(answer.id);
    } else if (answer.type === 'about') this.#abouts.shift()?.(answer);
    else if (answer.type === 'state') for (const listener of this.#stateListeners) listener(answer.event);
  }
}
