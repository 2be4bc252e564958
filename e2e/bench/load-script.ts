// One bash script that measures a LAN from the inside, run alike in the practice LAN here and in the guest: ping and
// keystrokes under each load, and a page while another host uploads. The programs are ping, iperf3 and curl, a keystroke is
// an octet that bash sends and reads back; what it prints is read here too.
import { PRACTICE } from '../../engine/contract.ts';

/** One line that is measured, and what is put on it. */
export interface LineCase {
  name: string;
  /** bit/s from the caller and towards it. */
  rates: readonly [number, number];
  loads: readonly Load[];
  pages: boolean;
  /** s between two pings, and between two keystrokes. */
  every: number;
  /** A load runs so long before anything is counted, s, to be past its start. */
  settle: number;
  /** The least time a load is measured, s, however short the run: so that a slow line has answers to count. */
  least: number;
}

export interface Load {
  name: string;
  /** Words for iperf3, each a client of its own where there are several clients. */
  iperf: readonly string[];
  keystrokes?: boolean;
  clients?: boolean;
}

const IDLE: Load = { name: 'idle', iperf: [], keystrokes: true };
const UPLOAD: Load = { name: 'one upload', iperf: [''], keystrokes: true };
const DOWNLOAD: Load = { name: 'one download', iperf: ['-R'] };
const BOTH: Load = { name: 'upload and download', iperf: ['', '-R'] };
export const CLIENT_FLOWS = [1, 2, 4, 8] as const;
export const CLIENTS: Load = {
  name: 'four clients with 1, 2, 4 and 8 uploads',
  iperf: CLIENT_FLOWS.map((flows) => `-P ${flows}`),
  clients: true,
};

export const LINES: readonly LineCase[] = [
  {
    name: '33.6 kbit/s',
    rates: [33_600, 33_600],
    loads: [IDLE, UPLOAD, { name: 'four uploads', iperf: ['-P 4'] }, DOWNLOAD, BOTH, CLIENTS],
    pages: true,
    every: 0.25,
    settle: 6,
    least: 10,
  },
  {
    name: 'V.90',
    rates: [31_200, 48_000],
    loads: [UPLOAD, DOWNLOAD, BOTH],
    pages: false,
    every: 0.25,
    settle: 6,
    least: 10,
  },
  {
    name: '2400 bit/s',
    rates: [2_400, 2_400],
    loads: [UPLOAD, DOWNLOAD],
    pages: false,
    every: 2,
    settle: 20,
    least: 60,
  },
];

/** iperf3 servers, one for each client of each load: a broken one does not keep the next from its server. */
export const SERVERS = 16;
const IDLE_SECONDS = 15;
const PAGES = 3;
const KEYSTROKE_LOST_SECONDS = 15;

export interface Measured {
  /** ms, sorted. */
  pings: number[];
  sent: number;
  /** ms, sorted. */
  keystrokes: number[];
  /** kbit/s of TCP payload that each iperf3 received, in the order of the load's. */
  goodput: number[];
}
export interface Pages {
  /** s, sorted. */
  quiet: number[];
  busy: number[];
}

/** Where a side is measured from, and what it talks to. */
export interface Place {
  /** Two network namespaces of one LAN. */
  host: string;
  other: string;
  /** `a.b.c` of the host's network, in which it takes an address for each client that it plays. */
  network: string;
  firstPort: number;
  echoPort: number;
}

/** Seconds that the script takes at most, each transfer given a minute to end. */
export function longest({ loads, pages, settle, least }: LineCase, seconds: number): number {
  return loads.length * (Math.max(seconds, least) + settle + 90) + (pages ? 300 : 0) + 60;
}

