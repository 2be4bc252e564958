// One row of the bench: our figure, a peer's in the same run, and the goal.

export interface Row {
  name: string;
  value: number | null;
  unit: string;
  /** Null where no peer runs on this machine; `why` then says so. */
  peer: string | null;
  peerValue: number | null;
  /** value / peerValue, so above 1 is better when more is better. */
  ratio: number | null;
  goal: string;
  met: boolean;
  why?: string;
}

export interface Measured {
  name: string;
  value: number;
  unit: string;
  peer?: { name: string; value: number };
  goal: string;
  met: boolean;
  why?: string;
}

const rounded = (value: number) => Number(value.toPrecision(4));

export function row({ name, value, unit, peer, goal, met, why }: Measured): Row {
  return {
    name,
    value: rounded(value),
    unit,
    peer: peer?.name ?? null,
    peerValue: peer === undefined ? null : rounded(peer.value),
    ratio: peer === undefined ? null : rounded(value / peer.value),
    goal,
    met,
    ...(why === undefined ? {} : { why }),
  };
}

/** A measurement that broke is a row that is not met, with the reason; the rest of the bench goes on. */
export function broken(name: string, unit: string, goal: string, error: unknown): Row {
  const why = error instanceof Error ? error.message : String(error);
  return { name, value: null, unit, peer: null, peerValue: null, ratio: null, goal, met: false, why };
}

export function table(rows: readonly Row[]): string {
  const cells = rows.map((r) => [
    r.name,
    r.value === null ? 'failed' : `${r.value} ${r.unit}`,
    r.peer === null ? '–' : `${r.peer}: ${r.peerValue} ${r.unit}`,
    r.ratio === null ? '–' : `${r.ratio}`,
    r.goal,
    r.met ? 'yes' : 'NO',
  ]);
  const head = ['what', 'here', 'peer, same run', 'ratio', 'goal', 'met'];
  const lines = [head, head.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`);
  const notes = rows.filter((r) => r.why !== undefined).map((r) => `- ${r.name}: ${r.why}`);
  return [...lines, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}
