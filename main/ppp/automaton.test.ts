import { describe, expect, it } from 'vitest';
import { type AutomatonEvent, type State, transition } from './automaton.ts';

/**
 * The table again, told the other way round: for each state, what every event does. Written from the prose of
 * RFC 1661 §4.4, not from the table under test.
 */
const DEAD_REPLY = { 'RCR+': 'sta', 'RCR-': 'sta', RCA: 'sta', RCN: 'sta', RTR: 'sta', RUC: 'scj' };
type Cells = Partial<Record<AutomatonEvent, [actions: string, next: number]>>;

function stay(state: number, actions: Partial<Record<AutomatonEvent, string>>): Cells {
  return Object.fromEntries(Object.entries(actions).map(([event, list]) => [event, [list, state]])) as Cells;
}

const EXPECTED: Record<State, Cells> = {
  0: { Up: ['', 2], Open: ['tls', 1], Close: ['', 0] },
  1: { Up: ['irc scr', 6], Open: ['', 1], Close: ['tlf', 0] },
  2: {
    ...stay(2, { ...DEAD_REPLY, RTA: '', 'RXJ+': '', RXR: '', Close: '', 'RXJ-': 'tlf' }),
    Down: ['', 0],
    Open: ['irc scr', 6],
  },
  3: {
    ...stay(3, { ...DEAD_REPLY, RTA: '', 'RXJ+': '', RXR: '', Open: '', 'RXJ-': 'tlf' }),
    Down: ['tls', 1],
    Close: ['', 2],
    'RCR+': ['irc scr sca', 8],
    'RCR-': ['irc scr scn', 6],
  },
  4: {
    ...stay(4, {
      'RCR+': '',
      'RCR-': '',
      RCA: '',
      RCN: '',
      RTR: 'sta',
      RUC: 'scj',
      'RXJ+': '',
      RXR: '',
      Close: '',
    }),
    'TO+': ['str', 4],
    'TO-': ['tlf', 2],
    RTA: ['tlf', 2],
    'RXJ-': ['tlf', 2],
    Down: ['', 0],
    Open: ['', 5],
  },
  5: {
    ...stay(5, {
      'RCR+': '',
      'RCR-': '',
      RCA: '',
      RCN: '',
      RTR: 'sta',
      RUC: 'scj',
      'RXJ+': '',
      RXR: '',
      Open: '',
    }),
    'TO+': ['str', 5],
    'TO-': ['tlf', 3],
    RTA: ['tlf', 3],
    'RXJ-': ['tlf', 3],
    Down: ['', 1],
    Close: ['', 4],
  },
  6: {
    ...stay(6, {
      Open: '',
      'TO+': 'scr',
      'RCR-': 'scn',
      RCN: 'irc scr',
      RTR: 'sta',
      RTA: '',
      RUC: 'scj',
      'RXJ+': '',
      RXR: '',
    }),
    'RCR+': ['sca', 8],
    RCA: ['irc', 7],
    'TO-': ['tlf', 3],
    'RXJ-': ['tlf', 3],
    Down: ['', 1],
    Close: ['irc str', 4],
  },
  7: {
    ...stay(7, { Open: '', 'RCR-': 'scn', RUC: 'scj', RXR: '' }),
    'RCR+': ['sca tlu', 9],
    'TO+': ['scr', 6],
    RCA: ['scr', 6],
    RCN: ['scr', 6],
    RTR: ['sta', 6],
    RTA: ['', 6],
    'RXJ+': ['', 6],
    'TO-': ['tlf', 3],
    'RXJ-': ['tlf', 3],
    Down: ['', 1],
    Close: ['irc str', 4],
  },
  8: {
    ...stay(8, {
      Open: '',
      'TO+': 'scr',
      'RCR+': 'sca',
      RCN: 'irc scr',
      RTA: '',
      RUC: 'scj',
      'RXJ+': '',
      RXR: '',
    }),
    'RCR-': ['scn', 6],
    RCA: ['irc tlu', 9],
    RTR: ['sta', 6],
    'TO-': ['tlf', 3],
    'RXJ-': ['tlf', 3],
    Down: ['', 1],
    Close: ['irc str', 4],
  },
  9: {
    ...stay(9, { Open: '', RUC: 'scj', 'RXJ+': '', RXR: 'ser' }),
    'RCR+': ['tld scr sca', 8],
    'RCR-': ['tld scr scn', 6],
    RCA: ['tld scr', 6],
    RCN: ['tld scr', 6],
    RTA: ['tld scr', 6],
    RTR: ['tld zrc sta', 5],
    'RXJ-': ['tld irc str', 5],
    Down: ['tld', 1],
    Close: ['tld irc str', 4],
  },
};

const EVENTS = [
  ...['Up', 'Down', 'Open', 'Close', 'TO+', 'TO-', 'RCR+', 'RCR-'],
  ...['RCA', 'RCN', 'RTR', 'RTA', 'RUC', 'RXJ+', 'RXJ-', 'RXR'],
] as AutomatonEvent[];

describe.each(Object.entries(EXPECTED))('state %s', (state, cells) => {
  it.each(EVENTS)('%s', (event) => {
    const cell = transition(Number(state) as State, event);
    const expected = cells[event];
    if (expected === undefined) expect(cell).toBeNull();
    else expect([cell?.actions.join(' '), cell?.next]).toEqual(expected);
  });
});
