// What is typed about the cost of a provider's calls: its tariff and its limits. Pure; the contract's schema checks it.
import {
  type Limits,
  NEW_TARIFF,
  type Provider,
  readWeekPlan,
  type Tariff,
  weekPlanText,
} from '../../main/contract.ts';

export interface TariffDraft {
  charged: boolean;
  currency: string;
  price: string;
  per: Tariff['per'];
  setUp: string;
  unitSeconds: string;
  minimum: string;
  /** One span a line, such as `Mon-Fri 18:00-08:00`; empty: one price at all hours. */
  offPeakHours: string;
  offPeakPrice: string;
  limitMinutes: string;
  limitMegabytes: string;
  limitMoney: string;
  atLimit: Limits['atLimit'];
}

export function tariffDraft({ tariff, limits }: Pick<Provider, 'tariff' | 'limits'>): TariffDraft {
  const from = tariff ?? NEW_TARIFF;
  return {
    charged: tariff !== null,
    currency: from.currency,
    price: String(from.price),
    per: from.per,
    setUp: String(from.setUp),
    unitSeconds: String(from.unitSeconds),
    minimum: String(from.minimum),
    offPeakHours: weekPlanText(from.offPeak?.hours ?? []),
    offPeakPrice: String(from.offPeak?.price ?? 0),
    limitMinutes: String(limits.minutes),
    limitMegabytes: String(limits.megabytes),
    limitMoney: String(limits.money),
    atLimit: limits.atLimit,
  };
}

/** A number as people type it: a comma does for the point; what is none becomes NaN, which the schema refuses. */
export const amount = (text: string): number => Number(text.trim().replace(',', '.') || Number.NaN);

/** For the schema to check; null hours are refused by it. */
export function readTariff(draft: TariffDraft): { tariff: unknown; limits: unknown } {
  const hours = readWeekPlan(draft.offPeakHours);
  const offPeak = hours?.length === 0 ? null : { hours, price: amount(draft.offPeakPrice) };
  return {
    tariff: draft.charged
      ? {
          currency: draft.currency,
          price: amount(draft.price),
          per: draft.per,
          setUp: amount(draft.setUp),
          unitSeconds: amount(draft.unitSeconds),
          minimum: amount(draft.minimum),
          offPeak,
        }
      : null,
    limits: {
      minutes: amount(draft.limitMinutes),
      megabytes: amount(draft.limitMegabytes),
      money: amount(draft.limitMoney),
      atLimit: draft.atLimit,
    },
  };
}

const FIELDS: Record<string, keyof TariffDraft> = {
  'tariff.currency': 'currency',
  'tariff.price': 'price',
  'tariff.setUp': 'setUp',
  'tariff.unitSeconds': 'unitSeconds',
  'tariff.minimum': 'minimum',
  'tariff.offPeak.hours': 'offPeakHours',
  'tariff.offPeak.price': 'offPeakPrice',
  'limits.minutes': 'limitMinutes',
  'limits.megabytes': 'limitMegabytes',
  'limits.money': 'limitMoney',
};

/** Which field a complaint of the schema belongs to; null for none of these. */
export function tariffField(path: readonly PropertyKey[]): keyof TariffDraft | null {
  for (let length = path.length; length > 0; length--) {
    const field = FIELDS[path.slice(0, length).join('.')];
    if (field) return field;
  }
  return null;
}
