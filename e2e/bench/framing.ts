// How fast PPP's framing is: random data in packets of 576 and 1500 octets through the encoder (check sequence, escapes, ACCM
// 0 as pppd asks for) and, as it comes, through the decoder. Processor time, so that what else the machine does is not counted.
import { HdlcDecoder, HdlcEncoder } from '../../main/ppp/hdlc.ts';
import { type Row, row } from './row.ts';

const OCTETS = 64e6;
const GOAL = 40;
const PROTOCOL_IP = 0x21;

export function framing(): Row[] {
  return [576, 1500].map((size) => {
    const packet = new Uint8Array(size);
    let state = 1;
    for (let i = 0; i < size; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      packet[i] = state >>> 16;
    }
    const encoder = new HdlcEncoder(1500);
    encoder.setAccm(0);
    encoder.addressControlCompression = true;
    encoder.protocolCompression = true;
    let arrived = 0;
    const decoder = new HdlcDecoder(
      1600,
      (_frame, length) => {
        arrived += length - 1;
      },
      (error) => {
        throw new Error(error);
      },
    );
    decoder.setAccm(0);
    const round = (octets: number) => {
      for (let done = 0; done < octets; done += size)
        decoder.push(encoder.encode(PROTOCOL_IP, packet, 0, size, false, done === 0));
    };
    round(OCTETS / 8);
    arrived = 0;
    const before = process.cpuUsage();
    round(OCTETS);
    const { user, system } = process.cpuUsage(before);
    if (arrived < OCTETS) throw new Error(`only ${arrived} of ${OCTETS} octets came through`);
    const value = arrived / (user + system);
    return row({
      name: `PPP framing, encoded and decoded again, packets of ${size}`,
      value,
      unit: 'MB/s',
      goal: `≥ ${GOAL}`,
      met: value >= GOAL,
      why: 'no peer frames in process here: pppd leaves it to the kernel',
    });
  });
}
