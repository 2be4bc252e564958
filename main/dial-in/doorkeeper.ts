/** Asks the callers' book who may come in, for one call, and remembers why somebody may not: the log and the line tell it. */
import type { Caller, Fault } from '../contract.ts';
import { octets, secretsEqual } from '../ppp/auth/authentication.ts';
import { bareName, type Refusal, refusalOf } from './admission.ts';
import { turnedAway } from './faults.ts';

export interface DoorkeeperHost {
  date(): Date;
  find(user: string): Caller | null;
  password(user: string): string | null;
  callsOf(user: string, butCall: number): number;
  log(level: 'warning', text: string): void;
}

export class Doorkeeper {
  readonly #host: DoorkeeperHost;
  readonly #call: number;
  #last: { refusal: Refusal; user: string } | null = null;

  constructor(host: DoorkeeperHost, call: number) {
    this.#host = host;
    this.#call = call;
  }

  /** For PPP: the plain password of somebody who may come in, else null. */
  secret(name: string): string | null {
    const user = bareName(name);
    const refusal = this.refusal(user);
    if (refusal !== null) {
      this.note(refusal, user);
      return null;
    }
    // Unless PPP says that it was right.
    this.#last = { refusal: 'password', user };
    return this.#host.password(user);
  }

  /** For a text login: a sentence says why somebody who is known may not come in now. */
  check(name: string, password: string): boolean | string {
    const user = bareName(name);
    const refusal = this.refusal(user);
    const kept = this.#host.password(user);
    const right = secretsEqual(octets(kept ?? ''), octets(password)) && kept !== null;
    if (refusal === 'stranger' || !right) {
      this.note(refusal === 'stranger' ? refusal : 'password', user);
      return false;
    }
    if (refusal === null) return true;
    this.note(refusal, user);
    return turnedAway(refusal, user).sentence;
  }

  refusal(user: string): Refusal | null {
    const caller = this.#host.find(user);
    return refusalOf(caller, this.#host.callsOf(caller?.user ?? user, this.#call), this.#host.date());
  }

  note(refusal: Refusal, user: string): void {
    this.#last = { refusal, user };
    this.#host.log('warning', turnedAway(refusal, user).sentence);
  }

  /** Why the last one who tried was turned away; null: nobody was. */
  fault(detail = ''): Fault | null {
    if (this.#last === null) return null;
    const fault = turnedAway(this.#last.refusal, this.#last.user);
    return detail === '' ? fault : { ...fault, detail };
  }
}
