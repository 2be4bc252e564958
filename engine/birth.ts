/**
 * What the supervisor tells the engine at birth, as one JSON line on its standard input, which then stays open: its end
 * means that the supervisor is gone. Nothing of it comes from the user.
 */
import { z } from 'zod';

export const birthSchema = z.object({
  ownerUid: z.number().int().min(0),
  tokenHash: z.string().regex(/^[0-9a-f]{64}$/),
  /** RUN_BASE/<uid>, made and checked by the supervisor. */
  directory: z.string().startsWith('/'),
  restarts: z.number().int().min(0),
  /** The serial ports that had a call on them when the previous engine died. */
  guardedLines: z.array(z.string()),
});
export type Birth = z.infer<typeof birthSchema>;

/** Exit codes of the engine. */
export const ENDED_WELL = 0;
/** Ended with a reason that a restart cannot mend; `{"fault": …}` is its last line. */
export const ENDED_FOR_GOOD = 4;

export const GUARD_FILE = 'guarded-lines';
