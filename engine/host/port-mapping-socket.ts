/**
 * The UDP socket at which LAN programs ask for ports (PCP and NAT-PMP, port 5351): bound to the LAN address and, by
 * SO_BINDTODEVICE, to the LAN card, so that nothing from any other card is ever heard; announcements go to that card's
 * 224.0.0.1, port 5350. Knows nothing of what the datagrams say.
 */
import { createSocket, type Socket } from 'node:dgram';
import type { Fault, Lan } from '../contract.ts';
import { fault } from './faults.ts';
import { bindToDevice } from './libc.ts';
import type { Log } from './network.ts';

const SERVER_PORT = 5351;
const CLIENT_PORT = 5350;
const ALL_HOSTS = '224.0.0.1';
const AGAIN_MS = 5_000;

export interface PortMappingEvents {
  /** The response to a datagram, or null for none. */
  request(bytes: Uint8Array, source: string): Uint8Array | null;
  fault(fault: Fault | null): void;
  log: Log;
}

export class PortMappingSocket {
  readonly #events: PortMappingEvents;
  #lan: Lan | null = null;
  #socket: Socket | null = null;
  #again: NodeJS.Timeout | null = null;

  constructor(events: PortMappingEvents) {
    this.#events = events;
  }

  /** Listens on this LAN from now on; on none when null. */
  serve(lan: Lan | null): void {
    if (this.#lan?.interface === lan?.interface && this.#lan?.address === lan?.address) return;
    this.#lan = lan;
    this.#close();
    if (lan === null) this.#events.fault(null);
    else this.#open(lan);
  }

  /** Listens anew where it listened: the card was gone, and a socket keeps to the card it was bound to. */
  again(): void {
    const lan = this.#lan;
    this.serve(null);
    this.serve(lan);
  }

  /** To every program on the LAN that listens for a new epoch. */
  announce(message: Uint8Array): void {
    this.#socket?.send(message, CLIENT_PORT, ALL_HOSTS, () => {});
  }

  #open(lan: Lan): void {
    const socket = createSocket('udp4');
    let bound = false;
    socket.on('message', (bytes, { address, port }) => {
      const answer = bound ? this.#events.request(bytes, address) : null;
      if (answer !== null) socket.send(answer, port, address, () => {});
    });
    socket.on('error', (error) => {
      if (this.#socket !== socket) return;
      this.#close();
      this.#events.fault(notListening(lan, error));
      this.#again = setTimeout(() => this.#open(lan), AGAIN_MS);
    });
    this.#socket = socket;
    socket.bind(SERVER_PORT, lan.address, () => {
      if (this.#socket !== socket) return;
      const fd = (socket as unknown as { _handle?: { fd?: number } })._handle?.fd ?? -1;
      if (!bindToDevice(fd, lan.interface)) {
        socket.emit('error', new Error(`the socket could not be kept to ${lan.interface}`));
        return;
      }
      socket.setMulticastInterface(lan.address);
      bound = true;
      this.#events.fault(null);
      this.#events.log('info', `Programs on ${lan.interface} may ask for ports at ${lan.address}.`);
    });
  }

  #close(): void {
    if (this.#again) clearTimeout(this.#again);
    this.#again = null;
    this.#socket?.close();
    this.#socket = null;
  }
}

function notListening(lan: Lan, error: unknown): Fault {
  const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  return fault(
    'port-mapping',
    'Programs on the LAN cannot open ports themselves for now.',
    taken
      ? `Another program on this computer, such as miniupnpd, uses UDP port ${SERVER_PORT}.`
      : `Masq-Gate could not listen at ${lan.address}, UDP port ${SERVER_PORT}.`,
    taken
      ? 'End that program, or switch PCP and NAT-PMP off in Settings.'
      : 'It tries again every 5 seconds.',
    String(error),
  );
}
