/**
 * A Hayes modem: command, dialling, data and escaped states (V.250 §5 and §6).
 *
 * Bytes and time in, bytes and requests to the telephone line out; the caller asks `nextDeadline()` and calls `advance()`.
 * All times are ms. Flow control is its owner's, who hands it no more than the line has room for. It modulates nothing.
 */
import { type Command, type DialString, parseCommandLine, parseDialString } from './hayes-commands.ts';
import { Profile } from './hayes-interpreter.ts';
import { COMMAND_LIMIT, CommandReader, EscapeGuard } from './hayes-reader.ts';
import { type Carrier, connectLines, formatInformation, formatResult } from './hayes-results.ts';
import { HayesSettings } from './hayes-settings.ts';

/** What is heard on lifting the receiver, or why this modem will not dial a number. */
export type Tone = 'dial' | 'dead' | 'delayed' | 'blacklisted';
/** What is heard on the line while waiting for a carrier. */
export type Progress = 'ringback' | 'busy' | 'voice' | 'silence';

/** What the modem does to the world: its terminal on one side, the wall socket on the other. */
export interface HayesSink {
  toTerminal(bytes: Uint8Array): void;
  /** The carrier detect wire (DCD) changed. */
  carrierDetect(on: boolean): void;
  tone(number: string): Tone;
  /** The digits are out. `maxRate` in bit/s is what +MS allows. */
  call(number: string, maxRate: number, now: number): void;
  answer(maxRate: number, now: number): void;
  /** On hook. */
  release(now: number): void;
  toLine(bytes: Uint8Array, now: number): void;
  /** bit/s of the terminal's port, for CONNECT under W0. */
  portRate(): number;
}

export interface CallerId {
  /** MMDD and HHMM. */
  date: string;
  time: string;
  number: string;
  name: string;
}

type State = 'command' | 'tone' | 'digits' | 'waiting' | 'data' | 'escaped';

const TONE_HEARD_MS = 400;
const DEAD_LINE_MS = 2_000;
/** Characters this soon after the dial command do not abort it (V.250 §5.6.1): a line feed after the carriage return. */
const KEY_GRACE_MS = 125;

export class HayesModem {
  readonly #sink: HayesSink;
  readonly #profile: Profile;
  readonly #reader = new CommandReader();
  readonly #escape = new EscapeGuard();
  #state: State = 'command';
  #dtr = true;
  #detect = false;
  #deadline: number | null = null;
  #startedAt = 0;
  #dial: (DialString & { dead: boolean; heard: Progress }) | null = null;
  #rings = 0;
  #carrier: Carrier | null = null;
  #lostAt: number | null = null;
  #lastReceived = 0;

  /** `stored` is the profile it wakes up with. */
  constructor(sink: HayesSink, stored = new HayesSettings()) {
    this.#sink = sink;
    this.#profile = new Profile(stored);
  }

  get settings(): HayesSettings {
    return this.#profile.settings;
  }
  get state(): State {
    return this.#state;
  }
  /** Connected, though perhaps escaped to commands. */
  get online(): boolean {
    return this.#carrier !== null;
  }

