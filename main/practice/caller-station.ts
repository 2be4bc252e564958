/**
 * A computer of the practice exchange that calls in where the gateway answers: a Hayes modem, our PPP in the client role, and
 * a browser for one page (page-fetch.ts). What a person sees calling in who has neither a modem nor an old computer.
 */
import { createHash } from 'node:crypto';
import { PRACTICE } from '../../engine/contract.ts';
import type { Fault, PracticeCaller } from '../contract.ts';
import { closeReasonFault, PppSession, type PppUp } from '../ppp/session.ts';
import type { Clock } from './clock.ts';
import { PageFetch } from './page-fetch.ts';
import type { Station, Terminal } from './station.ts';

export interface CallerStationOptions {
  /** Its own: it sets alarms on it. */
  clock: Clock;
  /** Dialled. */
  number: string;
  user: string;
  password: string;
  /** bit/s. */
  lineRate: number;
  random(bytes: number): Uint8Array;
}

export type Fetched =
  | { ok: true; page: { bytes: number; milliseconds: number; sha256: string } }
  | { ok: false; fault: Fault };

/** After CONNECT, until the modem at the other end is in data mode too, ms. */
const DATA_MS = 200;
const ENDS = /\r\n(CONNECT[^\r]*|BUSY|NO CARRIER|NO ANSWER|NO DIALTONE|VOICE|ERROR)\r\n/;

export class CallerStation implements Terminal {
  onState: ((state: PracticeCaller) => void) | null = null;
  readonly #options: CallerStationOptions;
  readonly #out: Uint8Array[] = [];
  #station: Station | null = null;
  #text = '';
  #dialling = false;
  #session: PppSession | null = null;
  #up: PppUp | null = null;
  #fetch: { page: PageFetch; fail(): void } | null = null;

  constructor(options: CallerStationOptions) {
    this.#options = options;
  }

  attach(station: Station): void {
    this.#station = station;
  }

