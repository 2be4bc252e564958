// What was measured on one line, here and by the peer, as rows with their goals.
import { PEER, type Session } from './latency-sides.ts';
import {
  CLIENTS,
  fairness,
  type LineCase,
  type Measured,
  quantile,
  readLoad,
  readPages,
} from './load-script.ts';
import { broken, type Row, row } from './row.ts';

/** Of the 33.6 kbit/s line: ping p95, ms. */
const PING_GOALS: Readonly<Record<string, number>> = {
  'one upload': 280,
  'four uploads': 330,
  'one download': 450,
  'upload and download': 550,
};
const KEYSTROKE_GOAL_MS = 250;
const PAGE_GOAL = 1.6;
const GOODPUT_GOAL = 0.96;
const FAIRNESS_GOAL = 0.95;
const JUDGED = '33.6 kbit/s';

/** A side that broke has no session; its rows say why. */
export type Both = { own: Session | Error; peer: Session | Error };

export function rowsOf(line: LineCase, both: Both): Row[] {
  const judged = line.name === JUDGED;
  const rows: Row[] = [];
  for (const load of line.loads) {
    if (load.clients) {
      rows.push(fairnessRow(line, both));
      continue;
    }
    rows.push(
      timeRow(line, load.name, 'ping p95', both, (m) => m.pings, judged ? PING_GOALS[load.name] : undefined),
    );
    if (load.keystrokes) {
      const goal = judged && load.iperf.length > 0 ? KEYSTROKE_GOAL_MS : undefined;
      rows.push(timeRow(line, load.name, 'keystroke echo p95', both, (m) => m.keystrokes, goal));
    }
    for (const [at, words] of load.iperf.entries())
      rows.push(
        goodputRow(
          line,
          load.name,
          at,
          words.includes('-R') ? 'down' : 'up',
          both,
          judged && load.iperf.length === 1,
        ),
      );
  }
  if (line.pages) rows.push(pageRow(line, both));
  return rows;
}

function of(side: Session | Error): Session {
  if (side instanceof Error) throw side;
  return side;
}

/** The peer's figure, if it has one. */
function peerOf(
  side: Session | Error,
  read: (output: string) => number,
): { name: string; value: number } | undefined {
  try {
    const value = read(of(side).output);
    return Number.isNaN(value) ? undefined : { name: PEER, value };
  } catch {
    return undefined;
  }
}

function build(
  name: string,
  unit: string,
  goal: string,
  { own, peer }: Both,
  read: (output: string) => number,
  met: (value: number, peer: number | undefined) => boolean,
  why: (own: Session, peer: Session | null) => string,
): Row {
  try {
    const value = read(of(own).output);
    if (Number.isNaN(value)) throw new Error('nothing was measured');
    const other = peerOf(peer, read);
    return row({
      name,
      value,
      unit,
      ...(other ? { peer: other } : {}),
      goal,
      met: met(value, other?.value),
      why: why(of(own), peer instanceof Error ? null : peer),
    });
  } catch (error) {
    return broken(name, unit, goal, error);
  }
}

function timeRow(
  line: LineCase,
  load: string,
  what: string,
  both: Both,
  times: (measured: Measured) => number[],
  goal: number | undefined,
): Row {
  const read = (output: string) => quantile(times(readLoad(output, load)), 0.95);
  const said = goal === undefined ? 'reported' : `≤ ${goal}`;
  const detail = ({ output }: Session) => {
    const measured = readLoad(output, load);
    const all = times(measured);
    const lost = all === measured.pings ? ` of ${measured.sent}` : '';
    return `p50 ${quantile(all, 0.5).toFixed(0)} ms, ${all.length}${lost} came back`;
  };
  return build(
    `${line.name}: ${what}, ${load}`,
    'ms',
    said,
    both,
    read,
    (value) => goal === undefined || value <= goal,
    (own, peer) => `${detail(own)}; peer ${attempt(peer, detail)}`,
  );
}

function goodputRow(line: LineCase, load: string, at: number, way: string, both: Both, judged: boolean): Row {
  return build(
    `${line.name}: goodput ${way}, ${load}`,
    'kbit/s',
    judged ? `≥ ${GOODPUT_GOAL} × peer` : 'reported',
    both,
    (output) => readLoad(output, load).goodput[at] ?? Number.NaN,
    (value, peer) => !judged || (peer !== undefined && value >= GOODPUT_GOAL * peer),
    (own, peer) => `${own.facts}; peer ${peer?.facts ?? 'broke'}; no Deflate on either`,
  );
}

function fairnessRow(line: LineCase, both: Both): Row {
  const shares = (output: string) => {
    const { goodput } = readLoad(output, CLIENTS.name);
    if (goodput.length < CLIENTS.iperf.length) throw new Error(`only ${goodput.length} clients were told of`);
    return goodput;
  };
  const detail = ({ output }: Session) => `${shares(output).join(', ')} kbit/s`;
  return build(
    `${line.name}: Jain's index, ${CLIENTS.name}`,
    '',
    `≥ ${FAIRNESS_GOAL}`,
    both,
    (output) => fairness(shares(output)),
    (value) => value >= FAIRNESS_GOAL,
    (own, peer) => `${detail(own)}; peer ${attempt(peer, detail)}`,
  );
}

function pageRow(line: LineCase, both: Both): Row {
  const detail = ({ output }: Session) => {
    const { quiet, busy } = readPages(output);
    return `quiet ${quantile(quiet, 0.5).toFixed(1)} s, busy ${quantile(busy, 0.5).toFixed(1)} s`;
  };
  return build(
    `${line.name}: page of 20 KB while another client uploads, times its quiet time`,
    'times',
    `≤ ${PAGE_GOAL}`,
    both,
    (output) => {
      const { quiet, busy } = readPages(output);
      return quantile(busy, 0.5) / quantile(quiet, 0.5);
    },
    (value) => value <= PAGE_GOAL,
    (own, peer) => `${detail(own)}; peer ${attempt(peer, detail)}`,
  );
}

function attempt(peer: Session | null, detail: (session: Session) => string): string {
  try {
    return peer === null ? 'broke' : detail(peer);
  } catch (error) {
    return `broke: ${error instanceof Error ? error.message.slice(0, 200) : error}`;
  }
}
