// The words about rules beside plain forwards: triggers, port mapping, old rule files; the rest is strings.ts.
export const helperPorts = {
  change: (title: string) => `Change the ports of ${title}`,
  label: (title: string) => `Ports of ${title}`,
  hint: 'Up to twelve with commas, such as 5060, 6660-6669 or 5061/tcp; empty for its own.',
  wrong: 'Give up to twelve ports such as 5060 or 5061/tcp with commas, or nothing.',
  save: 'Save ports',
  cancel: 'Leave as they are',
} as const;

export const triggers = {
  title: 'Triggers',
  intro:
    'Open ports to a computer for a time, when it sends to another port. For games and messengers that are called back.',
  empty: 'Nothing opens by itself.',
  on: (what: string) => `Trigger on ${what}`,
  remove: (what: string) => `Remove the trigger on ${what}`,
  control: 'When it sends to',
  opens: 'It may be reached at',
  time: 'For',
  seconds: (n: number, secure: boolean) => (secure ? `${n} s, by whom it sent to` : `${n} s`),
  now: 'Open now to',
  nobody: '—',
  addTitle: 'Add a trigger',
  program: 'Program',
  programOwn: 'Own ports',
  protocol: 'When it sends by',
  first: 'To port',
  last: 'To last port',
  opensLabel: 'Ports to open',
  opensHint: 'With commas: udp 2300-2400, tcp 47624.',
  forSeconds: 'For seconds',
  secure: 'Only from computers that it has sent to',
  add: 'Add trigger',
  added: 'Trigger added.',
  opensWrong: 'Give up to eight, each as tcp, udp or both, a space, and a port or a range.',
  secondsWrong: 'Seconds are a number from 1 to 86400.',
} as const;

export const portMapping = {
  title: 'Ports on request',
  intro:
    'Programs on the network may ask for ports themselves, each for its own computer. Off, nobody can open any.',
  pcp: 'PCP',
  natPmp: 'NAT-PMP',
  empty: 'No program has asked for a port.',
  by: 'By',
  client: 'Computer',
  outside: 'From outside',
  inside: 'Inside',
  remote: 'Only for',
  anybody: 'anybody',
  left: 'Left',
  protocols: { pcp: 'PCP', 'nat-pmp': 'NAT-PMP', trigger: 'Trigger' },
} as const;

export const forwardProgram = {
  label: 'Program',
  own: 'Own ports',
  host: 'Computer',
  hostWrong: 'Give the IPv4 address of one computer.',
} as const;

export const rules = {
  open: 'Import old rules …',
  title: 'Import old rules',
  intro:
    'An rc.firewall of ipfwadm, ipchains, ipmasqadm or iptables. Nothing in it is run, and nothing changes before you apply it.',
  file: 'Choose a file',
  text: 'Rules',
  textHint: 'Or paste the lines here.',
  read: 'Show what it becomes',
  again: 'Back to the text',
  apply: 'Apply',
  applying: 'Applying …',
  nothing: 'There is nothing to apply.',
  none: 'No line of this file means anything to Masq-Gate.',
  table: 'What each line becomes',
  line: 'Line',
  rule: 'Rule',
  means: 'Here',
  outcomes: { becomes: 'becomes', already: 'is so anyway', 'left-out': 'left out' },
  sum: (becomes: number, already: number, left: number) =>
    `Becomes a setting: ${becomes}. Is so anyway: ${already}. Left out: ${left}.`,
  tooLarge: 'This file is too large for a rule file.',
} as const;
