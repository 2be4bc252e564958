// The helpers' posts: which are switched on, at which ports they stand, and what each has counted. Several may stand at one port.
import type { HelperPort, HelperSetting, HelperState } from '../contract.ts';
import { TCP } from '../packet/ipv4.ts';
import type { Helper, Transport } from './helper.ts';

export interface Tally {
  hits: number;
  /** Milliseconds. */
  lastUse: number | null;
  readonly refusals: Map<string, number>;
}

export interface Post {
  readonly helper: Helper;
  on: boolean;
  ports: readonly HelperPort[];
  readonly tally: Tally;
}

/** One way in which a helper stands at a port. */
export interface Claim {
  readonly post: Post;
  readonly transport: Transport;
}

const NOBODY: readonly Claim[] = [];
/** Bits of a port: somebody stands there. */
const BY_TCP = 1;
const BY_UDP = 2;

export class Posts {
  readonly #posts: readonly Post[];
  readonly #tcp = new Map<number, Claim[]>();
  readonly #udp = new Map<number, Claim[]>();
  /** By port, so that a new session that is nobody's costs one look. */
  readonly #manned = new Uint8Array(65_536);

  constructor(helpers: readonly Helper[]) {
    this.#posts = helpers.map((helper) => ({
      helper,
      on: helper.on,
      ports: portsOf(helper),
      tally: { hits: 0, lastUse: null, refusals: new Map() },
    }));
    this.configure({});
  }

  /** Settings by helper name; one not named stands as it was made. */
  configure(settings: Record<string, HelperSetting>): void {
    this.#tcp.clear();
    this.#udp.clear();
    this.#manned.fill(0);
    for (const post of this.#posts) {
      const setting = settings[post.helper.name];
      post.on = setting?.on ?? post.helper.on;
      post.ports = setting && setting.ports.length > 0 ? setting.ports : portsOf(post.helper);
      if (!post.on) continue;
      for (const transport of post.helper.transports)
        for (const port of portsBy(transport.protocol, post.ports)) this.#stand(port, { post, transport });
    }
  }

  #stand(port: number, claim: Claim): void {
    const tcp = claim.transport.protocol === 'tcp';
    const claims = tcp ? this.#tcp : this.#udp;
    const there = claims.get(port) ?? [];
    if (there.some(({ post }) => post === claim.post)) return;
    claims.set(port, [...there, claim]);
    this.#manned[port] = (this.#manned[port] as number) | (tcp ? BY_TCP : BY_UDP);
  }

  /** Who stands at this port of TCP or UDP, in the registry's order. */
  at(protocol: number, port: number): readonly Claim[] {
    const bit = protocol === TCP ? BY_TCP : BY_UDP;
    if (((this.#manned[port] as number) & bit) === 0) return NOBODY;
    return (protocol === TCP ? this.#tcp : this.#udp).get(port) ?? NOBODY;
  }

  of(helper: Helper | null): Post | undefined {
    return this.#posts.find((post) => post.helper === helper);
  }

  /** `expectations`: how many sessions this helper awaits. */
  states(expectations: (helper: Helper) => number): HelperState[] {
    return this.#posts.map(({ helper, on, ports, tally }) => ({
      name: helper.name,
      title: helper.title,
      opens: helper.opens,
      on,
      ports: [...ports],
      hits: tally.hits,
      expectations: expectations(helper),
      lastUse: tally.lastUse,
      refusals: [...tally.refusals].map(([reason, count]) => ({ reason, count })),
    }));
  }
}

/** A helper's own ports: with their protocol where it has ports that are of one only. */
export function portsOf({ transports }: Helper): HelperPort[] {
  const ports = new Set<HelperPort>();
  for (const { protocol, ports: own } of transports)
    for (const port of own)
      ports.add(transports.every((one) => one.ports.includes(port)) ? port : `${port}/${protocol}`);
  return [...ports];
}

function portsBy(protocol: 'tcp' | 'udp', ports: readonly HelperPort[]): number[] {
  return ports.flatMap((port) => {
    if (typeof port === 'number') return port;
    const [number, by] = port.split('/');
    return by === protocol ? Number(number) : [];
  });
}
