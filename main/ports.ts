/** The serial ports as the faces see them: the list, what probing found, and which port a call takes. */
import type { Fault, Outcome, PortInfo, Provider } from './contract.ts';
import { noModem, portInUse, portTaken } from './faults.ts';
import type { GatewayParts, ProbeResult } from './gateway-parts.ts';
import type { ReadModel } from './read-model.ts';

type Found = { path: string; description: string };

export class Ports {
  readonly #parts: GatewayParts;
  readonly #model: ReadModel;
  readonly #practicePort: () => Found | null;

  constructor(parts: GatewayParts, model: ReadModel, practicePort: () => Found | null) {
    this.#parts = parts;
    this.#model = model;
    this.#practicePort = practicePort;
  }

  async refresh(): Promise<void> {
    const { ports, fault } = await this.#parts.listPorts();
    const practice = this.#practicePort();
    const listed = practice === null ? ports : [...ports, practice];
    this.#model.set({ ports: listed.map((port) => this.#withVerdict(port)), portsFault: fault });
  }

  async probe(path: string, taken: readonly string[]): Promise<Outcome<ProbeResult>> {
    if (taken.includes(path)) return { ok: false, fault: portInUse };
    const result = await this.#probe(path, 115_200, new AbortController().signal, () => {});
    const { isModem, sentence, kind } = result;
    return { ok: true, value: { isModem, sentence, ...(kind === undefined ? {} : { kind }) } };
  }

  /**
   * The provider's own port, else one known to have a modem, else the first that answers. `taken`: ports with a call on them;
   * `spared`: ports that are meant for something else. `tell` says what is being looked for.
   */
  async choose(
    provider: Pick<Provider, 'port' | 'portRate'>,
    signal: AbortSignal,
    {
      taken = [],
      spared = [],
      tell = (activity) => this.#model.set({ activity }),
    }: { taken?: readonly string[]; spared?: readonly string[]; tell?: (activity: string) => void } = {},
  ): Promise<{ ok: true; path: string } | { ok: false; fault: Fault }> {
    const real = (path: string) => this.#parts.realPath(path);
    const has = (paths: readonly string[], path: string) => paths.some((one) => real(one) === real(path));
    if (provider.port !== '')
      return has(taken, provider.port) ? { ok: false, fault: portTaken } : { ok: true, path: provider.port };
    await this.refresh();
    const { portsFault } = this.#model.state;
    const ports = this.#model.state.ports.filter(({ path }) => !has([...taken, ...spared], path));
    const known = ports.find((port) => port.isModem === true);
    if (known !== undefined) return { ok: true, path: known.path };
    const tried: string[] = [];
    for (const port of ports) {
      if (signal.aborted) break;
      const { path } = port;
      const result = await this.#probe(path, provider.portRate, signal, (text) =>
        tell(`Looking for a modem on ${path}: ${text}`),
      );
      if (result.isModem) return { ok: true, path };
      tried.push(`${path}: ${result.sentence}`);
    }
    return { ok: false, fault: portsFault ?? { ...noModem, detail: tried.join('\n').slice(0, 4000) } };
  }

  async #probe(path: string, rate: number, signal: AbortSignal, onProgress: (text: string) => void) {
    const result = await this.#parts.probe(path, rate, signal, onProgress);
    this.#model.log('info', 'modem', `${path}: ${result.sentence}`);
    const { isModem, sentence, kind } = result;
    const verdict = { isModem, verdict: sentence, ...(kind === undefined ? {} : { kind }) };
    const known = this.#model.state.ports;
    const ports = known.some((port) => port.path === path)
      ? known.map((port) => (port.path === path ? { ...port, ...verdict } : port))
      : [...known, { path, description: 'Typed by hand', ...verdict }];
    this.#model.set({ ports });
    return result;
  }

  #withVerdict(port: Found): PortInfo {
    const before = this.#model.state.ports.find((known) => known.path === port.path);
    return { ...before, ...port, verdict: before?.verdict ?? null, isModem: before?.isModem ?? null };
  }
}
