/** Joins the real parts into a gateway: the one file that knows which modem, link, engine client and practice line it has. */
import { realpathSync } from 'node:fs';
import { realDialInParts } from './dial-in/real-parts.ts';
import { chooseLauncher } from './elevation/choose-launcher.ts';
import { EngineClient } from './engine-client/engine-client.ts';
import { Gateway } from './gateway.ts';
import { type GatewayParts, systemClock } from './gateway-parts.ts';
import { listLanCandidates } from './lan-candidates.ts';
import { Uplink } from './link/uplink.ts';
import { Modem } from './modem/modem.ts';
import { listPorts } from './modem/ports.ts';
import { openRawLine } from './modem/raw-line.ts';
import { startPracticeLine } from './practice/practice-line.ts';
import { configDirectory, stateDirectory } from './settings/directories.ts';
import { type Cipher, openSecretStore } from './settings/secrets.ts';
import { SettingsStore } from './settings/store.ts';
import { UsageStore } from './usage/usage-store.ts';

export interface ComposeOptions {
  version: string;
  /** The desktop's keyring, or null where there is none. */
  cipher: Cipher | null;
}

export async function composeGateway({ version, cipher }: ComposeOptions): Promise<Gateway> {
  const directory = configDirectory();
  const { now } = systemClock;
  const settings = await SettingsStore.open({ directory, now });
  const secrets = await openSecretStore({ directory, now, cipher });
  const usage = await UsageStore.open({ directory: stateDirectory(), now });
  const parts: GatewayParts = {
    clock: systemClock,
    createUplink: (callbacks) => new Uplink(callbacks),
    createEngine: (events) => new EngineClient({ events }),
    dialIn: realDialInParts,
    startPracticeLine: () => startPracticeLine(),
    listPorts: () => listPorts(),
    probe: (path, rate, signal, onProgress) => Modem.probe(path, rate, signal, onProgress),
    openTerminal: (path, rate) => openRawLine(path, rate),
    listLanCandidates: () => listLanCandidates(),
    realPath(path) {
      try {
        return realpathSync(path);
      } catch {
        return path;
      }
    },
    asksForApproval: chooseLauncher().kind !== 'direct',
    version,
  };
  const faults = [settings.fault, secrets.fault, usage.fault].filter((fault) => fault !== null);
  return new Gateway({
    parts,
    settings: settings.store,
    secrets: secrets.store,
    usage: usage.store,
    faults,
  });
}
