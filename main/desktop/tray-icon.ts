/**
 * The tray's icon, drawn here as PNG (ISO/IEC 15948) so that it is sharp at any size and right on light and dark panels:
 * a gate of two posts and a lintel, and a disc whose fill and colour tell the state. Shape differs too, not colour alone.
 */
import { crc32, deflateSync } from 'node:zlib';
import type { TrayLook } from './tray-menu.ts';

type Colour = readonly [number, number, number];
const DISC: Record<TrayLook, Colour> = {
  off: [128, 128, 128],
  waiting: [230, 160, 20],
  connected: [40, 170, 90],
  trouble: [215, 60, 50],
};
const SAMPLES = 4;

/** Square, `size` pixels wide. `dark`: for a dark panel. */
export function trayIcon(look: TrayLook, size: number, dark: boolean): Uint8Array {
  const gate: Colour = dark ? [235, 235, 235] : [50, 50, 50];
  const raw = Buffer.alloc(size * (size * 4 + 1));
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      let gateHits = 0;
      let discHits = 0;
      for (let sample = 0; sample < SAMPLES * SAMPLES; sample++) {
        const u = (x + ((sample % SAMPLES) + 0.5) / SAMPLES) / size;
        const v = (y + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) / size;
        if (inDisc(look, u, v)) discHits += 1;
        else if (inGate(u, v)) gateHits += 1;
      }
      const colour = discHits >= gateHits ? DISC[look] : gate;
      const alpha = Math.round((255 * (gateHits + discHits)) / (SAMPLES * SAMPLES));
      raw.set([...colour, alpha], y * (size * 4 + 1) + 1 + x * 4);
    }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8); // 8 bits, RGBA
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(raw)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function inGate(u: number, v: number): boolean {
  if (v > 0.12 && v < 0.26) return u > 0.06 && u < 0.94;
  return v >= 0.26 && v < 0.92 && ((u > 0.14 && u < 0.28) || (u > 0.72 && u < 0.86));
}

/** Off: a ring. Waiting: the lower half. Connected: full. Trouble: with a bar left open. */
function inDisc(look: TrayLook, u: number, v: number): boolean {
  const distance = Math.hypot(u - 0.5, v - 0.62);
  if (distance > 0.21) return false;
  if (look === 'connected') return true;
  if (look === 'trouble') return Math.abs(v - 0.62) > 0.06;
  return distance > 0.14 || (look === 'waiting' && v > 0.62);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}
