/** What every message is made of: a fault in words, addresses, ports, names of devices. */
import { z } from 'zod';

/** Something a person is told: what happened, why most likely, and what to do about it. */
export const faultSchema = z.object({
  code: z.string().max(64),
  sentence: z.string().max(400),
  cause: z.string().max(600),
  remedy: z.string().max(800),
  detail: z.string().max(4000).optional(),
});
export type Fault = z.infer<typeof faultSchema>;

const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
export const ipv4Schema = z
  .string()
  .regex(new RegExp(`^${octet}(?:\\.${octet}){3}$`), 'an IPv4 address such as 192.168.66.1');
export const interfaceSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,14}$/, 'a network interface name');
export const portSchema = z.number().int().min(1).max(65535);
/** A serial device the engine may be asked to hang up: a name below /dev, never a path that climbs. */
export const serialPathSchema = z
  .string()
  .regex(/^\/dev\/(?:[A-Za-z0-9_-]+\/)?[A-Za-z0-9_.-]{1,64}$/, 'a serial port below /dev')
  .refine((path) => !path.includes('..'));

/** Serial ports with a call on them. */
export const guardedPathsSchema = z.array(serialPathSchema).max(8);
