/**
 * What others do to the host while the LAN is shared: firewalls flush their chains, a VPN comes up, somebody switches
 * forwarding off, the LAN card is pulled out and plugged in again. What can be put right is put right, the rest is told.
 * The card is looked at every second by one read of /proc; programs are asked every half minute only.
 */
import type { EngineConfig, Fault, Lan } from '../contract.ts';
import { fault } from './faults.ts';
import { firewallAsks, firewallClosed, openForeignFirewalls, readRuleset } from './foreign.ts';
import { findForeignMasquerades, foreignMasquerade } from './foreign-masquerade.ts';
import type { Journal } from './journal.ts';
import * as network from './network.ts';
import { releaseFromNetworkManager } from './network-manager.ts';
import { readSysctl, writeSysctl } from './undo-step.ts';

const LOOK_MS = 30_000;
const CARD_MS = 1_000;

/** The faults told here, by code. */
export const WATCHED = ['foreign-firewall', 'foreign-masquerade', 'lan-diverted', 'lan-missing'] as const;

export interface WatchOptions {
  journal: Journal;
  lan: Lan | null;
  /** The LAN card is ours alone, as in practice: nothing to take from NetworkManager. */
  ownCard: boolean;
  openFirewall: NonNullable<EngineConfig['openForeignFirewall']>;
}

export interface WatchEvents {
  fault(code: (typeof WATCHED)[number], fault: Fault | null): void;
  /** The card was gone and is back with its address; a service bound to it must be started anew. */
  lanBack(): void;
  log: network.Log;
}

export class Watch {
  readonly #options: WatchOptions;
  readonly #events: WatchEvents;
  readonly #timers: NodeJS.Timeout[];
  /** One look at a time; it changes the host, so the end waits for it. */
  #due: Promise<void> = Promise.resolve();
  #looking = 0;
  #isHere = true;
  #openFirewall: WatchOptions['openFirewall'];
  #leftClosed = '';
  #trouble = '';
  #ended = false;

  constructor(options: WatchOptions, events: WatchEvents) {
    this.#options = options;
    this.#events = events;
    this.#openFirewall = options.openFirewall;
    this.#next(() => this.#look());
    this.#timers = [
      setInterval(() => this.#next(() => this.#look()), LOOK_MS),
      setInterval(() => this.#next(() => this.#lookAtCard()), CARD_MS),
    ];
  }

  /** The person's answer; holds when this resolves. */
  async consent(openFirewall: WatchOptions['openFirewall']): Promise<void> {
    if (openFirewall === this.#openFirewall) return;
    this.#openFirewall = openFirewall;
    this.#add(() => this.#lookAtFirewalls());
    await this.#due;
  }

  async end(): Promise<void> {
    this.#ended = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#due;
  }

  #next(look: () => Promise<void>): void {
    if (this.#looking < 2) this.#add(look); // a slow host: one under way and one in line are enough
  }

  #add(look: () => Promise<void>): void {
    this.#looking++;
    this.#due = this.#due
      .then(() => (this.#ended ? undefined : look()))
      .catch((error: unknown) => this.#events.log('warning', `Looking at the host failed: ${String(error)}`))
      .finally(() => {
        this.#looking--;
      });
  }

  #tell(code: (typeof WATCHED)[number], value: Fault | null): void {
    if (!this.#ended) this.#events.fault(code, value);
  }

  async #look(): Promise<void> {
    await this.#lookAtFirewalls();
    const { lan } = this.#options;
    if (lan === null || this.#ended) return;
    const translating = findForeignMasquerades(await readRuleset(), lan);
    this.#tell('foreign-masquerade', translating.length === 0 ? null : foreignMasquerade(translating));
    const other = await network.lanWay(lan);
    const diverted = other !== null && other !== network.TUN_NAME;
    this.#tell('lan-diverted', diverted ? lanDiverted(other, await network.rulesBeforeOurs()) : null);
    const { local } = await network.readAddresses();
    const hasAddress = local.some((one) => one.interface === lan.interface && one.address === lan.address);
    if (hasAddress || !this.#isHere || this.#ended) return;
    this.#events.log('warning', `${lan.address} was taken from ${lan.interface}; it is put back.`);
    await this.#raise(lan);
  }

  async #lookAtFirewalls(): Promise<void> {
    const { journal } = this.#options;
    const openFirewall = this.#openFirewall;
    const { refused, waiting } = await openForeignFirewalls(
      journal,
      openFirewall === 'yes',
      this.#events.log,
    );
    const leave = openFirewall === 'no';
    const closed = [...refused, ...waiting].join(', ');
    if (leave && closed !== this.#leftClosed && closed !== '') {
      this.#events.log('warning', `${closed} drops what the LAN sends, and is left so, as the settings say.`);
    }
    this.#leftClosed = closed;
    if (refused.length > 0 && !leave) this.#tell('foreign-firewall', firewallClosed(refused));
    else if (waiting.length > 0 && !leave) this.#tell('foreign-firewall', firewallAsks(waiting));
    else this.#tell('foreign-firewall', null);
  }

  /** A card that comes back has neither address nor forwarding; a script that writes ip_forward resets it everywhere. */
  async #lookAtCard(): Promise<void> {
    const { lan } = this.#options;
    if (readSysctl(network.TUN_NAME, 'forwarding') === '0') writeSysctl(network.TUN_NAME, 'forwarding', '1');
    if (lan === null) return;
    const forwarding = readSysctl(lan.interface, 'forwarding');
    if (forwarding === null) {
      if (this.#isHere) this.#tell('lan-missing', lanGone(lan.interface));
      this.#isHere = false;
      return;
    }
    if (this.#isHere && forwarding === '1') return;
    if (!(await this.#raise(lan)) || this.#isHere) return;
    this.#isHere = true;
    this.#tell('lan-missing', null);
    this.#events.log('info', `${lan.interface} is back, and the LAN is served again.`);
    this.#events.lanBack();
  }

  async #raise(lan: Lan): Promise<boolean> {
    const { journal, ownCard } = this.#options;
    const { log } = this.#events;
    if (!ownCard) await releaseFromNetworkManager(journal, lan.interface, log);
    const raised = await network.raiseLan(journal, lan, log);
    const trouble = raised.ok ? '' : `${raised.fault.sentence} ${raised.fault.cause}`;
    // It is tried again every second, but told once.
    if (trouble !== '' && trouble !== this.#trouble) log('warning', trouble);
    this.#trouble = trouble;
    return raised.ok;
  }
}

function lanGone(name: string): Fault {
  return fault(
    'lan-missing',
    `The network card ${name} went away, so the LAN is cut off.`,
    'It was unplugged, or switched off by the system.',
    'Plug it in again: the LAN is then served again by itself. Or choose another card in Settings.',
  );
}

function lanDiverted(device: string, rules: readonly string[]): Fault {
  const which = rules.length === 0 ? '' : `: ${rules.join('; ')}`;
  return fault(
    'lan-diverted',
    `The LAN’s computers use ${device} instead of the telephone line.`,
    `Another program’s routing rules come before those of Masq-Gate${which}. It is most likely a VPN.`,
    'End the VPN while you share, or set it not to carry all traffic. The LAN then uses the line again by itself.',
  );
}
