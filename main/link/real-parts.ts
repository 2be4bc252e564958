/** The parts a link is made of in the product: the modem driver, PPP, the system's clock and randomness. */
import { randomBytes } from 'node:crypto';
import { lostCallFault } from '../modem/call-faults.ts';
import { Modem } from '../modem/modem.ts';
import { openSerialLine } from '../modem/serial-line.ts';
import { closeReasonFault } from '../ppp/reasons.ts';
import { PppSession } from '../ppp/session.ts';
import { SlipSession } from '../ppp/slip-session.ts';
import { CableCall } from './cable-call.ts';
import { linkClock, type UplinkParts } from './parts.ts';

const openCable: UplinkParts['openCable'] = async (path, rate, flow) => {
  const opened = await openSerialLine(path, rate, flow);
  if (!opened.ok) return opened;
  const { line } = opened;
  const call = new CableCall(line, rate);
  line.onData = (bytes) => call.receive(bytes);
  line.onClose = (cause, detail) => call.lose(cause === 'closed' ? 'error' : cause, detail);
  return { ok: true, call, close: () => line.close() };
};

export const realParts: UplinkParts = {
  clock: linkClock,
  openModem: (path, rate, signal, onProgress) => Modem.open(path, rate, signal, onProgress),
  openCable,
  createPpp: (config, sink) => new PppSession(config, sink, randomBytes),
  createSlip: (config, sink) => new SlipSession(config, sink),
  closeReasonFault,
  lostCallFault,
};
