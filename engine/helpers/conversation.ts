// For tests of helpers: one TCP session through the router with its two ends scripted, what each end gets put together again by
// sequence number, and the trials that every reader of a stream must stand: cut anywhere, repeated, out of order, broken off.
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import type { HelperState } from '../contract.ts';
import { routerRuns, tellInputs } from '../masquerade/fuzz.ts';
import { forward, HOST1, Lab, OUTSIDE, type Packet, SERVER, tcp, udp } from '../masquerade/lab.ts';
import { ACK, PSH, SYN } from '../packet/tcp.ts';

afterAll(tellInputs);

/** What one end has got: bytes by their place in the stream. Throws when a byte comes again and is another. */
class Received {
  readonly #bytes = new Map<number, string>();
  readonly #origin: number;

  constructor(origin: number) {
    this.#origin = origin;
  }
  take(packet: Packet): void {
    for (let i = 0; i < packet.payload.length; i++) {
      const place = (packet.sequence - this.#origin + i) | 0;
      const known = this.#bytes.get(place);
      if (known !== undefined && known !== packet.payload[i])
        throw new Error('repeated bytes are not the same');
      this.#bytes.set(place, packet.payload[i] as string);
    }
  }
  /** Without a gap from the beginning. */
  get text(): string {
    let text = '';
    for (let i = 0; this.#bytes.has(i); i++) text += this.#bytes.get(i);
    return text;
  }
}

export interface Scene {
  /** The helper's name, and whether it is switched on. */
  helper: string;
  on?: boolean;
  port: number;
  clientPort?: number;
  inside?: string;
  remote?: string;
  /** The link's address. */
  outside?: string;
  /** A forward leads `port` to the inside host, which is the server. */
  insideIsServer?: boolean;
  lab?: Lab;
}

/** A session that is open; `say` is sent from inside, `hear` from outside. */
export class Conversation {
  readonly lab: Lab;
  readonly helper: string;
  readonly inside: string;
  readonly insidePort: number;
  readonly remote: string;
  readonly remotePort: number;
  readonly outside: string;
  readonly outsidePort: number;
  /** Next sequence numbers as each end counts its own. */
  said = 101;
  heard = 901;
  readonly toInside = new Received(901);
  readonly toRemote = new Received(101);

  constructor(scene: Scene) {
    const { helper, port, clientPort = 40_000, insideIsServer = false } = scene;
    this.helper = helper;
    this.inside = scene.inside ?? HOST1;
    this.remote = scene.remote ?? SERVER;
    this.outside = scene.outside ?? OUTSIDE;
    this.insidePort = insideIsServer ? port : clientPort;
    this.remotePort = insideIsServer ? clientPort : port;
    this.lab = scene.lab ?? labFor(scene);
    if (insideIsServer) {
      this.lab.in(
        tcp(this.remote, this.remotePort, this.outside, this.insidePort, { flags: SYN, sequence: 900 }),
      );
      this.#say({ flags: SYN | ACK, sequence: 100, acknowledgement: 901 });
      this.outsidePort = this.insidePort;
      this.#hear({ sequence: 901, acknowledgement: 101 });
    } else {
      const [syn] = this.#say({ flags: SYN, sequence: 100 });
      this.outsidePort = syn?.sourcePort ?? 0;
      this.#hear({ flags: SYN | ACK, sequence: 900, acknowledgement: 101 });
      this.#say({ sequence: 101, acknowledgement: 901 });
    }
  }

  #say(facts: Parameters<typeof tcp>[4]): Packet[] {
    const sent = this.lab.out(tcp(this.inside, this.insidePort, this.remote, this.remotePort, facts));
    return this.#note(sent);
  }
  #hear(facts: Parameters<typeof tcp>[4]): Packet[] {
    return this.#note(this.lab.in(tcp(this.remote, this.remotePort, this.outside, this.outsidePort, facts)));
  }
  #note(packets: Packet[]): Packet[] {
    for (const packet of packets)
      if (packet.protocol === 6) (packet.link === 0 ? this.toInside : this.toRemote).take(packet);
    return packets;
  }

  /** From inside: what went on at once. */
  say(payload: string | Uint8Array, sequence = this.said): string {
    this.said = Math.max(this.said, sequence + payload.length);
    const acknowledgement = 901 + this.toInside.text.length;
    return text(this.#say({ flags: ACK | PSH, sequence, acknowledgement, payload }));
  }
  /** From outside: what went on at once. */
  hear(payload: string | Uint8Array, sequence = this.heard): string {
    this.heard = Math.max(this.heard, sequence + payload.length);
    const acknowledgement = 101 + this.toRemote.text.length;
    return text(this.#hear({ flags: ACK | PSH, sequence, acknowledgement, payload }));
  }

  get state(): HelperState {
    const state = this.lab.router.helperStates().find((one) => one.name === this.helper);
    if (!state) throw new Error(`there is no helper ${this.helper}`);
    return state;
  }
  get refusals(): string[] {
    return this.state.refusals.map((refusal) => refusal.reason);
  }
  get expectations(): number {
    return this.state.expectations;
  }
  get hits(): number {
    return this.state.hits;
  }
  /** Whether a TCP session from outside is let in, and to which inside port. */
  callIn(port: number, from = this.remote, fromPort = 5000): number | null {
    return led(
      this.lab.in(tcp(from, fromPort, this.outside, port, { flags: SYN, sequence: 1 })),
      this.inside,
    );
  }
  /** The same for a datagram. */
  sendIn(port: number, from = this.remote, fromPort = 5000): number | null {
    return led(this.lab.in(udp(from, fromPort, this.outside, port)), this.inside);
  }
}

export function labFor(scene: Scene): Lab {
  const { helper, port, on = true } = scene;
  const forwards = scene.insideIsServer
    ? [
        forward({
          id: 'in',
          first: port,
          last: port,
          insideFirst: port,
          hosts: [{ address: scene.inside ?? HOST1, weight: 1 }],
        }),
      ]
    : [];
  return new Lab({ helpers: { [helper]: { on, ports: [port] } }, forwards }).up(scene.outside);
}

function led(packets: Packet[], inside: string): number | null {
  const packet = packets.find((one) => one.link === 0 && one.destination === inside);
  return packet ? packet.destinationPort : null;
}

export function text(packets: Packet[]): string {
  return packets.map((packet) => packet.payload).join('');
}

export interface Trial {
  scene: Scene;
  /** What is said before, by both ends, as a whole. */
  before?: (conversation: Conversation) => void;
  /** Who sends, what, and what the other end is to get. */
  from: 'inside' | 'outside';
  sent: string;
  got: string;
  /** How many sessions are awaited afterwards. */
  opens: number;
}

/** The trials of a stream's reader; each on its own client port of one lab. */
export function standsTrials(name: string, trial: Trial): void {
  let port = 41_000;
  let lab: Lab | undefined;
  function begin(): { conversation: Conversation; origin: number; already: number } {
    if (!lab) lab = labFor(trial.scene);
    lab.router.cut(trial.scene.inside ?? HOST1, lab.now);
    lab.pass(500);
    const conversation = new Conversation({ ...trial.scene, clientPort: port++, lab });
    trial.before?.(conversation);
    const origin = trial.from === 'inside' ? conversation.said : conversation.heard;
    return { conversation, origin, already: received(conversation).length };
  }
  const received = (conversation: Conversation) =>
    (trial.from === 'inside' ? conversation.toRemote : conversation.toInside).text;
  const send = (conversation: Conversation, payload: string, sequence: number) =>
    trial.from === 'inside' ? conversation.say(payload, sequence) : conversation.hear(payload, sequence);

  it(`${name}: cut anywhere, the result is the same`, () => {
    for (let cut = 0; cut < trial.sent.length; cut++) {
      const { conversation, origin, already } = begin();
      send(conversation, trial.sent.slice(0, cut), origin);
      send(conversation, trial.sent.slice(cut), origin + cut);
      expect(received(conversation).slice(already), `cut at ${cut}`).toBe(trial.got);
      expect(conversation.expectations, `cut at ${cut}`).toBe(trial.opens);
    }
    const { conversation, origin, already } = begin();
    for (let i = 0; i < trial.sent.length; i++) send(conversation, trial.sent.slice(i, i + 1), origin + i);
    expect(received(conversation).slice(already), 'byte by byte').toBe(trial.got);
  });
  it(`${name}: repeated, out of order and broken off, nothing else comes out`, () => {
    const step = Math.max(1, Math.floor(trial.sent.length / 7));
    for (let cut = 1; cut < trial.sent.length; cut += step) {
      const { conversation, origin, already } = begin();
      const first = trial.sent.slice(0, cut);
      const rest = trial.sent.slice(cut);
      send(conversation, rest, origin + cut);
      send(conversation, first, origin);
      send(conversation, rest, origin + cut);
      send(conversation, first, origin);
      send(conversation, trial.sent, origin);
      send(conversation, rest, origin + cut);
      expect(received(conversation).slice(already), `swapped at ${cut}`).toBe(trial.got);
      const broken = begin();
      send(broken.conversation, first, broken.origin);
      expect(trial.got.startsWith(received(broken.conversation).slice(broken.already))).toBe(true);
    }
  });
}

/** Anything said in any pieces by either end: never an exception, never an unsound packet (the lab checks each). */
export function survivesAnything(scene: Scene, seeds: readonly (string | Uint8Array)[], runs = 60): void {
  it('any bytes from either end do no harm', () => {
    let port = 0;
    const lab = labFor(scene);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), payloads(seeds)), { maxLength: 8 }), (script) => {
        lab.router.cut(scene.inside ?? HOST1, lab.now);
        lab.pass(250);
        const conversation = new Conversation({ ...scene, clientPort: 42_000 + (port++ % 20_000), lab });
        for (const [inside, payload] of script)
          if (inside) conversation.say(payload);
          else conversation.hear(payload);
      }),
      routerRuns(runs),
    );
  });
}

/** Payloads that are nearly right: known ones with pieces cut out, doubled or changed, and plain noise. */
export function payloads(seeds: readonly (string | Uint8Array)[]): fc.Arbitrary<Uint8Array> {
  const known = seeds.map((seed) =>
    typeof seed === 'string' ? Uint8Array.from(seed, (char) => char.charCodeAt(0)) : seed,
  );
  const bent = fc
    .tuple(
      fc.constantFrom(...known),
      fc.nat(),
      fc.nat(40),
      fc.oneof(
        fc.uint8Array({ maxLength: 12 }),
        fc
          .constantFrom('\r\n', '\0', '99999', ' ', '-1')
          .map((s) => Uint8Array.from(s, (c) => c.charCodeAt(0))),
      ),
    )
    .map(([seed, place, removed, added]) => {
      const at = place % (seed.length + 1);
      return Uint8Array.from([...seed.subarray(0, at), ...added, ...seed.subarray(at + removed)]);
    });
  return fc.oneof(bent, fc.constantFrom(...known), fc.uint8Array({ maxLength: 1400 }));
}
