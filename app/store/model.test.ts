import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Client,
  DIAL_IN_DEFAULT,
  emptyDialIn,
  type Meter,
  type State,
  type StateEvent,
} from '../../main/contract.ts';
import {
  applyEvent,
  applyMeter,
  applySnapshot,
  awaitSnapshot,
  emptyModel,
  LOG_LINES,
  type Model,
} from './model.ts';

const state = (patch: Partial<State> = {}): State => ({
  phase: 'idle',
  since: 0,
  activity: '',
  fault: null,
  hostFaults: [],
  providerId: null,
  link: null,
  demand: 'off',
  idleHangUpAt: null,
  callEnds: null,
  neverDialUntil: null,
  usage: null,
  terminal: null,
  second: null,
  engine: 'stopped',
  practice: false,
  providers: [],
  settings: {
    lan: null,
    masquerade: {
      timers: { tcpEstablished: 1, tcpOpening: 1, tcpClosing: 1, udp: 1, icmp: 1, other: 1 },
      udpFiltering: 'address-dependent',
      tcpFiltering: 'address-dependent',
      hairpin: true,
      clientMappings: 16,
      clientMappingsPerSecond: 1,
      privateExceptions: [],
    },
    access: { mode: 'everybody', chosen: [], paused: [] },
    shares: [],
    forwards: [],
    triggers: [],
    portMapping: { pcp: false, natPmp: false },
    demandRules: [],
    helpers: {},
    ownTraffic: 'auto',
    openForeignFirewall: 'ask',
    selectedProvider: null,
    secondCall: { on: false, providerId: null, port: '', spread: 'connections' },
    demand: false,
    idleMinutes: 0,
    keepUp: [],
    neverDial: [],
    dialIn: DIAL_IN_DEFAULT,
    theme: 'system',
    closeToTray: true,
  },
  ports: [],
  portsFault: null,
  lanCandidates: [],
  clients: [],
  helpers: [],
  counters: {},
  portLeases: [],
  dialIn: emptyDialIn,
  secrets: 'file',
  version: '0',
  ...patch,
});
const event = (seq: number, patch: StateEvent['patch'] = {}, log: StateEvent['log'] = []): StateEvent => ({
  seq,
  patch,
  log,
});
const line = (text: string) => ({ at: 0, level: 'info' as const, part: 'x', text });
const client = (id: number, patch: Partial<Client> = {}): Client => ({
  id,
  kind: 'lan',
  address: `10.0.0.${id}`,
  mac: null,
  name: null,
  firstSeen: 0,
  lastSeen: 0,
  leaseExpires: null,
  bytesUp: 0,
  bytesDown: 0,
  rateUp: 0,
  rateDown: 0,
  sessions: 0,
  paused: false,
  ...patch,
});
const meter = (clients: Client[]): Meter => ({
  at: 1000,
  up: 1,
  down: 2,
  bytesUp: 0,
  bytesDown: 0,
  queuedBytes: 0,
  queuedMs: 0,
  clients,
});
const ready = (patch: Partial<State> = {}, seq = 10): Model =>
  applySnapshot(emptyModel, { seq, state: state(patch), log: [] }).model;

describe('events', () => {
  it('are kept until the snapshot came, and applied after it', () => {
    let model = applyEvent(emptyModel, event(11, { phase: 'dialling' })).model;
    model = applyEvent(model, event(10, { phase: 'opening-modem' })).model;
    expect(model.state).toBeNull();
    const applied = applySnapshot(model, { seq: 10, state: state(), log: [] });
    expect(applied.gap).toBe(false);
    expect(applied.model.state?.phase).toBe('dialling');
    expect(applied.model.seq).toBe(11);
  });

  it('merge over the state, leaving the rest', () => {
    const { model } = applyEvent(ready({ activity: 'a' }), event(11, { phase: 'dialling', link: null }));
    expect(model.state).toMatchObject({ phase: 'dialling', activity: 'a' });
  });

  it('are ignored when already known', () => {
    const before = ready();
    expect(applyEvent(before, event(10, { phase: 'failed' })).model).toBe(before);
  });

  it('report a gap, change nothing, and wait for the next snapshot', () => {
    const { model, gap } = applyEvent(ready(), event(12, { phase: 'connected' }));
    expect(gap).toBe(true);
    expect(model.state?.phase).toBe('idle');
    const again = applySnapshot(awaitSnapshot(model), {
      seq: 11,
      state: state({ phase: 'dialling' }),
      log: [],
    });
    expect(again.gap).toBe(false);
    expect(again.model.state?.phase).toBe('connected');
  });

  it('whatever is lost or comes twice, a new snapshot at each gap leads to the true state', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('arrive', 'lose', 'twice'), { minLength: 1, maxLength: 40 }),
        (fates) => {
          let truth = state();
          let model = applySnapshot(emptyModel, { seq: 0, state: truth, log: [] }).model;
          fates.forEach((fate, i) => {
            const sent = event(i + 1, { activity: `step ${i}`, since: i });
            truth = state({ ...truth, ...sent.patch } as Partial<State>);
            for (let n = fate === 'lose' ? 0 : fate === 'twice' ? 2 : 1; n > 0; n--) {
              const applied = applyEvent(model, sent);
              model = applied.gap
                ? applySnapshot(awaitSnapshot(applied.model), { seq: i + 1, state: truth, log: [] }).model
                : applied.model;
            }
          });
          if (fates.at(-1) !== 'lose') expect(model.state).toEqual(truth);
        },
      ),
    );
  });
});

describe('log', () => {
  it('grows by events, keeps stable numbers, and is bounded', () => {
    let model = ready();
    for (let i = 1; i <= LOG_LINES + 5; i++)
      model = applyEvent(model, event(10 + i, {}, [line(`${i}`)])).model;
    expect(model.log).toHaveLength(LOG_LINES);
    expect(model.log[0]).toMatchObject({ text: '6', number: 5 });
  });

  it('is replaced by a new snapshot, with numbers never used before', () => {
    const model = applyEvent(ready(), event(11, {}, [line('old')])).model;
    const next = applySnapshot(awaitSnapshot(model), { seq: 20, state: state(), log: [line('new')] }).model;
    expect(next.log).toEqual([{ ...line('new'), number: 1 }]);
  });
});

describe('the last step', () => {
  const through = (...phases: State['phase'][]) =>
    phases.reduce((model, phase, i) => applyEvent(model, event(11 + i, { phase })).model, ready());

  it('is where a call failed', () => {
    expect(through('opening-modem', 'dialling', 'failed').lastStep).toBe('dialling');
  });
  it('is forgotten when the call is over', () => {
    expect(through('dialling', 'hanging-up', 'idle').lastStep).toBeNull();
  });
});

describe('clients', () => {
  it('take the newest word, from whichever event', () => {
    let model = ready({ clients: [client(1)] });
    model = applyMeter(model, meter([client(1, { rateDown: 5 }), client(2)]));
    expect(model.clients.map((c) => [c.id, c.rateDown])).toEqual([
      [1, 5],
      [2, 0],
    ]);
    model = applyEvent(model, event(11, { clients: [client(1, { paused: true })] })).model;
    expect(model.clients).toEqual([client(1, { paused: true })]);
  });

  it('stay when a meter event brings none', () => {
    expect(applyMeter(ready({ clients: [client(1)] }), meter([])).clients).toHaveLength(1);
  });
});
