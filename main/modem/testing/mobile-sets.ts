/**
 * Two modems that are not on a telephone line, as traits of the scripted modem: a mobile module with a SIM card and a network
 * (3GPP TS 27.007), and a satellite telephone of Iridium's manner. For tests.
 */
import type { FakeModemTraits } from './fake-modem.ts';

export interface SimCard {
  /** Null: not locked. */
  pin: string | null;
  /** Wrong ones it still bears. */
  tries: number;
  /** Questions for the registration until the network has it; Infinity: never. */
  registersAfter: number;
  roaming?: boolean;
}

const ok = (line: string) => `\r\n${line}\r\n\r\nOK\r\n`;

/** `card` is changed by what is done to it. Its CONNECT figure is an invention, as real modules' are. */
export function mobileModule(card: SimCard): Partial<FakeModemTraits> {
  let asked = 0;
  return {
    dcd: 'high',
    answers: {
      I: ok('Quectel\r\nEC25'),
      '+CPIN?': () => {
        if (card.pin === null) return ok('+CPIN: READY');
        return ok(card.tries > 0 ? '+CPIN: SIM PIN' : '+CPIN: SIM PUK');
      },
      '+CREG?': () => {
        if (card.pin !== null) return ok('+CREG: 0,0');
        asked += 1;
        return ok(`+CREG: 0,${asked <= card.registersAfter ? 2 : card.roaming ? 5 : 1}`);
      },
      '+CGREG?': ok('+CGREG: 0,0'),
      '+CEREG?': ok('+CEREG: 0,0'),
      '+CSQ': ok('+CSQ: 17,99'),
      '+COPS?': ok('+COPS: 0,0,"Example Mobile",7'),
    },
    other: (command) => {
      const given = /^\+CPIN="(\d*)"$/.exec(command)?.[1];
      if (given === undefined) return undefined;
      if (card.pin === null || card.tries === 0) return '\r\n+CME ERROR: 3\r\n';
      if (given === card.pin) {
        card.pin = null;
        return '\r\nOK\r\n';
      }
      card.tries -= 1;
      return '\r\n+CME ERROR: 16\r\n';
    },
    dialResult: '\r\nCONNECT 150000000\r\n',
    dialTime: 300,
  };
}

/** 19 200 bit/s with the computer, half a minute to the far end, and a CONNECT that names the port's rate. */
export function satelliteSet(): Partial<FakeModemTraits> {
  return {
    rates: [19_200],
    latency: 60,
    answers: {
      I: ok('Iridium'),
      '+GMI': ok('Iridium'),
      '+GMM': ok('9522B Satellite Modem'),
      W2: '\r\nERROR\r\n',
      '+MR=1': '\r\nERROR\r\n',
      '+ER=1': '\r\nERROR\r\n',
      '+DR=1': '\r\nERROR\r\n',
    },
    dialResult: '\r\nCONNECT 19200\r\n',
    dialTime: 35_000,
  };
}
