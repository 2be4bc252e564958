/** The parts a link is made of in the product: the modem driver, PPP, the system's clock and randomness. */
import { randomBytes } from 'node:crypto';
import { lostCallFault } from '../modem/call-faults.ts';
import { Modem } from '../modem/modem.ts';
import { closeReasonFault } from '../ppp/reasons.ts';
import { PppSession } from '../ppp/session.ts';
import { SlipSession } from '../ppp/slip-session.ts';
import { linkClock, type UplinkParts } from './parts.ts';

export const realParts: UplinkParts = {
  clock: linkClock,
  openModem: (path, rate, signal, onProgress) => Modem.open(path, rate, signal, onProgress),
  createPpp: (config, sink) => new PppSession(config, sink, randomBytes),
  createSlip: (config, sink) => new SlipSession(config, sink),
  closeReasonFault,
  lostCallFault,
};
