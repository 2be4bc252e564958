/**
 * The option negotiation automaton of RFC 1661 §4.1 as one literal table, shared by LCP, IPCP and CCP.
 *
 * Pure: a state and an event give actions and a next state. What an action does, timers and counters are control.ts.
 * The restart option (r), the passive option (p) and the crossed-connection mark (x) change no cell and are left out.
 */

export const INITIAL = 0;
export const STARTING = 1;
export const CLOSED = 2;
export const STOPPED = 3;
export const CLOSING = 4;
export const STOPPING = 5;
export const REQ_SENT = 6;
export const ACK_RCVD = 7;
export const ACK_SENT = 8;
export const OPENED = 9;
export type State = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

const EVENTS = [
  'Up', // the lower layer is up
  'Down', // the lower layer is down
  'Open', // administrative open
  'Close', // administrative close
  'TO+', // timeout, restart counter above zero
  'TO-', // timeout, restart counter expired
  'RCR+', // good Configure-Request
  'RCR-', // bad Configure-Request
  'RCA', // Configure-Ack
  'RCN', // Configure-Nak or -Reject
  'RTR', // Terminate-Request
  'RTA', // Terminate-Ack
  'RUC', // unknown code
  'RXJ+', // Code-Reject or Protocol-Reject that can be lived with
  'RXJ-', // Code-Reject or Protocol-Reject that cannot
  'RXR', // Echo-Request, Echo-Reply or Discard-Request
] as const;
export type AutomatonEvent = (typeof EVENTS)[number];

const ACTIONS = [
  'tlu', // this layer up
  'tld', // this layer down
  'tls', // this layer started
  'tlf', // this layer finished
  'irc', // initialise restart counter
  'zrc', // zero restart counter
  'scr', // send Configure-Request
  'sca', // send Configure-Ack
  'scn', // send Configure-Nak or -Reject
  'str', // send Terminate-Request
  'sta', // send Terminate-Ack
  'scj', // send Code-Reject
  'ser', // send Echo-Reply
] as const;
export type Action = (typeof ACTIONS)[number];

export interface Transition {
  readonly actions: readonly Action[];
  readonly next: State;
}

/** A cell is `actions/next state`; `-` cannot happen. */
const TABLE = `
       0      1          2          3              4      5      6          7          8          9
Up     /2     irc,scr/6  -          -              -      -      -          -          -          -
Down   -      -          /0         tls/1          /0     /1     /1         /1         /1         tld/1
Open   tls/1  /1         irc,scr/6  /3             /5     /5     /6         /7         /8         /9
Close  /0     tlf/0      /2         /2             /4     /4     irc,str/4  irc,str/4  irc,str/4  tld,irc,str/4
TO+    -      -          -          -              str/4  str/5  scr/6      scr/6      scr/8      -
TO-    -      -          -          -              tlf/2  tlf/3  tlf/3      tlf/3      tlf/3      -
RCR+   -      -          sta/2      irc,scr,sca/8  /4     /5     sca/8      sca,tlu/9  sca/8      tld,scr,sca/8
RCR-   -      -          sta/2      irc,scr,scn/6  /4     /5     scn/6      scn/7      scn/6      tld,scr,scn/6
RCA    -      -          sta/2      sta/3          /4     /5     irc/7      scr/6      irc,tlu/9  tld,scr/6
RCN    -      -          sta/2      sta/3          /4     /5     irc,scr/6  scr/6      irc,scr/8  tld,scr/6
RTR    -      -          sta/2      sta/3          sta/4  sta/5  sta/6      sta/6      sta/6      tld,zrc,sta/5
RTA    -      -          /2         /3             tlf/2  tlf/3  /6         /6         /8         tld,scr/6
RUC    -      -          scj/2      scj/3          scj/4  scj/5  scj/6      scj/7      scj/8      scj/9
RXJ+   -      -          /2         /3             /4     /5     /6         /6         /8         /9
RXJ-   -      -          tlf/2      tlf/3          tlf/2  tlf/3  tlf/3      tlf/3      tlf/3      tld,irc,str/5
RXR    -      -          /2         /3             /4     /5     /6         /7         /8         ser/9
`;

function isAction(text: string): text is Action {
  return (ACTIONS as readonly string[]).includes(text);
}

function parseCell(cell: string): Transition | null {
  if (cell === '-') return null;
  const [actions = '', next = ''] = cell.split('/');
  return { actions: actions.split(',').filter(isAction), next: Number(next) as State };
}

const transitions = new Map<string, readonly (Transition | null)[]>(
  TABLE.trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [event = '', ...cells] = line.trim().split(/\s+/);
      return [event, cells.map(parseCell)];
    }),
);

/** What `event` does in `state`; `null` where the RFC says it cannot happen. */
export function transition(state: State, event: AutomatonEvent): Transition | null {
  return transitions.get(event)?.[state] ?? null;
}
