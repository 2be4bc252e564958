// One bash script that measures a LAN from the inside, run alike in the practice LAN here and in the guest: ping under each
// load, and a page while another host uploads. The programs are ping, iperf3 and curl; what it prints is read here too.
import { PRACTICE } from '../../engine/contract.ts';

/** Each load is measured with iperf3 servers of its own, so that a broken one does not keep the next from its server. */
export const LOADS: readonly { name: string; iperf: readonly string[] }[] = [
  { name: 'idle', iperf: [] },
  { name: 'one upload', iperf: ['-p 5201'] },
  { name: 'four uploads', iperf: ['-p 5202 -P 4'] },
  { name: 'one download', iperf: ['-p 5203 -R'] },
  { name: 'upload and download', iperf: ['-p 5204', '-p 5205 -R'] },
];
export const IPERF_PORTS = [5201, 5202, 5203, 5204, 5205, 5206] as const;

const PINGS_A_SECOND = 4;
/** A load runs this much longer before the pings than after, s, to be past its start. */
const SETTLE_SECONDS = 6;
const PAGES = 3;

export interface Measured {
  /** ms, sorted. */
  pings: number[];
  sent: number;
  /** kbit/s of TCP payload that each iperf3 received, in the order of `LOADS`. */
  goodput: number[];
}
export interface Pages {
  /** s, sorted. */
  quiet: number[];
  busy: number[];
}

/** `host` and `other` are two network namespaces of one LAN; each part is printed between LAB-PART and LAB-END. */
export function loadScript(host: string, other: string, seconds: number): string {
  const { address, file } = PRACTICE.web;
  const lasting = seconds + SETTLE_SECONDS;
  const loads = LOADS.map(({ name, iperf }) =>
    [`load '${name}'`, ...iperf.map((words) => `'${words}'`)].join(' '),
  );
  return [
    'scratch=$(mktemp -d)',
    `in='ip netns exec ${host}'; other='ip netns exec ${other}'`,
    `upload() { timeout $(($1 + 60)) $2 iperf3 -c ${address} -t $1 -f k -l 4K $3 < /dev/null > $scratch/$4 2>&1; }`,
    `pings() { $in ping -n -i ${1 / PINGS_A_SECOND} -c ${seconds * PINGS_A_SECOND} -s 56 ${address} | grep -E 'time=|transmitted'; }`,
    'load() {',
    '  echo "LAB-PART $1"; name=$1; shift; count=0; running=',
    `  for words in "$@"; do count=$((count + 1)); upload ${lasting} "$in" "$words" load-$count & running="$running $!"; done`,
    `  [ $count = 0 ] || sleep ${SETTLE_SECONDS - 1}`,
    '  pings; [ $count = 0 ] || wait $running',
    "  for at in $(seq $count); do grep receiver $scratch/load-$at | tail -n 1 | sed 's/^/LAB-GOODPUT /' || tail -n 2 $scratch/load-$at; done",
    '  echo "LAB-END $name"; sleep 10', // queues empty, connections end
    '}',
    'pages() {',
    `  for page in $(seq ${PAGES}); do`,
    `    $in curl -s -m 120 -o /dev/null -w "LAB-$1 %{time_total} %{size_download}\\n" http://${address}${file}; sleep 1; done`,
    '}',
    "echo 'LAB-PART pages'; pages QUIET",
    `upload 40 "$other" '-p 5206' busy & sleep ${SETTLE_SECONDS}; pages BUSY; wait $!`,
    "echo 'LAB-END pages'; sleep 10",
    ...loads,
    'rm -rf $scratch',
  ].join('\n');
}

/** What the script printed of one load; throws if it is not there. */
export function readLoad(output: string, name: string): Measured {
  const text = partOf(output, name);
  const pings = [...text.matchAll(/time=([\d.]+)/g)].map((hit) => Number(hit[1])).sort((a, b) => a - b);
  const sent = Number(/(\d+) packets transmitted/.exec(text)?.[1]);
  const goodput = [...text.matchAll(/LAB-GOODPUT .*?([\d.]+) Kbits\/sec/g)].map((hit) => Number(hit[1]));
  if (pings.length === 0) throw new Error(`no ping came back under ${name}: ${text.slice(-500)}`);
  return { pings, sent, goodput };
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
