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

const none = z.object({}).strict();
const done = z.object({});
const command = <A extends z.ZodType, R extends z.ZodType>(argument: A, result: R) => ({ argument, result });

export const terminalCommands = {
  /** To the modem on a port, the selected provider's if none is named; not while a call is under way. */
  terminalOpen: command(z.object({ port: z.string().max(200).optional() }).strict(), done),
  /** Types characters; Return is `\r`. */
  terminalType: command(z.object({ text: z.string().min(1).max(1000) }).strict(), done),
  /** A person has logged in by hand: PPP begins now. */
  terminalStartPpp: command(none, done),
  /** Closes it; a call that waited for a person to log in is hung up. */
  terminalClose: command(none, done),
} as const;
