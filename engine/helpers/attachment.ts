// What hangs on a session that a helper reads, or that a helper's session brought about.
import type { Expectation } from './expectations.ts';
import type { Dialogue, Helper } from './helper.ts';
import { Stream } from './stream.ts';

export class Attachment {
  readonly session: number;
  readonly helper: Helper | null;
  /** The session that announced this one. */
  parent: Attachment | null = null;
  children = 0;
  dialogue: Dialogue | null = null;
  /** Streams from inside and from outside; TCP only. */
  readonly streams: readonly [Stream, Stream] | null;
  readonly expectations: Expectation[] = [];
  /** PPTP: mappings of Call IDs. */
  readonly calls = new Map<number, number>();

  constructor(session: number, helper: Helper | null, tcp: boolean) {
    this.session = session;
    this.helper = helper;
    this.streams = tcp ? [new Stream(), new Stream()] : null;
  }
}