  /** Nothing if a call is under way. */
  call(): void {
    if (this.#dialling || this.#session !== null) return;
    this.#text = '';
    this.#dialling = true;
    this.#tell('calling', `Dialling ${this.#options.number}`);
    this.#write(Buffer.from(`ATE0V1Q0&C1&D2S11=50DT${this.#options.number}\r`, 'latin1'));
  }

  hangUp(): void {
    const { clock } = this.#options;
    if (this.#session !== null) {
      this.#tell('hanging-up', 'Saying goodbye');
      this.#session.close(clock.now());
      this.#after();
    } else if (this.#dialling) {
      this.#dialling = false;
      this.#onHook();
      this.#tell('idle', '');
    }
  }

  fetch(): Promise<Fetched> {
    const { clock } = this.#options;
    const up = this.#up;
    if (up === null) return Promise.resolve({ ok: false, fault: notOnLine });
    if (this.#fetch !== null) return Promise.resolve({ ok: false, fault: fetching });
    const begun = clock.now();
    return new Promise((resolve) => {
      const over = (fetched: Fetched) => {
        this.#fetch = null;
        resolve(fetched);
      };
      const { name, file } = PRACTICE.web;
      const page = new PageFetch(
        {
          local: up.local,
          dns: up.dns[0] ?? up.peer,
          name,
          path: file,
          random: () => new DataView(Uint8Array.from(this.#options.random(4)).buffer).getUint32(0) / 2 ** 32,
        },
        {
          send: (packet) => this.#send(packet),
          ended: (end) => {
            if (!end.ok) return over({ ok: false, fault: { ...notFetched, detail: end.why } });
            const sha256 = createHash('sha256').update(end.body).digest('hex');
            const milliseconds = Math.round(clock.now() - begun);
            over({ ok: true, page: { bytes: end.body.length, milliseconds, sha256 } });
          },
        },
      );
      this.#fetch = { page, fail: () => over({ ok: false, fault: notOnLine }) };
      page.begin(clock.now());
      this.#after();
    });
  }

  close(): void {
    this.#options.clock.alarm(null, () => {});
    this.#fetch?.fail();
    this.#session = null;
    this.onState = null;
  }

  room(): number {
    return Number.MAX_SAFE_INTEGER;
  }

  fromModem(bytes: Uint8Array): void {
    if (this.#session !== null) {
      this.#session.receive(bytes, this.#options.clock.now());
      this.#after();
      return;
    }
    this.#text = (this.#text + Buffer.from(bytes).toString('latin1')).slice(-4096);
    const end = ENDS.exec(this.#text);
    if (!this.#dialling || end === null) return;
    this.#dialling = false;
    const words = end[1] ?? '';
    if (!words.startsWith('CONNECT')) {
      this.#tell('failed', `The modem said ${words}`);
      return;
    }
    this.#tell('calling', 'The gateway answered; logging in');
    this.#text = this.#text.slice(end.index + end[0].length);
    const { clock } = this.#options;
    clock.alarm(clock.now() + DATA_MS, () => this.#startPpp(Buffer.from(this.#text, 'latin1')));
  }

  ready(): void {
    this.#pump();
  }

  carrierDetect(on: boolean): void {
    if (on) return;
    const { clock } = this.#options;
    if (this.#session !== null) this.#session.lowerDown(clock.now());
    else if (!this.#dialling) clock.alarm(null, () => {});
  }

  portRate(): number {
    return 115_200;
  }

  #startPpp(rest: Uint8Array): void {
    const { user, password, lineRate, clock, random } = this.#options;
    this.#session = new PppSession(
      {
        role: 'client',
        user,
        password,
        dns: true,
        mru: 1500,
        mtu: 1500,
        lineRate,
        vj: true,
        deflate: false,
      },
      {
        control: (frame) => this.#write(frame),
        deliver: (packet, offset, length) => {
          this.#fetch?.page.receive(packet.slice(offset, offset + length), clock.now());
        },
        event: (event) => {
          if (event.type === 'up') {
            this.#up = event.up;
            this.#tell('connected', `On the line as ${event.up.local}`);
          } else if (event.type === 'down')
            this.#over(event.reason === 'requested', event.reason, event.detail);
        },
      },
      random,
    );
    this.#session.lowerUp(clock.now());
    if (rest.length > 0) this.#session.receive(rest, clock.now());
    this.#after();
  }

  #over(asked: boolean, ...[reason, detail]: Parameters<typeof closeReasonFault>): void {
    const wasUp = this.#up !== null;
    this.#session = null;
    this.#up = null;
    this.#fetch?.fail();
    this.#onHook();
    if (asked) this.#tell('idle', '');
    else if (wasUp) this.#tell('idle', 'The call was ended');
    else this.#tell('failed', closeReasonFault(reason, detail).sentence);
  }

  #onHook(): void {
    this.#out.length = 0;
    // Not within the modem's own turn.
    queueMicrotask(() => {
      this.#station?.dtr(false);
      this.#station?.dtr(true);
    });
  }

  #send(packet: Uint8Array): void {
    const frame = this.#session?.encode(packet, 0, packet.length, this.#options.clock.now());
    if (frame !== undefined && frame.length > 0) this.#write(frame);
  }

  #write(bytes: Uint8Array): void {
    this.#out.push(bytes.slice());
    this.#pump();
  }

  #pump(): void {
    const station = this.#station;
    for (let first = this.#out[0]; first !== undefined && station !== null; first = this.#out[0]) {
      const room = station.room();
      if (room === 0) {
        station.whenRoom(1);
        return;
      }
      if (room < first.length) this.#out[0] = first.subarray(room);
      else this.#out.shift();
      station.send(first.subarray(0, room));
    }
  }

  #after(): void {
    const { clock } = this.#options;
    const due = [this.#session?.nextDeadline() ?? null, this.#fetch?.page.nextDeadline() ?? null].filter(
      (at) => at !== null && at !== Number.POSITIVE_INFINITY,
    ) as number[];
    clock.alarm(due.length === 0 ? null : Math.min(...due), () => {
      const now = clock.now();
      this.#session?.advance(now);
      this.#fetch?.page.advance(now);
      this.#after();
    });
  }

  #tell(phase: PracticeCaller['phase'], activity: string): void {
    this.onState?.({ phase, activity, address: phase === 'connected' ? (this.#up?.local ?? null) : null });
  }
}

const notOnLine: Fault = {
  code: 'practice-caller-away',
  sentence: 'The practice computer that calls in is not on the line.',
  cause: 'It has not called, or its call has ended.',
  remedy: 'Have it call in first.',
};

const fetching: Fault = {
  code: 'practice-caller-busy',
  sentence: 'The practice computer is fetching the page already.',
  cause: 'It was asked a moment ago.',
  remedy: 'Wait until it is done.',
};

const notFetched: Fault = {
  code: 'practice-caller-fetch',
  sentence: 'The practice computer that called in could not fetch the page.',
  cause: 'The gateway is not connected to its own provider, or the caller may not use the Internet.',
  remedy: 'Dial the practice provider, then try again.',
};
