/** The results inside the engine's replies, as the schema of replies leaves them open; made into the contract's shapes. */
import { z } from 'zod';
import { sessionSchema } from '../../engine/contract.ts';
import type { CommandResult, Outcome } from '../contract.ts';
import { bug } from '../faults.ts';
import type { EngineReply } from '../gateway-parts.ts';

const refusals = z.array(z.object({ at: z.number(), text: z.string() }));
const fetched = z.object({ bytes: z.number(), ms: z.number(), sha256: z.string() });

export const sessionsOf = (reply: EngineReply): Outcome<CommandResult<'sessions'>> =>
  read(reply, z.array(sessionSchema), (list) => ({ sessions: list }));

export const refusalsOf = (reply: EngineReply): Outcome<CommandResult<'refusals'>> =>
  read(reply, refusals, (list) => ({ refusals: list }));

export const fetchOf = (reply: EngineReply): Outcome<CommandResult<'practiceFetch'>> =>
  read(reply, fetched, ({ bytes, ms, sha256 }) => ({ bytes, milliseconds: ms, sha256 }));

function read<S extends z.ZodType, T>(
  reply: EngineReply,
  schema: S,
  shape: (result: z.infer<S>) => T,
): Outcome<T> {
  if (!reply.ok) return reply;
  const parsed = schema.safeParse(reply.result);
  if (parsed.success) return { ok: true, value: shape(parsed.data) };
  return { ok: false, fault: bug('an answer of the engine', z.prettifyError(parsed.error)) };
}
