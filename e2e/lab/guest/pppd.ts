/**
 * Providers nobody here wrote: Debian's pppd in a guest, one for each number, asking for PAP, CHAP or nothing. They give
 * addresses from 203.0.113.128/25 and answer ping. User and password are those of the practice provider.
 */
import type { Socket } from 'node:net';
import type { Exchange } from '../../../main/practice/exchange.ts';
import { answering } from '../../../main/practice/hayes-settings.ts';
import { PRACTICE_PASSWORD, PRACTICE_USER } from '../../../main/practice/practice-line.ts';
import { StreamTerminal } from '../stream-terminal.ts';
import { type Guest, startGuest } from './guest.ts';

export interface PppdOptions {
  number: string;
  auth: 'pap' | 'chap' | 'mschap' | 'mschap-v2' | 'none';
  /** More of pppd's own options, such as `nodeflate`. */
  options?: readonly string[];
}

export interface PppdProviders {
  readonly guest: Guest;
  close(): Promise<void>;
}

/** The provider's own address, the one it gives and its name server, by place in the list. */
export const pppdAddresses = (index: number) => ({
  provider: `203.0.113.${index + 161}`,
  caller: `203.0.113.${index + 193}`,
  dns: '203.0.113.153',
});

/** Boots one guest with a pppd under each number (at most three), ready when this resolves. */
export async function guestProviders(
  exchange: Exchange,
  providers: readonly PppdOptions[],
): Promise<PppdProviders> {
  const guest = await startGuest({
    script: pppdScript(providers),
    lines: Math.min(3, providers.length) as 0 | 1 | 2 | 3,
  });
  const stations = providers.map(({ number }, index) => {
    const terminal = socketTerminal(guest.lines[index] as Socket);
    const station = exchange.plug(terminal, number, answering());
    terminal.attach(station);
    return station;
  });
  const close = async () => {
    for (const station of stations) exchange.unplug(station);
    await guest.stop();
  };
  await guest.printed(/LAB-READY/).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { guest, close };
}

/** One pppd in a guest of its own. */
export function guestProvider(exchange: Exchange, provider: PppdOptions): Promise<PppdProviders> {
  return guestProviders(exchange, [provider]);
}

/** pppd as a service: it waits for the caller to speak, and begins again after each call. */
function pppdScript(providers: readonly PppdOptions[]): string {
  const secret = `${PRACTICE_USER} * ${PRACTICE_PASSWORD} *`;
  const services = providers.map(({ auth, options = [] }, index) => {
    const { provider, caller, dns } = pppdAddresses(index);
    const words = [
      `/dev/ttyS${index + 1} 115200 local lock nodetach nocrtscts silent name lab-provider asyncmap 0`,
      `${provider}:${caller} ms-dns ${dns} lcp-echo-interval 3 lcp-echo-failure 3 debug`,
      auth === 'none' ? 'noauth' : `auth require-${auth}`,
      ...options,
    ];
    return `while :; do pppd ${words.join(' ')}; sleep 0.2; done &`;
  });
  return [
    'ip link set lo up',
    'mkdir -p /run/lock /var/lock',
    `echo '${secret}' > /etc/ppp/pap-secrets`,
    `echo '${secret}' > /etc/ppp/chap-secrets`,
    ': > /etc/ppp/options',
    ...services,
    // Ready is when every pppd has its port: the flags of a port that is not open yet would echo.
    `for port in ${providers.map((_, index) => index + 1).join(' ')}; do`,
    '  until grep -qs . /run/lock/LCK..ttyS$port /var/lock/LCK..ttyS$port; do sleep 0.1; done',
    'done',
    'sleep 0.3',
    'echo LAB-READY',
    'wait',
    '',
  ].join('\n');
}

/** Sees, and may change, what passes between a guest's port and its modem. */
export interface Wire {
  toGuest(bytes: Uint8Array): Uint8Array;
  fromGuest(bytes: Uint8Array): Uint8Array;
}

const PLAIN: Wire = { toGuest: (bytes) => bytes, fromGuest: (bytes) => bytes };

/** A guest's serial port behind a modem; see StreamTerminal for `onCarrier` and `calls`. */
export function socketTerminal(
  socket: Socket,
  onCarrier?: (on: boolean) => void,
  calls = false,
  wire = PLAIN,
): StreamTerminal {
  const terminal = new StreamTerminal(onCarrier, calls);
  socket.on('data', (bytes: Buffer) => terminal.fromStream(wire.fromGuest(bytes)));
  socket.on('drain', () => terminal.drained());
  terminal.connect({
    write: (bytes) => socket.write(wire.toGuest(bytes)),
    queued: () => socket.writableLength,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  });
  return terminal;
}
