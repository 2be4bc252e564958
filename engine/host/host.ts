/**
 * Everything the engine changes on this computer, as one thing: applied for a configuration, followed by the links, and
 * taken down whole. A new LAN is the old one taken down and the new one built; nothing is patched in place.
 */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { EngineConfig, Fault, Lan, LinkUp } from '../contract.ts';
import { CallerNet } from './callers.ts';
import { callerClash, overlaps, providerClash } from './clash.ts';
import { findDhcpServer } from './dhcp-probe.ts';
import { Dnsmasq } from './dnsmasq.ts';
import { diskFault, done, failed, fault, type Outcome } from './faults.ts';
import type { Journal } from './journal.ts';
import type { Lease } from './leases.ts';
import { readNeighbours } from './neighbours.ts';
import * as network from './network.ts';
import { releaseFromNetworkManager } from './network-manager.ts';
import { PortMappingSocket } from './port-mapping-socket.ts';
import { type Fetched, practiceFetch } from './practice-fetch.ts';
import { ISP, PRACTICE_LAN, PracticeNet } from './practice-net.ts';
import { Tun } from './tun.ts';
import { WATCHED, Watch } from './watch.ts';

const DEFAULT_MTU = 1500;
const NEIGHBOURS_MS = 5_000;
const PROBE_AGAIN_MS = 60_000;

export interface HostOptions {
  journal: Journal;
  directory: string;
  /** The engine's own address on masq0, and the address its name server asks. */
  tunAddress: string;
  dnsAlias: string;
}

/** What was found out about an address; what is not named stays as it was known. */
export interface Described {
  mac?: string;
  name?: string;
  /** Milliseconds since the epoch. */
  leaseExpires?: number;
}

export interface HostEvents {
  /** A packet from the LAN or this computer, at the beginning of `buffer` with room after it. */
  fromHost(buffer: Uint8Array, length: number): void;
  /** A packet from the practice provider's Internet. */
  fromPractice(buffer: Uint8Array, length: number): void;
  batchEnd(): void;
  describe(address: string, described: Described): void;
  /** The response to a datagram in which a LAN program asks for a port, or null for none. */
  portRequest(bytes: Uint8Array, source: string): Uint8Array | null;
  fault(code: string, fault: Fault | null): void;
  log: network.Log;
}

export class Host {
  readonly #options: HostOptions;
  readonly #events: HostEvents;
  #tun: Tun | null = null;
  #ispTun: Tun | null = null;
  #practice: PracticeNet | null = null;
  #dnsmasq: Dnsmasq | null = null;
  #watch: Watch | null = null;
  readonly #portMapping: PortMappingSocket;
  readonly #callers: CallerNet;
  #lan: Lan | null = null;
  #applied = '';
  #links = new Map<number, LinkUp>();
  #timers: NodeJS.Timeout[] = [];
  /** Counts applications, so that what was begun for an older one is dropped. */
  #generation = 0;

