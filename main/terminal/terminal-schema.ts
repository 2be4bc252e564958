/** The terminal, as the faces see it: a person's line of text to a modem, or to the far end of a call. Part of main/contract.ts. */
import { z } from 'zod';

export const terminalSchema = z.object({
  /** `far-end`: a call is up, and PPP has not begun. */
  to: z.enum(['modem', 'far-end']),
  port: z.string(),
  /** False while a login script does the typing. */
  mayType: z.boolean(),
});
export type Terminal = z.infer<typeof terminalSchema>;
