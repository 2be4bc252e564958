/** A provider as it is kept: how it is reached, dialled, logged in to and paid for. Its password is elsewhere, with the secrets. */
import { z } from 'zod';
import { ipv4Schema } from '../../engine/contract.ts';
import { profileFields } from '../calling/provider-profile.ts';
import { NO_LIMITS } from '../usage/usage-schema.ts';

/**
 * One step of a login script. `expect` waits for these characters, capitals or not; `send` types them, with `{user}` and
 * `{password}` put in and Return at the end unless `bare`; `pause` waits.
 */
export const loginStepSchema = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('expect'),
    text: z.string().min(1, 'Give the text to wait for.').max(100),
    seconds: z.number().int().min(1).max(300).optional(),
  }),
  z.object({ do: z.literal('send'), text: z.string().max(200), bare: z.boolean().optional() }),
  z.object({ do: z.literal('pause'), seconds: z.number().min(0.1).max(60) }),
]);
export type LoginStep = z.infer<typeof loginStepSchema>;

const providerFields = z.object({
  id: z.string().regex(/^[a-z0-9-]{1,32}$/),
  name: z.string().trim().min(1, 'Give the provider a name.').max(60),
  numbers: z
    .array(
      z
        .string()
        .trim()
        .regex(
          /^[0-9A-D*#TPWtpw,@!;()+ .\-/]{1,60}$/,
          'A telephone number has digits, and * # , W for pauses and waits.',
        ),
    )
    .max(8),
  user: z.string().max(128),
  /** Path of the modem's port, empty for the first modem that answers, or PRACTICE_PORT. */
  port: z.string().max(200),
  portRate: z.number().int().min(300).max(4_000_000),
  /** Extra AT settings sent one by one after the base string; a refused one is remembered, not fatal. */
  modemInit: z.array(z.string().max(60)).max(9),
  /** Dial without waiting for a dial tone (ATX3). */
  blindDial: z.boolean(),
  headerCompression: z.boolean(),
  /** What runs on the line once it is up: PPP, or SLIP (RFC 1055), with headers compressed (RFC 1144) as CSLIP. */
  link: z.enum(['ppp', 'slip', 'cslip']).default('ppp'),
  /** SLIP gives no addresses: ours and the provider's own, or empty to read them from what its text login says. */
  slipLocal: ipv4Schema.or(z.literal('')).default(''),
  slipPeer: ipv4Schema.or(z.literal('')).default(''),
  /** Provider's name servers to use when PPP gives none. */
  dns: z.array(ipv4Schema).max(4),
  /** How often to try again after busy, no answer or a dropped line, and the first pause in seconds (it grows). */
  redialTries: z.number().int().min(0).max(100),
  redialPauseSeconds: z.number().int().min(1).max(3600),
  /**
   * How to log in to a provider that greets with text before PPP: `off` not at all, `auto` answers the usual prompts if
   * text comes instead of PPP, `terminal` leaves the line to a person until PPP is begun, or steps of one's own before it.
   */
  loginScript: z
    .union([z.enum(['off', 'auto', 'terminal']), z.array(loginStepSchema).min(1).max(40)])
    .default('auto'),
  ...profileFields,
});
/** A cable has no number, and is not found by trying: its port is named. */
function wellReached(
  { kind, numbers, port }: z.infer<typeof providerFields>,
  context: { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void },
): void {
  const complain = (field: string, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message });
  if (kind !== 'cable' && numbers.length === 0) complain('numbers', 'Give the number to dial.');
  if (kind === 'cable' && port === '') complain('port', 'Choose the port that the cable is on.');
}
export const providerSchema = providerFields.superRefine(wellReached);
export type Provider = z.infer<typeof providerSchema>;
/** As the faces see it: never the password or the PIN itself. */
export const providerViewSchema = providerFields
  .extend({ hasPassword: z.boolean(), hasPin: z.boolean() })
  .superRefine(wellReached);
export type ProviderView = z.infer<typeof providerViewSchema>;
/** The port of a provider that is called over the built-in practice line; its telephone book is `main/practice/numbers.ts`. */
export const PRACTICE_PORT = 'practice';
export const NEW_PROVIDER: Omit<Provider, 'id' | 'name' | 'numbers' | 'user'> = {
  port: '',
  portRate: 115_200,
  modemInit: [],
  blindDial: false,
  headerCompression: true,
  link: 'ppp',
  slipLocal: '',
  slipPeer: '',
  dns: [],
  redialTries: 5,
  redialPauseSeconds: 10,
  loginScript: 'auto',
  kind: 'telephone',
  apn: '',
  flow: 'rts-cts',
  paceRate: 0,
  mtu: 0,
  carrierWaitSeconds: 60,
  longestCallMinutes: 0,
  tariff: null,
  limits: NO_LIMITS,
};
