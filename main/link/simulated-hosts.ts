/** For tests: the hosts at both ends of a simulated line: transfers, a ping, keystrokes that are echoed; and statistics. */
import { ACK, ICMP, PacketView, SYN } from './packet-view.ts';
import type { SimulatedLine } from './simulated-line.ts';
import { ipPacket, tcpPacket } from './simulated-packets.ts';
import { type Direction, Transfer } from './simulated-tcp.ts';

const view = new PacketView();

/** Both sides' demultiplexing, and the things that answer at once. */
export class Hosts {
  readonly #line: SimulatedLine;
  readonly #transfers = new Map<number, Transfer>();
  readonly #waiting = new Map<number, number>();
  /** Our address: the masquerade has put it in front of every client. */
  readonly address = 0xcb007140;
  readonly server = 0xc6336450;
  #nextPort = 20_000;
  #nextEcho = 1;

  constructor(line: SimulatedLine) {
    this.#line = line;
    line.attachInside(this.address, (packet) => this.#arrived(packet, true));
    line.attachOutside(this.server, (packet) => this.#arrived(packet, false));
  }

  transfer(
    direction: Direction,
    client: number,
    options: { total?: number; startAt?: number; onDone?: () => void; delayedAckMs?: number } = {},
  ): Transfer {
    const transfer = new Transfer(this.#line, {
      direction,
      client,
      host: this.address,
      server: this.server,
      port: this.#nextPort++,
      ...options,
    });
    this.#transfers.set(transfer.port, transfer);
    return transfer;
  }

  /** A SYN to an address that never answers. */
  openToNobody(client: number, at: number): void {
    const [sourcePort, flags] = [this.#nextPort++, SYN];
    const syn = { source: this.address, destination: 0xc6336401, sourcePort, destinationPort: 80, flags };
    this.#line.after(at, () =>
      this.#line.sendUp(client, tcpPacket({ ...syn, seq: 0, ack: 0, window: 65_535, payload: 0 })),
    );
  }

  /** Echo requests of 84 octets, one every `every` ms; the round trips are put into `times`. */
  ping(client: number, every: number, times: number[]): void {
    const ping = () => {
      const id = this.#nextEcho++ & 0xffff;
      const packet = ipPacket(ICMP, this.address, this.server, 84);
      packet[20] = 8;
      new DataView(packet.buffer).setUint32(24, id);
      this.#await(id, times);
      this.#line.sendUp(client, packet);
      this.#line.after(every * (0.8 + 0.4 * this.#line.random()), ping);
    };
    this.#line.after(every, ping);
  }

  /** One octet of TCP every `every` ms, echoed by the far side. */
  keystrokes(client: number, every: number, times: number[]): void {
    const port = this.#nextPort++;
    let seq = 1;
    const type = () => {
      this.#await(0x10000 + seq, times);
      this.#line.sendUp(
        client,
        tcpPacket({
          source: this.address,
          destination: this.server,
          sourcePort: port,
          destinationPort: 22,
          seq,
          ack: seq,
          flags: ACK | 0x08,
          window: 500,
          payload: 1,
        }),
      );
      seq += 1;
      this.#line.after(every * (0.8 + 0.4 * this.#line.random()), type);
    };
    this.#line.after(every, type);
  }

  #await(id: number, times: number[]): void {
    const sentAt = this.#line.now;
    this.#waiting.set(id, sentAt);
    this.#times.set(id, times);
  }

  readonly #times = new Map<number, number[]>();

  #answered(id: number): void {
    const sentAt = this.#waiting.get(id);
    if (sentAt === undefined) return;
    this.#times.get(id)?.push(this.#line.now - sentAt);
    this.#waiting.delete(id);
    this.#times.delete(id);
  }

  #arrived(packet: Uint8Array, inside: boolean): void {
    view.read(packet, 0, packet.length);
    if (view.protocol === ICMP) {
      const id = new DataView(packet.buffer).getUint32(24);
      if (inside) {
        this.#answered(id);
        return;
      }
      const reply = packet.slice();
      const fields = new DataView(reply.buffer);
      fields.setUint32(12, this.server);
      fields.setUint32(16, this.address);
      reply[20] = 0;
      this.#line.sendDown(reply);
      return;
    }
    const localPort = inside ? view.destinationPort : view.sourcePort;
    const remotePort = inside ? view.sourcePort : view.destinationPort;
    if (remotePort === 22) this.#keystroke(inside, localPort);
    else this.#transfers.get(localPort)?.receive(packet, inside);
  }

  #keystroke(inside: boolean, port: number): void {
    const { seq, payload } = view;
    if (payload === 0) return;
    if (inside) {
      this.#answered(0x10000 + seq);
      return;
    }
    this.#line.sendDown(
      tcpPacket({
        source: this.server,
        destination: this.address,
        sourcePort: 22,
        destinationPort: port,
        seq,
        ack: (seq + 1) >>> 0,
        flags: ACK | 0x08,
        window: 500,
        payload: 1,
      }),
    );
  }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Jain's index: 1 when all get the same. */
export function fairness(values: readonly number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  const squares = values.reduce((a, b) => a + b * b, 0);
  return (sum * sum) / (values.length * squares);
}
