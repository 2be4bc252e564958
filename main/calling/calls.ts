/**
 * The two calls that may be up at a time, as one: the first, which is what the faces call the call, and the second beside it.
 * What the engine gives goes to the call whose link it is; hanging up ends both; each finds a modem that the other has not.
 */

import type { Fault, Provider, Settings } from '../contract.ts';
import type { UplinkPart } from '../gateway-parts.ts';
import type { Ports } from '../ports.ts';
import type { PracticeSide } from '../practice/practice-side.ts';
import type { ReadModel } from '../read-model.ts';
import type { CountedCall } from '../usage/usage-book.ts';
import { Call, type CallOptions, type CallTarget, FIRST_CALL, SECOND_CALL } from './call.ts';
import type { CallView } from './call-view.ts';
import type { CallOver } from './demand.ts';
import { SecondCall } from './second-call.ts';

type Common = Omit<
  CallOptions,
  'link' | 'model' | 'restingText' | 'over' | 'count' | 'choosePort' | 'against'
>;

export interface CallsOptions extends Common {
  model: ReadModel;
  settings(): Settings;
  providers(): readonly Provider[];
  practice: PracticeSide;
  ports: Ports;
  against(provider: Provider): Fault | null;
  targetOf(provider: Provider): { ok: true; target: CallTarget } | { ok: false; fault: Fault };
  count(provider: Provider, number: string, uplink: UplinkPart, view: CallView): CountedCall | null;
  /** Of the first call. */
  restingText(): string;
  over(over: CallOver): void;
}

export class Calls {
  readonly first: Call;
  readonly second: SecondCall;
  readonly #options: CallsOptions;

  constructor(options: CallsOptions) {
    this.#options = options;
    const { model, restingText, over } = options;
    this.first = this.#create(FIRST_CALL, model, { restingText, over });
    this.second = new SecondCall({
      ...options,
      create: (view) =>
        this.#create(SECOND_CALL, view, { restingText: () => '', over: (how) => this.second.over(how) }),
      firstPort: () => this.#firstPort(),
    });
  }

  get underWay(): boolean {
    return this.first.underWay || this.second.call.underWay;
  }

  /** Ports with a call on them. */
  get portsTaken(): string[] {
    return this.#both.map((call) => call.portPath).filter((path) => path !== null);
  }

  get uplinks(): UplinkPart[] {
    return this.#both.map((call) => call.uplink).filter((uplink) => uplink !== null);
  }

  /** A packet for a link that is neither call's is dropped. */
  send(link: number, client: number, buffer: Uint8Array, offset: number, length: number): void {
    if (link === FIRST_CALL) this.first.uplink?.send(client, buffer, offset, length);
    else if (link === SECOND_CALL) this.second.call.uplink?.send(client, buffer, offset, length);
  }

  async hangUp(now: boolean): Promise<void> {
    await Promise.all([this.first.hangUp(now), this.second.hangUp(now)]);
  }

  /** See `Call.abandon`, `Call.stay`; true when it was so for either. */
  abandon(fault: Fault): boolean {
    return this.#both.map((call) => call.abandon(fault)).includes(true);
  }
  stay(): boolean {
    return this.#both.map((call) => call.stay()).includes(true);
  }

  /** Whether a provider is on either line. */
  isOn(providerId: string): boolean {
    const first = this.first.underWay && this.#options.model.state.providerId === providerId;
    return first || (this.second.call.underWay && this.second.view.state.providerId === providerId);
  }

  get #both(): readonly [Call, Call] {
    return [this.first, this.second.call];
  }

  #create(link: number, view: CallView, own: Pick<CallOptions, 'restingText' | 'over'>): Call {
    const { ports, count } = this.#options;
    return new Call({
      ...this.#options,
      ...own,
      link,
      model: view,
      count: (provider, number, uplink) => count(provider, number, uplink, view),
      choosePort: (provider, signal) =>
        ports.choose(provider, signal, {
          taken: this.portsTaken,
          spared: this.#spared(link),
          tell: (activity) => view.set({ activity }),
        }),
    });
  }

  /** The port that the first call is on, else the one that Dial would take; empty when that has to be found. */
  #firstPort(): string {
    const { settings, providers } = this.#options;
    const selected = providers().find(({ id }) => id === settings().selectedProvider) ?? providers()[0];
    return this.first.portPath ?? selected?.port ?? '';
  }

  /** Ports that a call looking for a modem leaves alone: the other call's own, and those that take calls. */
  #spared(link: number): string[] {
    const { secondCall, dialIn } = this.#options.settings();
    const lines = dialIn.lines.map((line) => (line.on && line.kind !== 'tcp' ? line.port : ''));
    const other = link === SECOND_CALL ? this.#firstPort() : secondCall.on ? secondCall.port : '';
    return [other, ...lines].filter((path) => path !== '');
  }
}
