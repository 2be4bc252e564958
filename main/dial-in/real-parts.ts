/** The parts dial-in is made of in the product: the modem driver, serial ports, PPP, the system's clock and randomness. */
import { randomBytes } from 'node:crypto';
import { linkClock } from '../link/parts.ts';
import { Modem } from '../modem/modem.ts';
import { openSerialLine } from '../modem/serial-line.ts';
import { PppSession } from '../ppp/session.ts';
import type { DialInParts } from './dial-in.ts';

export const realDialInParts: DialInParts = {
  clock: linkClock,
  openModem: (path, rate, signal, onProgress) => Modem.open(path, rate, signal, onProgress),
  openCable: (path, rate, flow) => openSerialLine(path, rate, flow),
  createPpp: (config, sink) => new PppSession(config, sink, randomBytes),
};
