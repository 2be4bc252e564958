/**
 * How a provider is reached: over the telephone, a mobile network, a satellite or a cable; and what is usual for each kind.
 *
 * Fields that providers of older files lack have their defaults here. Free of Node: the window uses it through the contract.
 */
import { z } from 'zod';
import { limitsSchema, NO_LIMITS, tariffSchema } from '../usage/usage-schema.ts';

/** `emulated` is a program or a Wi-Fi modem that plays a telephone modem. */
export const modemKindSchema = z.enum(['telephone', 'cellular', 'satellite', 'emulated']);
export type ModemKind = z.infer<typeof modemKindSchema>;

export const providerKindSchema = z.enum(['telephone', 'cellular', 'satellite', 'cable']);
export type ProviderKind = z.infer<typeof providerKindSchema>;

export const profileFields = {
  kind: providerKindSchema.default('telephone'),
  /** Access point name of a mobile network; empty: the network's own choice. */
  apn: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9.-]{0,100}$/, 'An access point has letters, digits, dots and hyphens.')
    .default(''),
  /** What keeps either end of a cable from being sent too much; modems have RTS and CTS. */
  flow: z.enum(['rts-cts', 'xon-xoff', 'none']).default('rts-cts'),
  /** bit/s at which to send, for modems that do not tell the line's true rate; 0: as the modem says. */
  paceRate: z.number().int().min(0).max(10_000_000).default(0),
  /** The largest packet to send, bytes; 0: by the line's rate. */
  mtu: z
    .union([z.literal(0), z.number().int().min(128).max(1500)], {
      error: 'The largest packet is 128 to 1500 bytes; 0 leaves it to the line’s rate.',
    })
    .default(0),
  /** How long the modem waits for the other one's carrier (S7), seconds. */
  carrierWaitSeconds: z.number().int().min(10).max(255).default(60),
  /** Hang up after so many minutes online, with a warning before; 0: never. */
  longestCallMinutes: z.number().int().min(0).max(10_080).default(0),
  /** What its calls cost; null: not counted. */
  tariff: tariffSchema.nullable().default(null),
  limits: limitsSchema.default(NO_LIMITS),
};

export interface Profile {
  portRate: number;
  carrierWaitSeconds: number;
  paceRate: number;
  redialPauseSeconds: number;
  loginScript: 'off' | 'auto';
  blindDial: boolean;
  modemInit: string[];
  /** What to dial where all providers of the kind have the same number; else empty. */
  number: string;
}

/**
 * What is usual. A satellite telephone speaks 19 200 bit/s with the computer and about 2400 with the sky, and takes long to
 * answer; a mobile module has a PPP of its own behind a service code, and its CONNECT figures mean nothing.
 */
export const PROFILES: Readonly<Record<ProviderKind, Profile>> = {
  telephone: {
    portRate: 115_200,
    carrierWaitSeconds: 60,
    paceRate: 0,
    redialPauseSeconds: 10,
    loginScript: 'auto',
    blindDial: false,
    modemInit: [],
    number: '',
  },
  cellular: {
    portRate: 115_200,
    carrierWaitSeconds: 60,
    paceRate: 0,
    redialPauseSeconds: 10,
    loginScript: 'off',
    blindDial: false,
    modemInit: [],
    number: '*99#',
  },
  cable: {
    portRate: 115_200,
    carrierWaitSeconds: 60,
    paceRate: 0,
    redialPauseSeconds: 10,
    loginScript: 'auto',
    blindDial: false,
    modemInit: [],
    number: '',
  },
  satellite: {
    portRate: 19_200,
    carrierWaitSeconds: 120,
    paceRate: 2_400,
    redialPauseSeconds: 30,
    loginScript: 'auto',
    blindDial: true,
    // 9600 bit/s V.110, as the satellite's own gateway to the Internet wants it.
    modemInit: ['+CBST=71,0,1'],
    number: '',
  },
};

/** What a mobile module said of its network just before it dialled. */
export const radioSchema = z.object({
  network: z.string().nullable(),
  /** Null: the module did not know. */
  signalDbm: z.number().nullable(),
  roaming: z.boolean(),
});
export type Radio = z.infer<typeof radioSchema>;
