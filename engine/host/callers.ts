/**
 * A caller's address on this computer: a route into masq0, our end of the line on masq0 where it is not on this computer
 * already, and, if asked for and of the LAN's network, an answer to the LAN's ARP for this one address (a single neighbour
 * entry, `proxy_arp` would answer for everything). Asks the LAN first whether somebody there has the address.
 */
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Lan, LinkUp } from '../contract.ts';
import { callerClash, overlaps, routeClash } from './clash.ts';
import { failed, fault, type Outcome } from './faults.ts';
import type { Journal } from './journal.ts';
import { readNeighbours } from './neighbours.ts';
import { ip, readAddresses, readRoutes, TUN_NAME } from './network.ts';
import { run } from './run.ts';

/** A host on a wire answers in a millisecond, over a busy radio in a few hundred. */
const PROBE_MS = 500;
const PROBE_STEP_MS = 25;
/** UDP's discard service: nobody minds. */
const DISCARD = 9;

export class CallerNet {
  readonly #journal: Journal;
  readonly #callers = new Map<number, { up: LinkUp; card: string | null }>();
  /** Our ends of callers' lines that stand on masq0. */
  readonly #ends = new Set<string>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Refuses an address that is somebody's, changes nothing then. Again for the same link: with its new facts. */
  async up(up: LinkUp, lan: Lan | null): Promise<Outcome> {
    const before = this.#callers.get(up.link);
    const others = [...this.#callers.values()].filter((one) => one.up.link !== up.link);
    const local = (await readAddresses()).local.filter((one) => !this.#ends.has(one.address));
    const ends = others.map((one) => one.up);
    const clash = callerClash(lan, up, ends, local) ?? routeClash(lan, up, await this.#foreignRoutes(lan));
    if (clash) return failed(clash);
    if (before?.up.peer !== up.peer && lan !== null && overlaps(lan.address, lan.prefix, up.peer, 32)) {
      const mac = await holderOnLan(lan, up.peer);
      if (mac !== null) return failed(inUse(up.peer, mac, lan));
    }
    await this.down(up.link);
    const card = up.caller?.proxyArp === true ? cardOf(lan, up.peer) : null;
    this.#callers.set(up.link, { up, card });
    const built = await this.#build(up, card, !local.some((one) => one.address === up.local));
    if (!built.ok) await this.down(up.link);
    return built;
  }

  async down(link: number): Promise<void> {
    const caller = this.#callers.get(link);
    if (caller === undefined) return;
    this.#callers.delete(link);
    const { up, card } = caller;
    if (card !== null) await run('ip', ['-4', 'neigh', 'del', 'proxy', up.peer, 'dev', card]);
    await run('ip', ['-4', 'route', 'del', `${up.peer}/32`, 'dev', TUN_NAME]);
    if ([...this.#callers.values()].some((one) => one.up.local === up.local)) return;
    if (this.#ends.delete(up.local))
      await run('ip', ['-4', 'addr', 'del', `${up.local}/32`, 'dev', TUN_NAME]);
  }

  /** The journal has undone, or will undo, all of them. */
  forget(): void {
    this.#callers.clear();
    this.#ends.clear();
  }

  /** But for our own and the LAN's. */
  async #foreignRoutes(lan: Lan | null) {
    const routes = await readRoutes();
    return routes.filter(({ dev }) => dev !== TUN_NAME && dev !== lan?.interface);
  }

  async #build(up: LinkUp, card: string | null, ownEnd: boolean): Promise<Outcome> {
    if (ownEnd && !this.#ends.has(up.local)) {
      this.#journal.will({ kind: 'address', address: up.local, prefix: 32, interface: TUN_NAME });
      this.#ends.add(up.local);
      const added = await ip('-4', 'addr', 'add', `${up.local}/32`, 'dev', TUN_NAME);
      if (!added.ok) return added;
    }
    this.#journal.will({ kind: 'route', to: `${up.peer}/32`, interface: TUN_NAME });
    // Never instead of a route that somebody else has laid: it could not be put back.
    const to = ['-4', 'route', 'add', `${up.peer}/32`, 'dev', TUN_NAME, 'src', up.local];
    const route = await ip(...to);
    if (!route.ok || card === null) return route;
    this.#journal.will({ kind: 'proxy-neighbour', address: up.peer, interface: card });
    return ip('-4', 'neigh', 'replace', 'proxy', up.peer, 'dev', card);
  }
}

function cardOf(lan: Lan | null, address: string): string | null {
  return lan !== null && overlaps(lan.address, lan.prefix, address, 32) ? lan.interface : null;
}

/**
 * The MAC of the LAN host that has this address now, or null. What the kernel remembers of it is asked anew; what a person
 * has set stays (a flush spares permanent entries).
 */
async function holderOnLan(lan: Lan, address: string): Promise<string | null> {
  await run('ip', ['-4', 'neigh', 'flush', 'to', address, 'dev', lan.interface]);
  const socket = createSocket('udp4');
  try {
    await new Promise<void>((resolve) => {
      socket.once('error', () => resolve());
      socket.bind(0, lan.address, () => socket.send(Buffer.of(0), DISCARD, address, () => resolve()));
    });
    for (let waited = 0; waited < PROBE_MS; waited += PROBE_STEP_MS) {
      await sleep(PROBE_STEP_MS);
      const found = (await readNeighbours(lan.interface)).find((one) => one.address === address);
      if (found) return found.mac;
    }
    return null;
  } finally {
    socket.close();
  }
}

function inUse(address: string, mac: string, lan: Lan): Fault {
  return fault(
    'caller-address-used',
    `The caller cannot have the address ${address}: a computer on the LAN has it.`,
    `On ${lan.interface} the network card ${mac} answers for ${address}.`,
    'Choose addresses for callers that no computer on the LAN has.',
  );
}