  fromTerminal(bytes: Uint8Array, now: number): void {
    if (this.#state === 'data') {
      this.#escape.sent(bytes, this.settings, now);
      this.#sink.toLine(bytes, now);
    } else if (this.#state === 'command' || this.#state === 'escaped') this.#commands(bytes, now);
    else if (now - this.#startedAt > KEY_GRACE_MS) this.#fail('NO CARRIER', now);
  }

  fromLine(bytes: Uint8Array, now: number): void {
    this.#lastReceived = now;
    this.#sink.toTerminal(bytes);
  }

  /** The terminal's DTR wire. */
  dtr(on: boolean, now: number): void {
    const fell = this.#dtr && !on;
    this.#dtr = on;
    if (!fell || this.settings.onDtrDrop === 0) return;
    if (this.settings.onDtrDrop === 1) {
      if (this.#state === 'data') this.#enterEscaped();
      return;
    }
    if (this.#state !== 'command') this.#fail('NO CARRIER', now);
    if (this.settings.onDtrDrop === 3) this.#profile.recall();
    this.#reader.clear();
  }

  /** One ring of an incoming call; the caller's number comes after the first, if asked for. */
  ring(caller: CallerId | null, now: number): void {
    if (this.#state !== 'command') return;
    this.#rings += 1;
    this.#say('RING');
    if (this.#rings === 1 && caller && this.settings.callerId) {
      this.#inform(`DATE = ${caller.date}`);
      this.#inform(`TIME = ${caller.time}`);
      this.#inform(`NMBR = ${caller.number}`);
      this.#inform(`NAME = ${caller.name}`);
    }
    const auto = this.settings.register(0);
    const ready = this.#dtr || this.settings.onDtrDrop < 2;
    if (auto > 0 && this.#rings >= auto && ready) this.#answer(now);
  }

  ringStopped(): void {
    this.#rings = 0;
  }

  /** What is heard after dialling. */
  progress(heard: Progress, now: number): void {
    if (this.#state !== 'waiting' || !this.#dial) return;
    this.#dial.heard = heard;
    const level = this.settings.resultLevel;
    if (heard === 'busy' && level >= 3) this.#fail('BUSY', now);
    else if (heard === 'voice' && level === 4) this.#fail('VOICE', now);
  }

  /** The exchange gave the call up. */
  givenUp(now: number): void {
    if (this.#state === 'waiting') this.#timedOut(now);
  }

  /** Both modems have trained: data flows. */
  connected(carrier: Carrier, now: number): void {
    if (this.#state !== 'waiting') return;
    this.#carrier = carrier;
    this.#rings = 0;
    this.#deadline = null;
    for (const line of connectLines(carrier, this.settings, this.#sink.portRate())) this.#say(line);
    this.#enterData(now);
    this.#setDetect(); // last: the terminal may send at once
  }

  /** The far modem hung up (told by V.42), or the carrier is gone (noticed after S10 tenths of a second). */
  carrierLost(cause: 'hung-up' | 'lost', now: number): void {
    const patience = this.settings.register(10);
    if (this.#state === 'waiting' || (this.#carrier && cause === 'hung-up')) this.#fail('NO CARRIER', now);
    else if (this.#carrier && patience < 255) this.#lostAt = now + patience * 100;
  }

  /** When `advance` has something to do, ms; null for never. */
  nextDeadline(): number | null {
    const times = [this.#deadline, this.#lostAt, this.#escape.deadline, this.#idleOut()];
    const set = times.filter((time) => time !== null);
    return set.length === 0 ? null : Math.min(...set);
  }

  advance(now: number): void {
    if (due(this.#escape.deadline, now)) {
      this.#enterEscaped();
      this.#say('OK');
    }
    if (due(this.#idleOut(), now) || due(this.#lostAt, now)) this.#fail('NO CARRIER', now);
    if (!due(this.#deadline, now)) return;
    this.#deadline = null;
    if (this.#state === 'tone') this.#listened(now);
    else if (this.#state === 'digits') this.#dialled(now);
    else if (this.#state === 'waiting') this.#timedOut(now);
  }

  /** S30 x 10 s without data hang up; 0 is off. */
  #idleOut(): number | null {
    const idle = this.settings.register(30);
    if (this.#state !== 'data' || idle === 0) return null;
    return Math.max(this.#escape.lastAt, this.#lastReceived) + idle * 10_000;
  }

  #commands(bytes: Uint8Array, now: number): void {
    for (let i = 0; i < bytes.length; i += 1) {
      const byte = (bytes[i] as number) & 0x7f; // parity, on old terminals
      if (this.settings.echo) this.#sink.toTerminal(Uint8Array.of(byte));
      const line = this.#reader.push(byte, this.settings);
      if (line === null) continue;
      const before = this.#state;
      this.#run(line, now);
      if (this.#state === before) continue;
      // The modem listens otherwise now: what follows on the same write is data, or keys pressed while dialling.
      if (i + 1 < bytes.length) this.fromTerminal(bytes.subarray(i + 1), now);
      return;
    }
  }

  #run(line: string, now: number): void {
    let outcome: 'done' | 'error' | 'ends' = line.length > COMMAND_LIMIT ? 'error' : 'done';
    for (const command of parseCommandLine(line)) {
      if (outcome === 'done') outcome = this.#execute(command, now);
    }
    if (outcome !== 'ends') this.#say(outcome === 'error' ? 'ERROR' : 'OK');
  }

  /** `ends`: the command has said, or will say, its own result, and the rest of the line is not read. */
  #execute(command: Command, now: number): 'done' | 'error' | 'ends' {
    if (command.kind === 'dial') return this.#startDialling(command.text, now);
    if (command.kind === 'basic' && command.value <= 1) {
      const { name, value } = command;
      if (name === 'A') {
        if (this.#carrier) return 'error';
        this.#answer(now);
        return 'ends';
      }
      if (name === 'H') {
        if (value === 0) this.#hangUp(now);
        return 'done';
      }
      if (name === 'O') {
        this.#resume(now);
        return 'ends';
      }
      if (name === 'Z') {
        this.#hangUp(now);
        this.#profile.recall();
        this.#say('OK');
        return 'ends';
      }
    }
    const done = this.#profile.run(command, (text) => this.#inform(text));
    this.#setDetect();
    return done ? 'done' : 'error';
  }

  #startDialling(text: string, now: number): 'error' | 'ends' {
    const s = this.settings;
    const dial = parseDialString(text, s.pulse, s.register(8) * 1000, s.register(11));
    if (!dial || this.#carrier) return 'error';
    const tone = this.#sink.tone(dial.number);
    if (tone === 'delayed' || tone === 'blacklisted') {
      if (s.resultLevel < 4) return 'error';
      this.#say(tone.toUpperCase());
      return 'ends';
    }
    const listens = dial.waitForTone || s.resultLevel === 2 || s.resultLevel === 4;
    const blind = Math.max(2, s.register(6)) * 1000;
    this.#dial = { ...dial, dead: listens && tone === 'dead', heard: 'silence' };
    this.#state = 'tone';
    this.#startedAt = now;
    this.#deadline = now + (!listens ? blind : tone === 'dead' ? DEAD_LINE_MS : TONE_HEARD_MS);
    return 'ends';
  }

  #listened(now: number): void {
    if (!this.#dial || this.#dial.dead) this.#fail('NO DIALTONE', now);
    else {
      this.#state = 'digits';
      this.#deadline = now + this.#dial.milliseconds;
    }
  }

  #dialled(now: number): void {
    if (!this.#dial) return;
    const { number, stayInCommand } = this.#dial;
    this.#state = stayInCommand ? 'command' : 'waiting';
    this.#deadline = stayInCommand ? null : now + this.settings.register(7) * 1000;
    if (stayInCommand) this.#say('OK');
    this.#sink.call(number, this.settings.maxRate, now);
  }

  #answer(now: number): void {
    this.#dial = null;
    this.#rings = 0;
    this.#state = 'waiting';
    this.#startedAt = now;
    this.#deadline = now + this.settings.register(7) * 1000;
    this.#sink.answer(this.settings.maxRate, now);
  }

  #timedOut(now: number): void {
    const rang = this.#dial?.heard === 'ringback' && this.settings.resultLevel >= 3;
    this.#fail(rang ? 'NO ANSWER' : 'NO CARRIER', now);
  }

  /** O: back from the escaped state to data. */
  #resume(now: number): void {
    if (!this.#carrier) this.#say('NO CARRIER');
    else {
      this.#say(connectLines(this.#carrier, this.settings, this.#sink.portRate()).at(-1) ?? 'CONNECT');
      this.#enterData(now);
    }
  }

  #fail(result: string, now: number): void {
    this.#hangUp(now);
    this.#say(result);
  }

  #hangUp(now: number): void {
    this.#state = 'command';
    this.#carrier = null;
    this.#dial = null;
    this.#deadline = null;
    this.#lostAt = null;
    this.#escape.reset(now);
    this.#sink.release(now);
    this.#setDetect();
  }

  #enterData(now: number): void {
    this.#state = 'data';
    this.#lastReceived = now;
    this.#escape.reset(now);
    this.#reader.clear();
  }

  #enterEscaped(): void {
    this.#state = 'escaped';
    this.#escape.deadline = null;
  }

  #setDetect(): void {
    const on = this.#carrier !== null || this.settings.carrierDetect === 0;
    if (on !== this.#detect) {
      this.#detect = on;
      this.#sink.carrierDetect(on);
    }
  }

  #say(result: string): void {
    if (!this.settings.quiet) this.#write(formatResult(result, this.settings));
  }

  #inform(text: string): void {
    this.#write(formatInformation(text, this.settings));
  }

  #write(text: string): void {
    if (text.length > 0) this.#sink.toTerminal(Buffer.from(text, 'latin1'));
  }
}

function due(deadline: number | null, now: number): boolean {
  return deadline !== null && now >= deadline;
}
