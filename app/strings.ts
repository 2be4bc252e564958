// Every word the window says, in one place. Names of controls are stable: the browser specs find elements by them.
// Sentences about failures come from the gateway as faults and are not repeated here.
import type { Phase } from '../main/contract.ts';

export const phaseWords: Record<Phase, string> = {
  idle: 'Not connected',
  'starting-engine': 'Starting the engine',
  'opening-modem': 'Opening the modem',
  'initialising-modem': 'Preparing the modem',
  dialling: 'Dialling',
  'logging-in': 'Logging in',
  negotiating: 'Negotiating',
  authenticating: 'Authenticating',
  configuring: 'Configuring',
  connected: 'Connected',
  'waiting-to-redial': 'Waiting to redial',
  'hanging-up': 'Hanging up',
  failed: 'Call failed',
};

/** Said under the state word when the gateway sends no sentence of its own. */
export const phaseSentences: Record<Phase, string> = {
  idle: 'Press Dial to bring the whole network online.',
  'starting-engine': 'Waiting for the administrator’s approval.',
  'opening-modem': 'Talking to the serial port.',
  'initialising-modem': 'Sending the modem its settings.',
  dialling: 'Waiting for the other side to answer.',
  'logging-in': 'Answering the provider’s login.',
  negotiating: 'The two sides agree on how to speak.',
  authenticating: 'Giving user name and password.',
  configuring: 'Receiving an address and opening the way.',
  connected: 'Computers on your network share this line.',
  'waiting-to-redial': 'The next try follows shortly.',
  'hanging-up': 'Saying goodbye to the provider.',
  failed: 'See what happened, and what helps.',
};

export const stepWords = {
  engine: 'Starting engine',
  modem: 'Opening modem',
  dial: 'Dialling',
  negotiate: 'Negotiating',
  authenticate: 'Authenticating',
  configure: 'Configuring',
  connected: 'Connected',
} as const;

export const stepMarkWords = {
  done: 'done',
  current: 'in progress',
  failed: 'failed here',
  todo: 'to come',
} as const;

export const app = {
  name: 'Masq-Gate',
  settings: 'Settings',
  tabs: 'Views',
  overview: 'Overview',
  calls: 'Calls',
  callers: 'Callers',
  helpers: 'Helpers',
  forwards: 'Forwards',
  masquerade: 'Masquerade',
  log: 'Log',
  loading: 'Reading the gateway’s state …',
  close: 'Close',
  save: 'Save',
  saving: 'Saving …',
  dismiss: 'Dismiss',
} as const;

export const call = {
  panel: 'Call',
  state: 'Connection state',
  online: 'Online for',
  steps: 'Progress of the call',
  dial: 'Dial',
  cancel: 'Cancel',
  hangUp: 'Hang up',
  hangUpNow: 'Hang up now',
  tryAgain: 'Try again',
  provider: 'Provider',
  noProvider: 'No provider yet',
  editProvider: 'Edit provider',
  addProvider: 'Add provider',
  practice: 'Try the practice line',
  practiceName: 'Practice line',
  down: 'down',
  lamps: { hook: 'Off hook', carrier: 'Carrier', receive: 'Receive', send: 'Send' },
  lampLetters: { hook: 'OH', carrier: 'CD', receive: 'RD', send: 'SD' },
} as const;

export const lost = {
  title: 'Connection to the gateway lost',
  text: 'What you see below is the last known state. The call may still be up. Trying again by itself.',
  connecting: 'Connecting to the gateway …',
  word: 'Gateway lost',
  lastKnown: (word: string) => `Last known: ${word.toLowerCase()}`,
  refusedTitle: 'The gateway did not let this page in',
  refusedText: 'Open the address that the gateway printed when it started; it carries this page’s key.',
  sentence: 'The connection to the gateway is lost.',
  cause: 'The gateway’s program has ended or does not answer.',
  remedy: 'Wait a moment, or start the gateway again.',
  engineTitle: 'The engine has stopped',
  engineText: 'The network is cut off until it is back. It is being started again.',
} as const;

export const facts = {
  title: 'Link',
  carrierRate: 'Carrier rate',
  carrierUnknown: 'not told',
  portRate: 'Port rate, computer to modem',
  address: 'Address',
  peer: 'Provider’s end',
  dns: 'Name servers',
  received: 'Received',
  sent: 'Sent',
  compression: 'Compression',
  corrected: 'Error correction',
  authentication: 'Login',
  mtu: 'Largest packet',
  modemSaid: 'The modem said',
  more: 'More about the link',
  yes: 'yes',
  no: 'no',
  none: 'none',
} as const;

export const traffic = {
  title: 'Traffic',
  range: 'Time shown',
  minutes: (n: number) => `${n} min`,
  down: 'Down',
  up: 'Up',
  now: 'Now',
  average: 'Average',
  peak: 'Peak',
  table: 'Traffic in figures',
  direction: 'Direction',
  graph: 'Graph of traffic over time; the figures stand beside it',
  waiting: (amount: string, time: string) => `Waiting for the line: ${amount}, ${time}`,
  clear: 'Nothing waits for the line',
} as const;

