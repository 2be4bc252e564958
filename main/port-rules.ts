/**
 * What every face needs to make forwards and triggers: a free name, whether two claim one port, and the rules that a program
 * of the list needs. Pure, and free of Node, so that the window may use it through the contract.
 */
import {
  type Forward,
  type HelperPort,
  helperPortSchema,
  ipv4Schema,
  type Preset,
  type Trigger,
} from '../engine/contract.ts';

/** How long a trigger keeps its ports open after the last control packet, unless told otherwise; seconds. */
export const TRIGGER_SECONDS = 600;
/** No range of a helper's ports is as long. */
const RANGE = 100;
/** Ranges one trigger may open. */
export const TRIGGER_RANGES = 8;

export interface PortRange {
  protocol: Forward['protocol'];
  first: number;
  last: number;
}

/** A helper's ports for people, `6660-6669, 7000, 1719/udp`: three and more in a row as a range. */
export function helperPortsText(ports: readonly HelperPort[]): string {
  const words: string[] = [];
  for (let i = 0; i < ports.length; i++) {
    const first = ports[i] as HelperPort;
    let last = i;
    while (typeof first === 'number' && ports[last + 1] === first + last + 1 - i) last++;
    const range = last >= i + 2;
    words.push(range ? `${first}-${ports[last]}` : `${first}`);
    if (range) i = last;
  }
  return words.join(', ');
}

/** What `helperPortsText` writes and people type, each port once; none when the text is empty, null when it is not understood. */
export function readHelperPorts(text: string): HelperPort[] | null {
  const ports = new Set<HelperPort>();
  for (const word of text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)) {
    const [first = 0, last = first] = /^\d{1,5}(?:[-–]\d{1,5})?$/.test(word)
      ? word.split(/[-–]/).map(Number)
      : [];
    if (last < first || last - first >= RANGE) return null;
    for (let port = first; port <= last; port++) {
      const read = helperPortSchema.safeParse(first === 0 ? word : port);
      if (!read.success) return null;
      ports.add(read.data);
    }
  }
  return [...ports];
}

/** `base`, or `base-n2` and so on when it is taken. */
export function freeId(base: string, known: readonly { id: string }[]): string {
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}-n${number}`;
    if (!known.some((other) => other.id === id)) return id;
  }
}

/** `tcp-80` or `both-27000-27015`, as the beginning of an id. */
export const rangeId = ({ protocol, first, last }: PortRange): string =>
  `${protocol}-${first}${last === first ? '' : `-${last}`}`;

/** Whether some port is in both. */
export const rangesMeet = (one: PortRange, other: PortRange): boolean =>
  (one.protocol === other.protocol || one.protocol === 'both' || other.protocol === 'both') &&
  one.first <= other.last &&
  other.first <= one.last;

/** Another forward that is on and claims one of the same outside ports: the first of two has it, the second never would. */
export const rivalOf = (wanted: Forward, known: readonly Forward[]): Forward | undefined =>
  known.find((other) => other.on && other.id !== wanted.id && rangesMeet(other, wanted));

/** `198.51.100.0/24` as it is kept; one address alone becomes `/32`; null when it is neither. */
export function readNetwork(text: string): string | null {
  const [address = '', prefix = '32', ...more] = text.split('/');
  if (more.length > 0 || !ipv4Schema.safeParse(address).success) return null;
  return /^\d{1,2}$/.test(prefix) && Number(prefix) <= 32 ? `${address}/${Number(prefix)}` : null;
}

/** A range that is there for TCP and for UDP becomes one for both. */
function united(ranges: readonly PortRange[]): PortRange[] {
  const made: PortRange[] = [];
  for (const { protocol, first, last } of ranges) {
    const same = made.find((other) => other.first === first && other.last === last);
    if (same === undefined) made.push({ protocol, first, last });
    else if (same.protocol !== protocol) same.protocol = 'both';
  }
  return made;
}

/** Forwards of all that a program's partners come to, to one computer. */
export function programForwards(program: Preset, address: string, known: readonly Forward[]): Forward[] {
  const made: Forward[] = [];
  for (const range of united(program.opens))
    made.push({
      ...range,
      id: freeId(program.name, [...known, ...made]),
      on: true,
      insideFirst: range.first,
      hosts: [{ address, weight: 1 }],
      sources: [],
    });
  return made;
}

/** Triggers that open a program's ports to whoever runs it; none where nothing it sends tells that it runs. */
export function programTriggers(program: Preset, known: readonly Trigger[]): Trigger[] {
  const made: Trigger[] = [];
  for (const control of united(program.triggers))
    made.push({
      ...control,
      id: freeId(program.name, [...known, ...made]),
      on: true,
      opens: united(program.opens),
      seconds: TRIGGER_SECONDS,
      secure: false,
    });
  return made;
}
