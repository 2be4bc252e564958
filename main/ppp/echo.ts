/**
 * Is the peer still there? LCP Echo-Requests (RFC 1661 §5.8), sent only into silence.
 *
 * One goes out soon after opening to learn whether the peer answers at all; later ones only when no frame came for a
 * whole interval, then faster. Misses count only against a peer that has answered before, and any frame clears them.
 */

const FIRST_ECHO_MS = 1_000;
/** An echo asked for and unanswered for so long no longer stands in the way of the next. */
const ASK_AGAIN_MS = 6_000;
/** Echoes into silence without an answer that make a dead link. */
export const ECHO_MISSES = 4;

export class EchoWatch {
  /** When the next look is due, milliseconds; `null` while stopped. */
  deadline: number | null = null;
  private readonly interval: number;
  private readonly sendEcho: (id: number, now: number) => void;
  private id = 0;
  private sentAt: number | null = null;
  private first = true;
  private lastHeard = 0;
  private misses = 0;
  private peerAnswers = false;

  constructor(lineRate: number, sendEcho: (id: number, now: number) => void) {
    this.interval = lineRate <= 9600 ? 60_000 : 30_000;
    this.sendEcho = sendEcho;
  }

  start(now: number): void {
    this.first = true;
    this.misses = 0;
    this.peerAnswers = false;
    this.sentAt = null;
    this.lastHeard = now;
    this.deadline = now + FIRST_ECHO_MS;
  }

  stop(): void {
    this.deadline = null;
  }

  /** A good frame of the peer's came. */
  heard(now: number): void {
    this.lastHeard = now;
    this.misses = 0;
  }

  /** The round trip in milliseconds, or `null` if this answers nothing we wait for. */
  replied(id: number, now: number): number | null {
    if (this.sentAt === null || id !== this.id) return null;
    const roundTrip = now - this.sentAt;
    this.sentAt = null;
    this.peerAnswers = true;
    return roundTrip;
  }

  /** Sends one now although the line is busy, for its round trip; false while stopped or while one is out. */
  ask(now: number): boolean {
    if (this.deadline === null || (this.sentAt !== null && now - this.sentAt < ASK_AGAIN_MS)) return false;
    this.send(now);
    return true;
  }

  /** 'dead' once the peer has been silent through all its chances. */
  advance(now: number): 'alive' | 'dead' {
    if (this.deadline === null || now < this.deadline) return 'alive';
    const quietUntil = this.lastHeard + this.interval;
    if (!this.first && now < quietUntil) {
      this.deadline = quietUntil;
      return 'alive';
    }
    const missed = this.sentAt !== null && this.sentAt >= this.lastHeard && this.peerAnswers;
    if (missed && ++this.misses >= ECHO_MISSES) {
      this.deadline = null;
      return 'dead';
    }
    this.deadline = now + (this.first ? this.interval : this.interval / 3);
    this.first = false;
    this.send(now);
    return 'alive';
  }

  private send(now: number): void {
    this.id = (this.id % 255) + 1;
    this.sentAt = now;
    this.sendEcho(this.id, now);
  }
}
