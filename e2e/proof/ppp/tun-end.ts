// This computer's own TCP on our end of a link: a TUN with the address that the link gave. In a namespace of its own.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Tun } from '../../../engine/host/tun.ts';

const NAME = 'pppproof0';
const ip = (...words: string[]) => execFileSync('ip', words, { stdio: 'pipe' });

export class TunEnd {
  /** Where packets of this computer go; nowhere while there is no link. */
  toLink: (buffer: Uint8Array, offset: number, length: number) => void = () => {};
  readonly #tun: Tun;

  constructor() {
    const opened = Tun.open(
      NAME,
      (buffer, length) => this.toLink(buffer, 0, length),
      () => {},
    );
    if (!opened.ok) throw new Error(opened.fault.sentence);
    this.#tun = opened.tun;
    // Timestamps change in every segment, and headers that change so are not compressed. Of this namespace only.
    writeFileSync('/proc/sys/net/ipv4/tcp_timestamps', '0');
    writeFileSync('/proc/sys/net/ipv6/conf/all/disable_ipv6', '1');
    this.#tun.start();
  }

  fromLink(buffer: Uint8Array, offset: number, length: number): void {
    this.#tun.write(buffer, offset, length);
  }

  assign(local: string, peer: string, mtu: number): void {
    ip('address', 'flush', 'dev', NAME);
    ip('address', 'add', local, 'peer', peer, 'dev', NAME);
    ip('link', 'set', NAME, 'mtu', String(mtu), 'up');
    // A connection to a peer of the cell before may remember a larger packet.
    ip('route', 'flush', 'cache');
  }

  close(): void {
    this.#tun.close();
  }
}
