/**
 * One face on one socket: takes its messages, runs its commands through the router, and sends it the events.
 *
 * Until a face that needs one has shown the token, nothing but `hello` is heard. A face that does not read is first spared
 * the meter, then cut off; it never makes the gateway hold an endless queue.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { ReadModel } from '../read-model.ts';
import type { CommandRouter } from './command-router.ts';
import { type About, type FromFace, fromFaceSchema, type ToFace } from './messages.ts';

const METER_BACKLOG_BYTES = 64 << 10;
const MAX_BACKLOG_BYTES = 8 << 20;

export interface FaceTransport {
  send(text: string): void;
  /** Bytes accepted by `send` and not yet taken by the other side. */
  backlog(): number;
  /** `final`: coming back would not help. */
  close(reason: string, final: boolean): void;
}

export interface FaceHost {
  model: ReadModel;
  router: CommandRouter;
  about(): About;
  show(): void;
}

export class FaceConnection {
  readonly #host: FaceHost;
  readonly #transport: FaceTransport;
  readonly #token: string | null;
  readonly #removals: (() => void)[] = [];
  #trusted: boolean;
  #open = true;

  /** `token`: what `hello` must bring; null where the socket itself lets in its owner alone. */
  constructor(host: FaceHost, transport: FaceTransport, token: string | null) {
    this.#host = host;
    this.#transport = transport;
    this.#token = token;
    this.#trusted = token === null;
  }

  get trusted(): boolean {
    return this.#trusted;
  }

  receive(text: string): void {
    const message = parse(text);
    if (message === null) this.#refuse('not a message of this protocol');
    else if (message.type === 'hello') this.#hello(message.token);
    else if (this.#trusted) this.#obey(message);
    else this.#refuse('say hello first');
  }

  /** The socket is gone. */
  closed(): void {
    this.#open = false;
    for (const remove of this.#removals.splice(0)) remove();
  }

  #obey(message: Exclude<FromFace, { type: 'hello' }>): void {
    switch (message.type) {
      case 'call':
        void this.#call(message);
        break;
      case 'subscribe':
        this.#subscribe();
        break;
      case 'show':
        this.#host.show();
        this.#send(this.#host.about());
        break;
      case 'about':
        this.#send(this.#host.about());
        break;
    }
  }

  #hello(token: string): void {
    if (this.#token === null || this.#trusted) {
      this.#refuse('no hello is due');
      return;
    }
    if (!sameSecret(token, this.#token)) {
      this.#host.model.log('warning', 'panel', 'A page with a wrong token was turned away.');
      this.#refuse('wrong token');
      return;
    }
    this.#trusted = true;
    this.#send({ type: 'welcome' });
    this.#subscribe();
  }

  async #call({ id, name, argument }: FromFace & { type: 'call' }): Promise<void> {
    const outcome = await this.#host.router.call(name, argument, () => this.#open && this.#trusted);
    this.#send({ type: 'outcome', id, outcome });
  }

  #subscribe(): void {
    if (this.#removals.length > 0) return;
    this.#removals.push(
      this.#host.model.onState((event) => this.#send({ type: 'state', event })),
      this.#host.model.onMeter((event) => {
        if (this.#transport.backlog() < METER_BACKLOG_BYTES) this.#send({ type: 'meter', event });
      }),
    );
  }

  #send(message: ToFace): void {
    if (!this.#open) return;
    if (this.#transport.backlog() > MAX_BACKLOG_BYTES) this.#refuse('not reading', false);
    else this.#transport.send(JSON.stringify(message));
  }

  #refuse(reason: string, final = true): void {
    if (!this.#open) return;
    this.closed();
    this.#transport.close(reason, final);
  }
}

/** In a time that tells nothing of where two secrets differ. */
export function sameSecret(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function parse(text: string): FromFace | null {
  try {
    return fromFaceSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
