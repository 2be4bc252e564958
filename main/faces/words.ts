/** Words that the command line and the tray share. */
import type { Phase } from '../contract.ts';

export const PHASE_WORDS: Record<Phase, string> = {
  idle: 'Not connected',
  'starting-engine': 'Starting the engine',
  'opening-modem': 'Opening the modem',
  'initialising-modem': 'Preparing the modem',
  dialling: 'Dialling',
  'logging-in': 'Logging in',
  negotiating: 'Negotiating',
  authenticating: 'Checking user and password',
  configuring: 'Setting up the link',
  connected: 'Connected',
  'waiting-to-redial': 'Waiting to redial',
  'hanging-up': 'Hanging up',
  failed: 'Failed',
};

/** 1,000 to the kilobyte, as on the line. */
export function bytes(count: number): string {
  if (count < 1000) return `${Math.round(count)} B`;
  if (count < 1e6) return `${(count / 1e3).toFixed(1)} kB`;
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(2)} GB`;
}