  constructor(options: HostOptions, events: HostEvents) {
    this.#options = options;
    this.#events = events;
    this.#callers = new CallerNet(options.journal);
    this.#portMapping = new PortMappingSocket({
      request: events.portRequest,
      fault: (value) => events.fault('port-mapping', value),
      log: events.log,
    });
  }

  /** Returns the LAN served. After a Fault the host is as it was. */
  async apply(config: EngineConfig): Promise<Outcome<Lan | null>> {
    const lan = config.practice ? PRACTICE_LAN : config.lan;
    const ownTraffic = config.practice ? 'never' : config.ownTraffic;
    const openFirewall = config.openForeignFirewall ?? 'ask';
    const wanted = JSON.stringify([config.practice, lan, ownTraffic]);
    if (wanted === this.#applied) {
      await this.#watch?.consent(openFirewall);
      return { ok: true, value: lan };
    }
    await this.tearDown();
    const outcome = await this.#build(config.practice, lan, ownTraffic).catch((error: unknown) =>
      this.#thrown(error),
    );
    if (!outcome.ok) {
      await this.tearDown();
      return outcome;
    }
    this.#applied = wanted;
    this.#watch = new Watch(
      { journal: this.#options.journal, lan, ownCard: config.practice, openFirewall },
      {
        fault: this.#events.fault,
        lanBack: () => lan && this.#lanBack(lan),
        log: this.#events.log,
      },
    );
    for (const up of this.#links.values()) {
      const followed = await this.#follow(up);
      if (!followed.ok) this.#events.log('warning', followed.fault.sentence);
    }
    return { ok: true, value: lan };
  }

  /** Whether LAN programs may ask for ports; after `apply`, which may have changed the LAN. */
  servePortMapping(on: boolean): void {
    this.#portMapping.serve(on ? this.#lan : null);
  }

  announcePorts(message: Uint8Array): void {
    this.#portMapping.announce(message);
  }

  async linkUp(up: LinkUp): Promise<Outcome> {
    if (up.role === 'uplink' && this.#practice === null) {
      const clash = providerClash(this.#lan, up, (await network.readAddresses()).local);
      if (clash) return failed(clash);
    }
    if (up.role === 'caller') {
      // A caller who cannot have its address is not there.
      const outcome = await this.#follow(up);
      if (outcome.ok) this.#links.set(up.link, up);
      return outcome;
    }
    this.#links.set(up.link, up);
    return this.#follow(up);
  }

  async linkDown(link: number): Promise<void> {
    this.#links.delete(link);
    await this.#callers.down(link);
  }

  /** Packets for the LAN that the kernel would not take. */
  get dropped(): number {
    return this.#tun?.refused ?? 0;
  }

  toHost(buffer: Uint8Array, offset: number, length: number): void {
    this.#tun?.write(buffer, offset, length);
  }

  toPractice(buffer: Uint8Array, offset: number, length: number): void {
    this.#ispTun?.write(buffer, offset, length);
  }

  pause(): void {
    this.#tun?.pause();
    this.#ispTun?.pause();
  }

  resume(): void {
    this.#tun?.start();
    this.#ispTun?.start();
  }

  async practiceFetch(name: string): Promise<Outcome<Fetched>> {
    if (this.#practice !== null) return practiceFetch(name);
    return failed(
      fault(
        'no-practice',
        'There are no practice computers to fetch a page.',
        'They exist only while the practice line is in use.',
        'Dial the practice line first.',
      ),
    );
  }

  /** Undoes everything; safe at any time, and twice. */
  async tearDown(): Promise<void> {
    this.#generation++;
    this.#applied = '';
    this.#portMapping.serve(null);
    this.#lan = null;
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    const [dnsmasq, practice, watch] = [this.#dnsmasq, this.#practice, this.#watch];
    this.#dnsmasq = null;
    this.#practice = null;
    this.#watch = null;
    await Promise.all([dnsmasq?.end(), practice?.end(), watch?.end()]);
    for (const code of [...WATCHED, 'dhcp-other-server', 'dnsmasq']) this.#events.fault(code, null);
    this.#tun?.close();
    this.#ispTun?.close();
    this.#tun = null;
    this.#ispTun = null;
    this.#callers.forget();
    await this.#options.journal.undoAll();
  }

  async #build(
    practice: boolean,
    lan: Lan | null,
    own: EngineConfig['ownTraffic'],
  ): Promise<Outcome<Lan | null>> {
    const { journal, directory, tunAddress, dnsAlias } = this.#options;
    if (practice) {
      this.#practice = new PracticeNet(journal, directory, this.#events.log);
      const built = await this.#practice.buildLan();
      if (!built.ok) return built;
    }
    const inTheWay = (await network.hostFault(lan, [tunAddress, dnsAlias])) ?? this.#clash(practice, lan);
    if (inTheWay) return failed(inTheWay);
    const tun = Tun.open(network.TUN_NAME, this.#events.fromHost, this.#events.batchEnd);
    if (!tun.ok) return tun;
    this.#tun = tun.tun;
    const ready = await network.setUpTun(journal, tunAddress, DEFAULT_MTU);
    if (!ready.ok) return ready;
    if (lan !== null) {
      if (!practice) await releaseFromNetworkManager(journal, lan.interface, this.#events.log);
      const served = await network.setUpLan(journal, lan, this.#events.log);
      if (!served.ok) return served;
    }
    const ownTraffic = await network.setUpOwnTraffic(journal, own, tunAddress);
    if (!ownTraffic.ok) return ownTraffic;
    if (practice) {
      const isp = Tun.open(ISP, this.#events.fromPractice, this.#events.batchEnd);
      if (!isp.ok) return isp;
      this.#ispTun = isp.tun;
      const internet = await this.#practice?.buildInternet();
      if (internet && !internet.ok) return internet;
    }
    this.#lan = lan;
    this.resume();
    const before = await network.rulesBeforeOurs();
    if (before.length > 0) {
      this.#events.log('info', `Routing rules of another program come before ours: ${before.join('; ')}.`);
    }
    if (lan !== null) {
      this.#timers.push(setInterval(() => void this.#readNeighbours(lan), NEIGHBOURS_MS));
      this.#serveLan(lan);
    }
    return { ok: true, value: lan };
  }

  /** Thrown on the way: a full disk is told as such, anything else is a mistake of ours. Nothing half-built stays. */
  async #thrown(error: unknown): Promise<Outcome<never>> {
    const full = diskFault(error);
    if (full !== null) return failed(full);
    await this.tearDown();
    throw error;
  }

  /** A LAN chosen while a call is up must keep clear of that call's addresses as well. */
  #clash(practice: boolean, lan: Lan | null): Fault | null {
    if (practice) return null;
    for (const up of this.#links.values()) {
      const clash =
        up.role === 'uplink'
          ? providerClash(lan, up, [])
          : up.role === 'caller'
            ? callerClash(lan, up, [], lan === null ? [] : [{ ...lan }])
            : null;
      if (clash) return clash;
    }
    return null;
  }

  /** The card is a new one to the kernel, by the same name. */
  #lanBack(lan: Lan): void {
    this.#serveLan(lan);
    this.#portMapping.again();
  }

  /** In the background, and again when the disk was too full for it. */
  #serveLan(lan: Lan): void {
    const generation = this.#generation;
    const again = () => {
      if (generation === this.#generation) this.#serveLan(lan);
    };
    this.#serve(lan, generation).catch((error: unknown) => {
      if (generation !== this.#generation) return;
      const full = diskFault(error);
      if (full !== null) this.#events.fault('dnsmasq', full);
      this.#events.log('error', `DHCP and DNS could not be started: ${String(error)}`);
      this.#timers.push(setTimeout(again, PROBE_AGAIN_MS));
    });
  }

  async #follow(up: LinkUp): Promise<Outcome> {
    if (this.#tun === null) return done;
    if (up.role === 'uplink') {
      // The largest of several: what is too big for a smaller one the router itself answers.
      const uplinks = [...this.#links.values()].filter((one) => one.role === 'uplink');
      return network.setTunMtu(Math.max(up.mtu, ...uplinks.map((one) => one.mtu)));
    }
    if (up.role === 'caller') return this.#callers.up(up, this.#lan);
    await this.#practice?.setMtu(up.mtu);
    return done;
  }

  /** DHCP and names for the LAN, unless another server already gives out addresses there. */
  async #serve(lan: Lan, generation: number): Promise<void> {
    const other =
      this.#practice || lan.dhcp === null ? null : await findDhcpServer(lan.interface, randomInt(2 ** 32));
    if (generation !== this.#generation) return;
    this.#events.fault('dhcp-other-server', other === null ? null : otherServer(lan, other));
    if (other !== null) {
      // It may be switched off as the sentence advises; then ours takes over by itself.
      this.#timers.push(setTimeout(() => this.#serveLan(lan), PROBE_AGAIN_MS));
      if (this.#dnsmasq) return;
    }
    await this.#dnsmasq?.end();
    if (generation !== this.#generation) return;
    this.#dnsmasq = new Dnsmasq(
      this.#options.journal,
      {
        lan,
        dhcp: other === null,
        pingFirst: this.#practice === null,
        upstream: this.#options.dnsAlias,
        directory: join(this.#options.directory, 'dnsmasq'),
      },
      {
        leases: (leases) => this.#describeLeases(leases),
        fault: (value) => this.#events.fault('dnsmasq', value),
        log: (level, text) => this.#events.log(level, `dnsmasq: ${text.replace(/^dnsmasq(-\w+)?: /, '')}`),
      },
    );
    this.#practice?.startHosts();
  }

  #describeLeases(leases: readonly Lease[]): void {
    for (const { address, mac, name, expires } of leases) {
      this.#events.describe(address, {
        mac,
        ...(name === null ? {} : { name }),
        ...(expires === null ? {} : { leaseExpires: expires }),
      });
    }
  }

  async #readNeighbours(lan: Lan): Promise<void> {
    for (const { address, mac } of await readNeighbours(lan.interface)) {
      if (overlaps(lan.address, lan.prefix, address, 32)) this.#events.describe(address, { mac });
    }
  }
}

function otherServer(lan: Lan, address: string): Fault {
  return fault(
    'dhcp-other-server',
    `Another DHCP server, ${address}, already gives out addresses on ${lan.interface}, so Masq-Gate does not.`,
    'Two servers on one network would give out the same addresses twice. It is most likely a router.',
    `Switch DHCP off in ${address} and dial again, or leave it on and set ${lan.address} as gateway and name server there.`,
  );
}
