/**
 * The addresses of a SLIP link as terminal servers tell them in words after the login: SLIP itself has none. Pure.
 *
 * “Your address is 10.0.2.15” (slirp), “Your IP address is 10.1.2.3. MTU is 1500 bytes” (Cisco), “SLIP session from
 * (10.1.2.1) to 10.1.2.3 beginning” (Livingston), “Annex address is 10.1.2.1. Your address is 10.1.2.3.” (Xylogics).
 * What comes with the words is dropped: a packet among them is sent again.
 */
import { HeardText } from './heard-text.ts';
import type { LoginSink, LoginTalk } from './login-script.ts';

export interface SlipAddresses {
  local: string;
  /** Empty: not told. */
  peer: string;
}

const ADDRESS = '\\(?((?:\\d{1,3}\\.){3}\\d{1,3})\\)?';
const FROM_TO = new RegExp(`from\\s+${ADDRESS}\\s+to\\s+${ADDRESS}`, 'i');
const LOCAL = new RegExp(
  `\\b(?:your|client|local)(?:\\s+\\w+)?\\s+address(?:\\s+is|\\s+will\\s+be)?\\s*:?\\s*${ADDRESS}`,
  'i',
);
const PEER = new RegExp(
  `\\b(?:server|annex|gateway|router|remote|host|my|our)(?:'s)?(?:\\s+ip)?\\s+address(?:\\s+is)?\\s*:?\\s*${ADDRESS}`,
  'i',
);
const ANY = new RegExp(ADDRESS, 'g');

/** What comes after the address still belongs to the sentence: so long a silence ends it, ms. */
const QUIET_MS = 500;
const LIMIT_MS = 20_000;

function isAddress(text: string | undefined): text is string {
  if (text === undefined) return false;
  const octets = text.split('.').map(Number);
  return octets.every((octet) => octet <= 255) && (octets[0] ?? 0) > 0;
}

/** `null` if the text names no address of ours; one alone in it counts as ours. */
export function readSlipAddresses(text: string): SlipAddresses | null {
  const [, from, to] = FROM_TO.exec(text) ?? [];
  if (isAddress(from) && isAddress(to)) return { local: to, peer: from };
  const local = LOCAL.exec(text)?.[1];
  const peer = PEER.exec(text)?.[1];
  if (isAddress(local)) return { local, peer: isAddress(peer) ? peer : '' };
  const all = [...new Set([...text.matchAll(ANY)].map((found) => found[1]).filter(isAddress))];
  const [only] = all;
  return all.length === 1 && only !== undefined ? { local: only, peer: '' } : null;
}

/** Listens after a login until our address has been told, or for 20 s. */
export class SlipAnnouncement implements LoginTalk {
  readonly #early: Uint8Array;
  readonly #sink: LoginSink;
  readonly #told: SlipAddresses;
  readonly #heard = new HeardText();
  #limit = 0;
  #deadline: number | null = null;
  #over = false;

  /** `early`: what the line said after the last step of the login. `told` is filled in before a good end. */
  constructor(early: Uint8Array, sink: LoginSink, told: SlipAddresses) {
    this.#early = early;
    this.#sink = sink;
    this.#told = told;
  }

  begin(now: number): void {
    this.#sink.activity('Listening for our address');
    this.#limit = now + LIMIT_MS;
    this.receive(this.#early, now);
  }

  receive(bytes: Uint8Array, now: number): void {
    if (this.#over) return;
    this.#heard.append(bytes);
    const told = readSlipAddresses(this.#heard.text) !== null;
    this.#deadline = told ? Math.min(this.#limit, now + QUIET_MS) : this.#limit;
  }

  advance(now: number): void {
    if (this.#over || this.#deadline === null || now < this.#deadline) return;
    this.#over = true;
    const found = readSlipAddresses(this.#heard.text);
    if (found === null) {
      this.#sink.ended({ ok: false, reason: 'silent', waitedFor: 'our address', heard: this.#heard.shown });
      return;
    }
    Object.assign(this.#told, found);
    this.#sink.ended({ ok: true, rest: new Uint8Array(0) });
  }

  nextDeadline(): number | null {
    return this.#over ? null : this.#deadline;
  }
}
