// What hangs on a session that a helper reads, or that a helper's session brought about.

import { TCP } from '../packet/ipv4.ts';
import type { Expectation } from './expectations.ts';
import type { Dialogue, Helper } from './helper.ts';
import { Stream } from './stream.ts';

export class Attachment {
  readonly session: number;
  /** Who reads it; nobody yet while several wait for its first bytes. */
  helper: Helper | null;
  readonly protocol: number;
  /** The server's port, for which it is read; 0 when it is read because it was announced. */
  readonly port: number;
  /** The session that announced this one. */
  parent: Attachment | null = null;
  children = 0;
  dialogue: Dialogue | null = null;
  /** Streams from inside and from outside; TCP only. */
  readonly streams: readonly [Stream, Stream] | null;
  readonly expectations: Expectation[] = [];
  /** PPTP: mappings of Call IDs. */
  readonly calls = new Map<number, number>();

  constructor(session: number, helper: Helper | null, protocol: number, port: number) {
    this.session = session;
    this.helper = helper;
    this.protocol = protocol;
    this.port = port;
    this.streams = protocol === TCP ? [new Stream(), new Stream()] : null;
  }

  /** Nobody reads it, and nothing of it was changed: its packets need not be looked at. */
  get isIdle(): boolean {
    return (
      this.dialogue === null &&
      (this.streams === null || this.streams.every((stream) => stream.map.isEmpty && !stream.isHolding))
    );
  }
}
