/**
 * A peer whose every packet the test writes itself, for what no well-behaved peer would say.
 * Our session is on the other side; its control packets are collected decoded, in words and in octets.
 */
import { describePacket } from '../describe.ts';
import { HdlcDecoder, HdlcEncoder } from '../hdlc.ts';
import {
  buildOptions,
  buildPacket,
  type ControlPacket,
  type Option,
  PROTOCOL_IPCP,
  PROTOCOL_LCP,
  parsePacket,
  u8,
  u16,
} from '../packet.ts';
import { PppSession } from '../session.ts';
import type { PppClientConfig, PppEvent, PppServerConfig } from '../types.ts';
import { CLIENT, randomBytes, SERVER, seeded } from './simulated-line.ts';

export interface Said extends ControlPacket {
  protocol: number;
  text: string;
}

export class ScriptedPeer {
  now = 0;
  readonly session: PppSession;
  readonly events: PppEvent[] = [];
  readonly said: Said[] = [];
  readonly raw: Uint8Array[] = [];
  readonly packets: Uint8Array[] = [];
  /** Answers a packet of ours, if the test wants that done by itself. */
  reply: (packet: Said) => void = () => {};
  readonly encoder = new HdlcEncoder(2000);
  private readonly decoder = new HdlcDecoder(
    3000,
    (frame, length) => this.read(frame, length),
    () => {},
  );

  constructor(config: Partial<PppClientConfig> | (Partial<PppServerConfig> & { role: 'server' }) = {}) {
    const full =
      config.role === 'server'
        ? { ...SERVER, ...config }
        : { ...CLIENT, ...(config as Partial<PppClientConfig>) };
    this.session = new PppSession(
      full,
      {
        control: (frame) => {
          this.raw.push(frame.slice());
          this.decoder.push(frame.slice());
        },
        deliver: (packet, offset, length) => {
          this.packets.push(packet.slice(offset, offset + length));
        },
        event: (event) => {
          this.events.push(event);
        },
      },
      randomBytes(seeded(5)),
    );
    this.decoder.setAccm(0);
  }

  connect(): this {
    this.session.lowerUp(this.now);
    return this;
  }

  private read(frame: Uint8Array, length: number): void {
    let at = u8(frame, 0) === 0xff ? 2 : 0;
    const protocol = u8(frame, at) & 1 ? u8(frame, at) : u16(frame, at);
    at += u8(frame, at) & 1 ? 1 : 2;
    const packet = parsePacket(frame, at, length);
    if (packet === null) return;
    const said = { ...packet, protocol, text: describePacket(protocol, packet) };
    this.said.push(said);
    this.reply(said);
  }

  /** Text on the line, outside any frame. */
  type(text: string): void {
    this.session.receive(Uint8Array.from(Buffer.from(text, 'latin1')), this.now);
  }

  send(protocol: number, code: number, id: number, body: Uint8Array | Option[] = []): void {
    const data = Array.isArray(body) ? buildOptions(body) : body;
    this.frame(protocol, buildPacket(code, id, data));
  }

  frame(protocol: number, content: Uint8Array): void {
    const plain = protocol === PROTOCOL_LCP;
    this.session.receive(
      this.encoder.encode(protocol, content, 0, content.length, plain, true).slice(),
      this.now,
    );
  }

  /** Our last packet of this kind. */
  last(protocol: number, code: number): Said {
    const found = this.said.findLast((packet) => packet.protocol === protocol && packet.code === code);
    if (found === undefined) throw new Error(`nothing said with code ${code}`);
    return found;
  }

  count(protocol: number, code: number): number {
    return this.said.filter((packet) => packet.protocol === protocol && packet.code === code).length;
  }

  /** Time passes; whatever falls due is done. */
  wait(milliseconds: number): this {
    const end = this.now + milliseconds;
    for (;;) {
      const next = this.session.nextDeadline();
      if (next === null || next > end) break;
      this.now = Math.max(this.now, next);
      this.session.advance(this.now);
    }
    this.now = end;
    return this;
  }

  /** A plain LCP negotiation: ours acknowledged, `options` asked and acknowledged. */
  openLcp(options: Option[] = []): this {
    const request = this.last(PROTOCOL_LCP, 1);
    this.send(PROTOCOL_LCP, 2, request.id, request.data);
    this.send(PROTOCOL_LCP, 1, 77, options);
    return this;
  }

  /** A plain IPCP negotiation for a client, giving it 10.1.2.3 from 10.1.2.1. */
  openIpcp(): this {
    const request = this.last(PROTOCOL_IPCP, 1);
    this.send(PROTOCOL_IPCP, 3, request.id, [{ type: 3, data: Uint8Array.of(10, 1, 2, 3) }]);
    const again = this.last(PROTOCOL_IPCP, 1);
    this.send(PROTOCOL_IPCP, 2, again.id, again.data);
    this.send(PROTOCOL_IPCP, 1, 78, [{ type: 3, data: Uint8Array.of(10, 1, 2, 1) }]);
    return this;
  }

  get up() {
    return this.events.findLast((event) => event.type === 'up')?.up;
  }

  get down() {
    return this.events.findLast((event) => event.type === 'down');
  }
}
