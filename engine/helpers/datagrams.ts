// For tests of helpers: one UDP session through the router with its two ends scripted, and the trial every reader of datagrams must
// stand. Filtering is by address and port, so that nothing comes in but what a helper opens.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MASQUERADE_DEFAULT } from '../contract.ts';
import { routerRuns } from '../masquerade/fuzz.ts';
import { forward, HOST1, Lab, OUTSIDE, type Packet, SERVER, tcp, udp } from '../masquerade/lab.ts';
import { SYN } from '../packet/tcp.ts';
import { payloads } from './conversation.ts';

export interface Meeting {
  helper: string;
  on?: boolean;
  port: number;
  clientPort?: number;
  inside?: string;
  remote?: string;
  /** A forward leads `port` to the inside host, which is the server. */
  insideIsServer?: boolean;
  lab?: Lab;
}

type Payload = string | Uint8Array;

const UDP_PAYLOAD = 28;

export function strictLab(meeting: Meeting): Lab {
  const { helper, on = true, port, insideIsServer = false, inside = HOST1 } = meeting;
  const filtering = 'address-and-port-dependent' as const;
  return new Lab({
    masquerade: { ...MASQUERADE_DEFAULT, udpFiltering: filtering, tcpFiltering: filtering },
    helpers: { [helper]: { on, ports: [] } },
    forwards: insideIsServer
      ? [
          forward({
            id: 'in',
            protocol: 'udp',
            first: port,
            last: port,
            insideFirst: port,
            hosts: [{ address: inside, weight: 1 }],
          }),
        ]
      : [],
  }).up();
}

/** Two ends of one UDP session; the first datagram opens it. */
export class Datagrams {
  readonly lab: Lab;
  readonly helper: string;
  readonly inside: string;
  readonly insidePort: number;
  readonly remote: string;
  readonly remotePort: number;
  /** Under which port the remote sees the inside end, once it has spoken. */
  outsidePort: number;

  constructor(meeting: Meeting) {
    const { port, clientPort = 2000, insideIsServer = false } = meeting;
    this.helper = meeting.helper;
    this.inside = meeting.inside ?? HOST1;
    this.remote = meeting.remote ?? SERVER;
    this.insidePort = insideIsServer ? port : clientPort;
    this.remotePort = insideIsServer ? clientPort : port;
    this.outsidePort = this.insidePort;
    this.lab = meeting.lab ?? strictLab(meeting);
  }

  /** From inside; the payload as the remote gets it, or null. */
  say(payload: Payload): Uint8Array | null {
    const sent = this.lab.out(udp(this.inside, this.insidePort, this.remote, this.remotePort, payload));
    const packet = sent.find((one) => one.link !== 0);
    if (packet) this.outsidePort = packet.sourcePort;
    return payloadOf(packet);
  }
  /** From outside; the payload as the inside end gets it, or null. */
  hear(payload: Payload): Uint8Array | null {
    const sent = this.lab.in(udp(this.remote, this.remotePort, OUTSIDE, this.outsidePort, payload));
    return payloadOf(sent.find((one) => one.link === 0));
  }

  /** Whether a TCP session from outside is let in, and to which inside port. */
  callIn(port: number, from = this.remote, fromPort = 5000): number | null {
    return this.#led(this.lab.in(tcp(from, fromPort, OUTSIDE, port, { flags: SYN, sequence: 1 })));
  }
  /** The same for a datagram. */
  sendIn(port: number, from = this.remote, fromPort = 5000): number | null {
    return this.#led(this.lab.in(udp(from, fromPort, OUTSIDE, port)));
  }
  #led(packets: Packet[]): number | null {
    const packet = packets.find((one) => one.link === 0 && one.destination === this.inside);
    return packet ? packet.destinationPort : null;
  }

  get #state() {
    const state = this.lab.router.helperStates().find((one) => one.name === this.helper);
    if (!state) throw new Error(`there is no helper ${this.helper}`);
    return state;
  }
  get expectations(): number {
    return this.#state.expectations;
  }
  get hits(): number {
    return this.#state.hits;
  }
  get refusals(): string[] {
    return this.#state.refusals.map((refusal) => refusal.reason);
  }
}

function payloadOf(packet: Packet | undefined): Uint8Array | null {
  return packet ? packet.bytes.subarray(UDP_PAYLOAD) : null;
}

/** Any datagrams from either end: never an exception, never an unsound packet (the lab checks each), never more than may be awaited. */
export function survivesAnyDatagram(meeting: Meeting, seeds: readonly Payload[], runs = 150): void {
  it(`any datagrams do no harm${meeting.insideIsServer ? ', server inside' : ''}`, () => {
    const lab = strictLab(meeting);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), payloads(seeds)), { maxLength: 10 }), (script) => {
        lab.router.cut(meeting.inside ?? HOST1, lab.now);
        lab.pass(250);
        const ends = new Datagrams({ ...meeting, lab });
        for (const [inside, payload] of script)
          if (inside) ends.say(payload);
          else ends.hear(payload);
        expect(ends.expectations).toBeLessThanOrEqual(16);
      }),
      routerRuns(runs),
    );
  });
  it(`any truncation of a sound datagram does no harm${meeting.insideIsServer ? ', server inside' : ''}`, () => {
    const ends = new Datagrams(meeting);
    for (const seed of seeds)
      for (let length = 0; length < seed.length; length++) {
        ends.say(seed.slice(0, length));
        ends.hear(seed.slice(0, length));
      }
    expect(ends.expectations).toBeLessThanOrEqual(16);
  });
}
