// Several helpers at one port: the first bytes say whose a session is. Until they do, a stream is held back like any unfinished line
// (bounded, and passed on unread when its sender has repeated it too often); a session that is nobody's is left alone.
import {
  type Chunk,
  type DatagramDialogue,
  type Dialogue,
  type Direction,
  FROM_INSIDE,
  FROM_OUTSIDE,
  type Helper,
  type HelperContext,
  type StreamDialogue,
} from './helper.ts';
import type { Claim } from './posts.ts';

/** A datagram as long as this says whose it is, or it is nobody's; so many shorter ones are waited through. */
const ENOUGH = 8;
const DATAGRAMS = 8;

/** What opens a session for the one whose it is: its dialogue, and what that may ask for. */
export type Award = (
  claim: Claim,
  now: number,
) => { readonly dialogue: Dialogue; readonly context: HelperContext };

class Contest {
  #claims: readonly Claim[];
  readonly #award: Award;

  constructor(claims: readonly Claim[], award: Award) {
    this.#claims = claims;
    this.#award = award;
  }

  /** One has been switched off, or stands here no more. */
  leave(helper: Helper): void {
    this.#claims = this.#claims.filter((claim) => claim.post.helper !== helper);
  }
  get helpers(): Helper[] {
    return this.#claims.map((claim) => claim.post.helper);
  }

  /** Whose the session is; null when that cannot be told yet, false when it is nobody's. */
  protected judge(
    direction: Direction,
    chunk: Chunk,
    context: HelperContext,
  ): ReturnType<Award> | null | false {
    const client = context.insideIsServer ? FROM_OUTSIDE : FROM_INSIDE;
    for (const claim of this.#claims) {
      const verdict = claim.transport.begins(direction === client, chunk);
      if (verdict === null) return null;
      if (verdict) return this.#award(claim, context.now);
    }
    context.stop();
    return false;
  }
}

export class StreamContest extends Contest implements StreamDialogue {
  readonly kind = 'stream';
  #lost = false;

  read(direction: Direction, chunk: Chunk, context: HelperContext): number {
    const all = chunk.end - chunk.start;
    if (this.#lost) {
      context.stop();
      return all;
    }
    const award = this.judge(direction, chunk, context);
    if (award === null) return 0;
    return award && award.dialogue.kind === 'stream'
      ? award.dialogue.read(direction, chunk, award.context)
      : all;
  }

  lost(): void {
    this.#lost = true;
  }
}

export class DatagramContest extends Contest implements DatagramDialogue {
  readonly kind = 'datagram';
  #asked = 0;

  read(direction: Direction, chunk: Chunk, context: HelperContext): boolean {
    const award = this.judge(direction, chunk, context);
    if (award === null && (chunk.end - chunk.start > ENOUGH || ++this.#asked >= DATAGRAMS)) context.stop();
    return award && award.dialogue.kind === 'datagram'
      ? award.dialogue.read(direction, chunk, award.context)
      : true;
  }
}
