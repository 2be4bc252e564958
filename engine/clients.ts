// Who is connected: one row for the gateway, each LAN host and each caller, with its traffic. Rows are typed-array columns,
// so that counting a packet touches two numbers. A row's number is the client number that the line's scheduler is fair by.
// Does not find names or leases; the host part tells it (`describe`).
import { type Client, GATEWAY_CLIENT } from './contract.ts';
import { formatAddress, parseAddress } from './packet/address.ts';

export type ClientKind = Client['kind'];
const KINDS: readonly ClientKind[] = ['gateway', 'lan', 'caller'];
export const CLIENT_ROWS = 2048;
const RATE_MS = 1000;

interface Facts {
  mac: string | null;
  name: string | null;
  leaseExpires: number | null;
}

export class ClientTable {
  readonly address = new Int32Array(CLIENT_ROWS);
  readonly bytesUp = new Float64Array(CLIENT_ROWS);
  readonly bytesDown = new Float64Array(CLIENT_ROWS);
  readonly lastSeen = new Float64Array(CLIENT_ROWS);
  /** The caller's link number; 0 for LAN hosts and the gateway, who are reached through masq0. */
  readonly link = new Uint16Array(CLIENT_ROWS);
  /** Slot + 1 of the uplink that its flows keep to where several are up, 0 when none was chosen. */
  readonly home = new Uint8Array(CLIENT_ROWS);
  /** 1 when the client may not use the link (paused, or not among the chosen). */
  readonly blocked = new Uint8Array(CLIENT_ROWS);
  readonly sessions = new Int32Array(CLIENT_ROWS);
  readonly mappings = new Int32Array(CLIENT_ROWS);
  /** New mappings the client may still make, and when that was last reckoned (RFC 6888 REQ-4). */
  readonly allowance = new Float64Array(CLIENT_ROWS);
  readonly allowanceAt = new Float64Array(CLIENT_ROWS);
  /** ICMP errors that may still be sent to the client, and when that was last reckoned (RFC 1812 §4.3.2.8). */
  readonly errors = new Float64Array(CLIENT_ROWS);
  readonly errorsAt = new Float64Array(CLIENT_ROWS);
  readonly #kind = new Uint8Array(CLIENT_ROWS);
  readonly #firstSeen = new Float64Array(CLIENT_ROWS);
  readonly #rateUp = new Float64Array(CLIENT_ROWS);
  readonly #rateDown = new Float64Array(CLIENT_ROWS);
  readonly #markUp = new Float64Array(CLIENT_ROWS);
  readonly #markDown = new Float64Array(CLIENT_ROWS);
  readonly #facts: (Facts | undefined)[] = [];
  readonly #byAddress = new Map<number, number>();
  #rows = 1;
  #markedAt = 0;
  #isBlocked: (address: number, kind: ClientKind) => boolean = () => false;
  readonly #isPaused = new Set<number>();

  constructor(gatewayAddress: number, now: number) {
    this.#fill(GATEWAY_CLIENT, gatewayAddress, 'gateway', now);
    this.#markedAt = now;
  }

