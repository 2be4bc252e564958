// One temporary folder for the whole run, so that nothing a test made is left behind, however it ended.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'masq-t-'));
  chmodSync(folder, 0o711); // dnsmasq, as nobody, has to reach its leases in it
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
