/** When the desktop's keyring is good enough to seal passwords with. */
import type { Cipher } from '../settings/secrets.ts';
import type { Keyring } from './platform.ts';

/** Chromium's `basic_text` seals with a key that everybody knows: a 0600 file is then the honest choice. */
export function keyringCipher(keyring: Keyring): Cipher | null {
  if (!keyring.available || keyring.backend === 'basic_text' || keyring.backend === 'unknown') return null;
  return {
    seal: (text) => Buffer.from(keyring.encrypt(text)).toString('base64'),
    unseal: (sealed) => keyring.decrypt(Buffer.from(sealed, 'base64')),
  };
}
