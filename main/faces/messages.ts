/**
 * What a face and the gateway say to each other over a socket: the panel's WebSocket (one text message each) and the
 * command line's Unix socket (one line of JSON each). Commands and events are the contract's; here is only their envelope.
 */
import { z } from 'zod';
import type { Meter, Outcome, StateEvent } from '../contract.ts';

/** Longest message taken from a face, bytes; settings with every forward fit many times over. */
export const MAX_MESSAGE_BYTES = 1 << 20;

export const fromFaceSchema = z.discriminatedUnion('type', [
  /** First on a WebSocket, with the token from the page's address. */
  z.object({ type: z.literal('hello'), token: z.string().max(128) }),
  z.object({
    type: z.literal('call'),
    id: z.number().int(),
    name: z.string().max(64),
    argument: z.unknown(),
  }),
  /** Unix socket only: send state and meter events from now on. */
  z.object({ type: z.literal('subscribe') }),
  /** Unix socket only: who is running here. */
  z.object({ type: z.literal('about') }),
  /** Unix socket only: bring the window forward; answered as `about`. */
  z.object({ type: z.literal('show') }),
]);
export type FromFace = z.infer<typeof fromFaceSchema>;

export const aboutSchema = z.object({
  type: z.literal('about'),
  pid: z.number().int(),
  face: z.enum(['desktop', 'headless']),
  version: z.string(),
  /** The panel's address with its token, for its owner's eyes; null on the desktop. */
  address: z.string().nullable(),
});
export type About = z.infer<typeof aboutSchema>;

export type ToFace =
  | { type: 'welcome' }
  | { type: 'outcome'; id: number; outcome: Outcome<unknown> }
  | { type: 'state'; event: StateEvent }
  | { type: 'meter'; event: Meter }
  | About;