/** Each part is printed between LAB-PART and LAB-END. */
export function loadScript(line: LineCase, place: Place, atLeast: number): string {
  const { address, file } = PRACTICE.web;
  const { host, other, network, echoPort } = place;
  const seconds = Math.max(atLeast, line.least);
  const lastOctet = (client: number) => 201 + client;
  let port = place.firstPort;
  const loads = line.loads.map(({ name, iperf, keystrokes, clients }) => {
    const words = iperf.map((word, at) => {
      const from = clients ? `-B ${network}.${lastOctet(at)} ` : '';
      // A transfer counts from its first octet; shares are of what goes on once all have begun.
      const lasting = clients ? `-O ${line.settle} -t ${seconds}` : `-t ${seconds + line.settle}`;
      return `'${lasting} -p ${port++} ${from}${word}'`;
    });
    return [
      `load '${name}' ${keystrokes ? 'keys' : ':'} ${iperf.length === 0 ? IDLE_SECONDS : seconds}`,
      ...words,
    ].join(' ');
  });
  return [
    'scratch=$(mktemp -d)',
    `in='ip netns exec ${host}'; other='ip netns exec ${other}'`,
    ...CLIENT_FLOWS.map((_, at) => `ip -n ${host} address add ${network}.${lastOctet(at)}/24 dev eth0`),
    `upload() { timeout $(($1 + 100)) $2 iperf3 -c ${address} -f k -l 4K $3 < /dev/null > $scratch/$4 2>&1; }`,
    `pings() { $in ping -n -i ${line.every} -c $(awk "BEGIN { print int($1 / ${line.every}) }") -s 56 ${address} | grep -E 'time=|transmitted'; }`,
    `cat > $scratch/keys <<'LAB-KEYS'`,
    `exec 3<> /dev/tcp/${address}/${echoPort} || exit`,
    `end=$((SECONDS + $1))`,
    'while [ $SECONDS -lt $end ]; do',
    `  before=\${EPOCHREALTIME/[.,]/}; printf x >&3`,
    `  IFS= read -r -N 1 -t ${KEYSTROKE_LOST_SECONDS} <&3 || { echo LAB-KEY lost; exit; }`,
    `  echo LAB-KEY $((\${EPOCHREALTIME/[.,]/} - before)); sleep ${line.every}`,
    'done',
    'LAB-KEYS',
    'keys() { $in bash $scratch/keys $1; }',
    'load() {',
    '  echo "LAB-PART $1"; name=$1; keys=$2; lasts=$3; shift 3; count=0; running=',
    `  for words in "$@"; do count=$((count + 1)); upload $lasts "$in" "$words" load-$count & running="$running $!"; done`,
    `  [ $count = 0 ] || sleep ${line.settle - 1}`,
    '  $keys $lasts > $scratch/keystrokes & typing=$!; pings $lasts; wait $typing; cat $scratch/keystrokes',
    '  [ $count = 0 ] || wait $running',
    "  for at in $(seq $count); do grep receiver $scratch/load-$at | tail -n 1 | sed 's/^/LAB-GOODPUT /' || tail -n 2 $scratch/load-$at; done",
    '  echo "LAB-END $name"; [ $count = 0 ] || sleep 8', // queues empty, connections end
    '}',
    'pages() {',
    `  for page in $(seq ${PAGES}); do`,
    `    $in curl -s -m 120 -o /dev/null -w "LAB-$1 %{time_total} %{size_download}\\n" http://${address}${file}; sleep 1; done`,
    '}',
    ...(line.pages
      ? [
          "echo 'LAB-PART pages'; pages QUIET",
          `upload 40 "$other" '-t 40 -p ${port}' busy & sleep ${line.settle}; pages BUSY; wait $!`,
          "echo 'LAB-END pages'; sleep 8",
        ]
      : []),
    ...loads,
    'rm -rf $scratch',
    'echo LAB-ALL',
  ].join('\n');
}

/** What the script printed of one load; throws if it is not there. */
export function readLoad(output: string, name: string): Measured {
  const text = partOf(output, name);
  const ascending = (values: number[]) => values.sort((a, b) => a - b);
  const pings = ascending([...text.matchAll(/time=([\d.]+)/g)].map((hit) => Number(hit[1])));
  const sent = Number(/(\d+) packets transmitted/.exec(text)?.[1]);
  const goodput = [...text.matchAll(/LAB-GOODPUT .*?([\d.]+) Kbits\/sec/g)].map((hit) => Number(hit[1]));
  const keystrokes = ascending([...text.matchAll(/LAB-KEY (\d+)/g)].map((hit) => Number(hit[1]) / 1000));
  if (pings.length === 0) throw new Error(`no ping came back under ${name}: ${text.slice(-500)}`);
  return { pings, sent, keystrokes, goodput };
}

export function readPages(output: string): Pages {
  const text = partOf(output, 'pages');
  const times = (which: string) =>
    [...text.matchAll(new RegExp(`LAB-${which} ([\\d.]+) (\\d+)`, 'g'))]
      .filter((hit) => Number(hit[2]) > 0)
      .map((hit) => Number(hit[1]))
      .sort((a, b) => a - b);
  return { quiet: times('QUIET'), busy: times('BUSY') };
}

function partOf(output: string, name: string): string {
  const from = output.indexOf(`LAB-PART ${name}`);
  const to = output.indexOf(`LAB-END ${name}`, from);
  if (from < 0 || to < 0) throw new Error(`the part ${name} was not measured: ${output.slice(-500)}`);
  return output.slice(from, to);
}

/** The value below which the share `q` of sorted `values` lies. */
export function quantile(values: readonly number[], q: number): number {
  return values[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN;
}

/** Jain's index: 1 when all get the same. */
export function fairness(values: readonly number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  const squares = values.reduce((a, b) => a + b * b, 0);
  return (sum * sum) / (values.length * squares);
}