  /** Facts that others found out about an address: its card, its name, the end of its lease (ms since the epoch). */
  describe(
    address: string,
    facts: { mac?: string; name?: string; leaseExpires?: number },
    now: number,
  ): void {
    const row = this.idFor(parseAddress(address), 'lan', now);
    if (row < 0) return;
    const known = this.#facts[row] ?? { mac: null, name: null, leaseExpires: null };
    this.#facts[row] = {
      mac: facts.mac === undefined ? known.mac : facts.mac.slice(0, 17),
      name: facts.name === undefined ? known.name : facts.name.slice(0, 64) || null,
      leaseExpires: facts.leaseExpires ?? known.leaseExpires,
    };
  }

  /** The row of an address, or -1 when it has none. */
  find(address: number): number {
    return this.#byAddress.get(address | 0) ?? -1;
  }

  /**
   * The client number of an address (32 bits, signed or not), given a row when it is new. -1 when all rows are taken by
   * clients that have something open.
   */
  idFor(address: number, kind: ClientKind, now: number): number {
    const known = this.#byAddress.get(address | 0);
    if (known !== undefined) {
      // A caller stays one while it has a link; then its address may be a LAN host's again.
      if (known !== GATEWAY_CLIENT && (kind !== 'lan' || this.link[known] === 0))
        this.#kind[known] = KINDS.indexOf(kind);
      return known;
    }
    const row = this.#rows < CLIENT_ROWS ? this.#rows++ : this.#idlest();
    if (row < 0) return -1;
    this.#fill(row, address | 0, kind, now);
    return row;
  }

  /** A caller has come: its row, its link and its user name. */
  callerUp(address: number, link: number, name: string | null, now: number): number {
    const row = this.idFor(address, 'caller', now);
    if (row < 0) return -1;
    this.link[row] = link;
    this.#facts[row] = { mac: null, name, leaseExpires: null };
    return row;
  }

  callerDown(address: number): void {
    const row = this.find(address);
    if (row < 0) return;
    this.link[row] = 0;
    this.reviewAccess(row);
  }

  /** Asks anew whether this client may use the link: what it is has changed. */
  reviewAccess(row: number): void {
    this.blocked[row] = this.#isBlocked(this.address[row] as number, this.kindOf(row)) ? 1 : 0;
  }

  kindOf(row: number): ClientKind {
    return KINDS[this.#kind[row] as number] as ClientKind;
  }

  /** Who may not use the link, and who is paused; asked again for every known client, and once for each new one. */
  setAccess(isBlocked: (address: number, kind: ClientKind) => boolean, paused: Iterable<number>): void {
    this.#isBlocked = isBlocked;
    this.#isPaused.clear();
    for (const address of paused) this.#isPaused.add(address | 0);
    for (let row = 0; row < this.#rows; row++) this.reviewAccess(row);
  }

  countUp(row: number, bytes: number, now: number): void {
    this.bytesUp[row] = (this.bytesUp[row] as number) + bytes;
    this.lastSeen[row] = now;
  }
  countDown(row: number, bytes: number): void {
    this.bytesDown[row] = (this.bytesDown[row] as number) + bytes;
  }

  /** Reckons the rates about once a second. */
  tick(now: number): void {
    const elapsed = now - this.#markedAt;
    if (elapsed < RATE_MS && elapsed >= 0) return;
    this.#markedAt = now;
    const scale = elapsed > 0 ? 8000 / elapsed : 0;
    for (let row = 0; row < this.#rows; row++) {
      const up = this.bytesUp[row] as number;
      const down = this.bytesDown[row] as number;
      this.#rateUp[row] = (up - (this.#markUp[row] as number)) * scale;
      this.#rateDown[row] = (down - (this.#markDown[row] as number)) * scale;
      this.#markUp[row] = up;
      this.#markDown[row] = down;
    }
  }

  /** Everybody known, the gateway only once it used the link. */
  list(_now: number): Client[] {
    const clients: Client[] = [];
    for (let row = 0; row < this.#rows; row++) {
      if (row === GATEWAY_CLIENT && (this.bytesUp[row] as number) + (this.bytesDown[row] as number) === 0)
        continue;
      const facts = this.#facts[row];
      const address = this.address[row] as number;
      clients.push({
        id: row,
        kind: this.kindOf(row),
        address: formatAddress(address),
        mac: facts?.mac ?? null,
        name: facts?.name ?? null,
        firstSeen: this.#firstSeen[row] as number,
        lastSeen: this.lastSeen[row] as number,
        leaseExpires: facts?.leaseExpires ?? null,
        bytesUp: this.bytesUp[row] as number,
        bytesDown: this.bytesDown[row] as number,
        rateUp: Math.round(this.#rateUp[row] as number),
        rateDown: Math.round(this.#rateDown[row] as number),
        sessions: this.sessions[row] as number,
        paused: this.#isPaused.has(address),
      });
    }
    return clients;
  }

  #fill(row: number, address: number, kind: ClientKind, now: number): void {
    this.address[row] = address;
    this.#kind[row] = KINDS.indexOf(kind);
    this.#firstSeen[row] = now;
    this.lastSeen[row] = now;
    this.link[row] = 0;
    this.home[row] = 0;
    this.bytesUp[row] = 0;
    this.bytesDown[row] = 0;
    this.#markUp[row] = 0;
    this.#markDown[row] = 0;
    this.#rateUp[row] = 0;
    this.#rateDown[row] = 0;
    this.sessions[row] = 0;
    this.mappings[row] = 0;
    this.allowance[row] = 0;
    this.allowanceAt[row] = 0;
    this.errors[row] = 0;
    this.errorsAt[row] = 0;
    this.#facts[row] = undefined;
    this.blocked[row] = this.#isBlocked(address, kind) ? 1 : 0;
    this.#byAddress.set(address, row);
  }

  /** The row longest unseen among those with nothing open, freed for another. */
  #idlest(): number {
    let idlest = -1;
    for (let row = 1; row < CLIENT_ROWS; row++)
      if (
        this.mappings[row] === 0 &&
        this.sessions[row] === 0 &&
        this.link[row] === 0 &&
        (idlest < 0 || (this.lastSeen[row] as number) < (this.lastSeen[idlest] as number))
      )
        idlest = row;
    if (idlest >= 0) this.#byAddress.delete(this.address[idlest] as number);
    return idlest;
  }
}
