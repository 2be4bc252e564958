/**
 * A telephone exchange: subscribers' modems, the numbers they answer to, and the calls between them.
 *
 * Theory: a call goes from `ringing` (or another thing heard) by `training` to `up`, when a line model joins both modems;
 * it ends when either modem goes on hook, or by a fault. Everything due happens in `settle`, which every input calls; a
 * handed-in clock wakes it for the next deadline. Numbers with an outcome of their own need no subscriber (numbers.ts).
 */
import type { Clock } from './clock.ts';
import type { CallerId, Progress, Tone } from './hayes.ts';
import { modulationFor } from './hayes-results.ts';
import { HayesSettings } from './hayes-settings.ts';
import { LineModel, type LineOptions } from './line-model.ts';
import { digitsOf, type NumberEntry, PRACTICE_NUMBERS } from './numbers.ts';
import { Station, type Switchboard, type Terminal } from './station.ts';

export interface ExchangeOptions {
  clock: Clock;
  /** bit/s from the caller and from the answerer, or one figure for both; 0 is unthrottled. */
  rate: number | readonly [number, number];
  /** One way, ms. */
  delayMs: number;
  /** Each modem's send buffer. */
  bufferBytes: number;
  /** Uniform in [0, 1), for bit errors. */
  random(): number;
  numbers?: readonly NumberEntry[];
  timing?: Partial<Timing>;
}

/** All ms. Brisker than a real exchange, whose rings are 6 s apart and whose V.34 modems train for 10 s. */
export interface Timing {
  /** From the last digit to the first ring or other tone. */
  routing: number;
  ringEvery: number;
  training: number;
  /** Ringing without an answer, or waiting for a modem's tone. */
  givingUp: number;
}
const TIMING: Timing = { routing: 500, ringEvery: 2_000, training: 1_200, givingUp: 12_000 };
const BUSY: NumberEntry = { number: '', title: 'Busy', outcome: 'busy' };

interface Call {
  phase: 'routing' | 'ringing' | 'heard' | 'training' | 'up';
  readonly entry: NumberEntry | null;
  readonly caller: Station;
  callee: Station | null;
  maxRate: number;
  line: LineModel | null;
  /** When `phase` has something to do, ms; null for never. */
  deadline: number | null;
  startedAt: number;
}