export const clients = {
  title: 'Clients',
  nameKind: 'Name, kind',
  addressMac: 'Address, MAC',
  rateDown: 'Down',
  rateUp: 'Up',
  totalDown: 'Received',
  totalUp: 'Sent',
  sessions: 'Sessions',
  lastSeen: 'Last seen',
  pause: 'Pause',
  pauseFor: (who: string) => `Pause ${who}`,
  share: 'Share',
  priorityOf: (who: string) => `Priority of ${who}`,
  priorities: { low: 'Low', normal: 'Normal', high: 'High' },
  limitOf: (who: string) => `Limit of ${who}`,
  noLimit: 'No limit',
  limit: (kbit: number) => `${kbit} kbit/s`,
  kinds: { lan: 'LAN', caller: 'Caller', gateway: 'This computer' },
  unnamed: 'no name',
  paused: 'paused',
  emptyTitle: 'No computer has used the link yet',
  emptyLan: (card: string, address: string) =>
    `Plug a computer into the network on ${card} and let it get its address by DHCP, or set its gateway and name server to ${address}.`,
  emptyNoLan: 'Choose the network card to share to, and the computers on it will appear here.',
  emptyPractice: 'The practice network’s two computers appear here as soon as they have their addresses.',
  chooseLan: 'Choose a network card',
} as const;

export const helpers = {
  title: 'Helpers',
  intro: 'Some programs write addresses into what they say, or expect a call back. A helper sees to it.',
  on: (title: string) => `${title} helper`,
  ports: 'Ports',
  hits: 'Uses',
  expectations: 'Open now',
  lastUse: 'Last use',
  never: 'never',
  refusals: 'Refused',
  refused: (reason: string, times: string) => `${times} × ${reason}`,
} as const;

export const forwards = {
  title: 'Forwards',
  intro: 'Lets the Internet reach a computer of yours. All else from outside is turned away.',
  empty: 'Nothing is let in. Add a forward to offer a service of a computer on your network.',
  protocol: 'Protocol',
  protocols: { tcp: 'TCP', udp: 'UDP', both: 'TCP and UDP' },
  first: 'First port',
  last: 'Last port',
  insideFirst: 'Port inside',
  hosts: 'Computers',
  hostsHint: 'An address, or several with commas; 192.168.66.5=3 takes three shares.',
  sources: 'Only from',
  sourcesHint: 'Networks such as 198.51.100.0/24 with commas; empty means from everywhere.',
  add: 'Add forward',
  added: 'Forward added.',
  on: (what: string) => `Let in ${what}`,
  remove: (what: string) => `Remove ${what}`,
  outside: 'From outside',
  inside: 'To',
  everywhere: 'everywhere',
  addTitle: 'Add a forward',
  hostsWrong: 'Give at least one IPv4 address.',
  sourcesWrong: 'Give networks as address/prefix.',
  portRange: 'A port is a number from 1 to 65535.',
  taken: (rival: string) => `${rival} is let in already; the first of two has the port.`,
  lastLow: 'The last port is below the first.',
  insideHigh: 'The range inside goes beyond port 65535.',
} as const;

export const masquerade = {
  title: 'Masquerade table',
  intro: 'Every conversation that goes out under the link’s address now. Read again every two seconds.',
  empty: 'No conversation is open.',
  filter: 'Filter sessions',
  shown: (shown: string, all: string) => `${shown} of ${all}`,
  protocol: 'Protocol',
  client: 'From',
  mapped: 'Mapped',
  remote: 'To',
  state: 'State',
  sent: 'Sent',
  received: 'Received',
  expires: 'Expires',
  helper: 'Helper',
  refusals: 'Turned away lately',
  noRefusals: 'Nothing was turned away.',
  counters: 'Counters',
} as const;

export const log = {
  title: 'Log',
  level: 'Lowest level',
  levels: { debug: 'Everything', info: 'Information', warning: 'Warnings', error: 'Errors' },
  marks: { debug: 'debug', info: 'info', warning: 'warn', error: 'error' },
  filter: 'Filter text',
  pause: 'Pause',
  resume: 'Resume',
  copy: 'Copy',
  copied: 'Copied',
  lines: 'Log lines',
  empty: 'Nothing to show.',
  held: (n: string) => `${n} newer lines held back`,
} as const;

export const fault = {
  why: 'Why',
  what: 'What helps',
  detail: 'Details',
  openSettings: 'Open settings',
  choosePort: 'Choose port',
  editProvider: 'Check provider',
  openFirewall: 'Let the LAN through',
  leaveFirewall: 'Leave it closed',
} as const;

export const firstRun = {
  title: 'Bring the network online',
  panel: 'Nothing is set up yet.',
  lead: 'One telephone call, and every computer on your network reaches the Internet through it.',
  setUp: 'Set up a provider',
  setUpText: 'You have a modem and a number to call. It takes a minute.',
  practice: 'Try the practice line',
  practiceText:
    'No modem needed: a built-in exchange, a provider and two computers show the whole thing at work, with nothing leaving this machine.',
  noModem: 'No serial port was found so far.',
  modems: (n: string) => `${n} serial ports found.`,
  oneModem: 'One serial port found.',
} as const;

export const practice = {
  title: 'Practice line',
  text: 'A built-in telephone exchange, not a real call. Nothing leaves this machine.',
  fetch: (n: number) => `Fetch a page from host ${n}`,
  fetching: 'Fetching …',
  result: (n: number, size: string, time: string) => `Host ${n}: ${size} in ${time}`,
  leave: 'Leave practice',
  notYet: 'Once connected, have a practice computer fetch a page through the line.',
} as const;
