/**
 * The AT commands that only set or ask: settings, registers, identity, profiles. What touches the line (A, D, H, O) and the
 * results are the modem's own (hayes.ts).
 */
import type { Command } from './hayes-commands.ts';
import { HayesSettings } from './hayes-settings.ts';

const identity = ['33600', '255', 'OK', 'Masq-Gate Practice Modem V.34', 'V.34 V.42 practice line'];
const about: Readonly<Record<string, string>> = {
  '+GMI': 'Masq-Gate',
  '+GMM': 'Practice Modem 33600',
  '+GMR': '1.0',
  '+GCAP': '+GCAP: +FCLASS,+MS,+ES,+DS',
};

/** A modem's memory: its settings now, those that Z brings back, and the register that S last pointed at. */
export class Profile {
  settings: HayesSettings;
  #stored: HayesSettings;
  #register = 0;

  constructor(stored: HayesSettings) {
    this.#stored = stored;
    this.settings = stored.copy();
  }

  recall(): void {
    this.settings = this.#stored.copy();
  }

  /** Runs `command`; false if the modem does not know it. What it answers goes to `inform`. */
  run(command: Command, inform: (text: string) => void): boolean {
    switch (command.kind) {
      case 'select-register':
        this.#register = command.register;
        return command.register <= 255;
      case 'set-register':
        return this.settings.setRegister(this.#register, command.value);
      case 'ask-register':
        inform(String(this.settings.register(this.#register)).padStart(3, '0'));
        return true;
      case 'extended':
        return this.#extended(command.name, command.operation, command.argument, inform);
      case 'basic':
        return this.#basic(command.name, command.value, inform);
      case 'dial':
      case 'bad':
        return false;
    }
  }

  #basic(name: string, value: number, inform: (text: string) => void): boolean {
    if (name === 'I' && value <= 9) inform(identity[value] ?? 'OK');
    else if (name === '&V' && value === 0) inform(this.#describe());
    else if (name === '&W' && value <= 1) this.#stored = this.settings.copy();
    else if (name === '&F' && value <= 1) this.settings = new HayesSettings();
    else return this.settings.set(name, value);
    return true;
  }

  #extended(
    name: string,
    operation: 'set' | 'ask' | 'range' | 'run',
    argument: string,
    inform: (text: string) => void,
  ): boolean {
    if (operation === 'set') return this.settings.setExtended(name, argument);
    const asked = operation === 'ask' ? this.settings.askExtended(name) : this.settings.rangeExtended(name);
    const answer = operation === 'run' ? about[name] : asked;
    if (answer === undefined || answer === null) return false;
    inform(answer);
    return true;
  }

  #describe(): string {
    const s = this.settings;
    const flags = `E${Number(s.echo)} Q${Number(s.quiet)} V${Number(s.verbose)} W${s.connectReport} X${s.resultLevel}`;
    const wires = `&C${s.carrierDetect} &D${s.onDtrDrop} &K${s.flowControl}`;
    const registers = [0, 2, 7, 8, 10, 11, 12].map((n) => `S${n}=${s.register(n)}`);
    return `${flags} ${wires} ${registers.join(' ')}`;
  }
}