export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #clock: Clock;
  readonly #timing: Timing;
  readonly #entries = new Map<string, NumberEntry>();
  readonly #busyLeft = new Map<string, number>();
  readonly #stations = new Set<Station>();
  readonly #calls = new Set<Call>();
  readonly #board: Switchboard;
  #errorRate = 0;
  #settling = false;
  #again = false;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#timing = { ...TIMING, ...options.timing };
    for (const entry of options.numbers ?? PRACTICE_NUMBERS) {
      this.#entries.set(digitsOf(entry.number), entry);
      if (entry.busyCalls) this.#busyLeft.set(digitsOf(entry.number), entry.busyCalls);
    }
    this.#board = {
      tone: (number) => this.#tone(number),
      call: (from, number, maxRate) => this.#call(from, number, maxRate),
      answer: (station, maxRate) => this.#answer(station, maxRate),
      release: (station) => this.#release(station),
      settle: () => this.#settle(),
      now: () => this.#clock.now(),
    };
  }

  /** Plugs a modem in, under `number` if it is to be called; several under one number are hunted through. */
  plug(terminal: Terminal, number: string | null = null, settings = new HayesSettings()): Station {
    const station = new Station(terminal, number === null ? null : digitsOf(number), settings, this.#board);
    this.#stations.add(station);
    return station;
  }

  /** Takes a modem away; a call on it ends as if it had hung up. */
  unplug(station: Station): void {
    this.#release(station);
    this.#stations.delete(station);
    this.#settle();
  }

  /** How many calls pass data now. */
  get callsUp(): number {
    return [...this.#calls].filter((call) => call.phase === 'up').length;
  }

  /** Fault: every carrier is gone at once, or that of one caller's number, as when a cable is cut. The modems notice after S10. */
  dropCarrier(number?: string): void {
    const hit = (call: Call) => number === undefined || call.caller.number === digitsOf(number);
    for (const call of [...this.#calls]) if (call.phase === 'up' && hit(call)) this.#drop(call);
    this.#settle();
  }

  /** Fault: this share of bits arrives wrong, in calls up and to come, past the modems' error correction. */
  setErrorRate(errorRate: number): void {
    this.#errorRate = errorRate;
    for (const call of this.#calls) call.line?.setErrorRate(errorRate);
  }

  /** Hangs everything up and stops the clock. */
  close(): void {
    for (const station of [...this.#stations]) this.unplug(station);
    this.#clock.alarm(null, () => {});
  }

  /** The number dialled may stand behind `*70,` or `0W`, or before a calling card: the first part that is known counts. */
  #lookUp(dialled: string): { digits: string; entry: NumberEntry | null } {
    for (const part of dialled.split(/[,W@!]+/)) {
      const digits = digitsOf(part);
      const entry = this.#entries.get(digits) ?? null;
      if (entry || this.#under(digits).length > 0) return { digits, entry };
    }
    return { digits: '', entry: null };
  }

  #under(digits: string): Station[] {
    return [...this.#stations].filter((station) => station.number !== null && station.number === digits);
  }

  #tone(dialled: string): Tone {
    const outcome = this.#lookUp(dialled).entry?.outcome;
    if (outcome === 'dead' || outcome === 'delayed' || outcome === 'blacklisted') return outcome;
    return 'dial';
  }

  #call(caller: Station, dialled: string, maxRate: number): void {
    const now = this.#clock.now();
    const { digits, entry } = this.#lookUp(dialled);
    const engaged = new Set([...this.#calls].flatMap((call) => [call.caller, call.callee]));
    const answerers = !entry || entry.outcome === 'answers' ? this.#under(digits) : [];
    const free = answerers.find((s) => s !== caller && !engaged.has(s) && s.modem.state === 'command');
    const busyLeft = this.#busyLeft.get(digits) ?? 0;
    this.#busyLeft.set(digits, Math.max(0, busyLeft - 1));
    const isBusy = busyLeft > 0 || (answerers.length > 0 && !free);
    this.#calls.add({
      phase: 'routing',
      entry: isBusy ? BUSY : entry,
      caller,
      callee: isBusy ? null : (free ?? null),
      maxRate,
      line: null,
      deadline: now + this.#timing.routing,
      startedAt: now,
    });
    this.#settle();
  }

  #answer(callee: Station, maxRate: number): void {
    const call = [...this.#calls].find((c) => c.callee === callee && c.phase === 'ringing');
    if (!call) return;
    call.phase = 'training';
    call.maxRate = Math.min(call.maxRate, maxRate);
    call.deadline = this.#clock.now() + this.#timing.training;
    this.#settle();
  }

  #release(station: Station): void {
    for (const call of [...this.#calls]) {
      if (call.caller !== station && call.callee !== station) continue;
      this.#calls.delete(call);
      this.#part(call);
      const other = call.caller === station ? call.callee : call.caller;
      if (call.phase === 'ringing' || call.phase === 'routing') other?.modem.ringStopped();
      else other?.modem.carrierLost('hung-up', this.#clock.now());
    }
    this.#settle();
  }

  #drop(call: Call): void {
    this.#calls.delete(call);
    this.#part(call);
    call.caller.modem.carrierLost('lost', this.#clock.now());
    call.callee?.modem.carrierLost('lost', this.#clock.now());
  }

  #part(call: Call): void {
    call.line = null;
    call.caller.join(null);
    call.callee?.join(null);
  }

  #settle(): void {
    this.#again = true;
    if (this.#settling) return;
    this.#settling = true;
    while (this.#again) {
      this.#again = false;
      const now = this.#clock.now();
      for (const call of this.#calls) this.#advance(call, now);
      for (const station of this.#stations) if (station.advance(now)) this.#again = true;
    }
    this.#settling = false;
    this.#clock.alarm(this.#nextDeadline(), () => this.#settle());
  }

  #nextDeadline(): number | null {
    let next = Number.POSITIVE_INFINITY;
    for (const call of this.#calls) {
      next = Math.min(next, call.deadline ?? next, call.line?.nextDeadline() ?? next);
    }
    for (const station of this.#stations) next = Math.min(next, station.modem.nextDeadline() ?? next);
    return next === Number.POSITIVE_INFINITY ? null : next;
  }

  #advance(call: Call, now: number): void {
    call.line?.advance(now);
    if (call.deadline === null || now < call.deadline) return;
    call.deadline = null;
    this.#again = true;
    if (call.phase === 'routing') this.#routed(call, now);
    else if (call.phase === 'ringing') this.#ring(call, now);
    else if (call.phase === 'heard') this.#endOfPatience(call, now);
    else if (call.phase === 'training') this.#join(call, now);
    else this.#drop(call);
  }

  #routed(call: Call, now: number): void {
    if (call.callee) {
      call.phase = 'ringing';
      this.#hear(call, 'ringback', now);
      this.#ring(call, now);
      return;
    }
    call.phase = 'heard';
    const outcome = call.entry?.outcome;
    if (outcome === 'busy') this.#hear(call, 'busy', now);
    else if (outcome !== 'dead') {
      this.#hear(call, 'ringback', now);
      call.deadline = now + (outcome === 'unanswered' ? this.#timing.givingUp : this.#timing.ringEvery);
    }
  }

  /** Ringing or listening led to nothing more: a voice (also the announcement for a number that does not exist), or silence. */
  #endOfPatience(call: Call, now: number): void {
    const outcome = call.entry?.outcome ?? 'voice';
    if (outcome === 'voice') this.#hear(call, 'voice', now);
    else if (outcome === 'quiet' && now - call.startedAt < this.#timing.givingUp) {
      this.#hear(call, 'silence', now);
      call.deadline = call.startedAt + this.#timing.givingUp + 1;
    } else call.caller.modem.givenUp(now);
  }

  #hear(call: Call, heard: Progress, now: number): void {
    call.caller.modem.progress(heard, now);
  }

  #ring(call: Call, now: number): void {
    if (now - call.startedAt > this.#timing.givingUp) call.caller.modem.givenUp(now);
    else {
      call.deadline = now + this.#timing.ringEvery;
      call.callee?.modem.ring(this.#callerId(call.caller), now);
    }
  }

  #callerId(caller: Station): CallerId {
    const date = this.#clock.date();
    const two = (value: number) => String(value).padStart(2, '0');
    return {
      date: two(date.getMonth() + 1) + two(date.getDate()),
      time: two(date.getHours()) + two(date.getMinutes()),
      number: caller.number ?? 'O',
      name: 'PRACTICE',
    };
  }

  #join(call: Call, now: number): void {
    const { caller, callee, entry } = call;
    if (!callee) return;
    const ends = [caller, callee] as const;
    const { rate, delayMs, bufferBytes, random } = this.#options;
    const cap = (bps: number) => (bps === 0 ? 0 : Math.min(bps, call.maxRate));
    const rates =
      typeof rate === 'number' ? ([cap(rate), cap(rate)] as const) : ([cap(rate[0]), cap(rate[1])] as const);
    const errorRate = Math.max(this.#errorRate, entry?.errorRate ?? 0);
    const options: LineOptions = { rates, delayMs, bufferBytes, errorRate, random };
    const model = new LineModel(options, {
      room: (end) => ends[end].terminalRoom(),
      deliver: (end, bytes) => ends[end].modem.fromLine(bytes, this.#clock.now()),
    });
    call.line = model;
    call.phase = 'up';
    if (entry?.dropAfterMs) call.deadline = now + entry.dropAfterMs;
    const errorCorrected = !entry?.errorRate;
    ends[0].join({ model, end: 0 });
    ends[1].join({ model, end: 1 });
    // The caller first: what the answering side says at once must find it in data mode.
    for (const end of [0, 1] as const) {
      const received = rates[end === 0 ? 1 : 0];
      ends[end].modem.connected({ rate: received, modulation: modulationFor(received), errorCorrected }, now);
    }
  }
}
