/** What people wait for, by the packet alone: DNS, SYN, pure acknowledgements, keystrokes, pings, speech. */
import { ACK, type PacketView, SYN, UDP } from './packet-view.ts';

/** Longest packet that hurries, bytes: a keystroke, a ping, a frame of speech. */
const URGENT_LENGTH = 128;
const URGENT_DNS_LENGTH = 320;

/** `flowIsIdle`: nothing of its flow waits, so that nothing is overtaken by it; an acknowledgement may pass. */
export function isUrgent(view: PacketView, flowIsIdle: boolean): boolean {
  if (view.isPureAck) return true;
  if (!flowIsIdle) return false;
  if (view.protocol === UDP && (view.destinationPort === 53 || view.sourcePort === 53))
    return view.length <= URGENT_DNS_LENGTH;
  if (view.isTcp && (view.flags & SYN) !== 0 && (view.flags & ACK) === 0) return true;
  return view.length <= URGENT_LENGTH;
}
