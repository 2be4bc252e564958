// Rates, sizes and counts for people: Intl does the numbers, units stay put so that columns do not jump. Decimal
// multiples, as the telephone trade counts (1 kbit/s = 1000 bit/s).
export interface Quantity {
  value: string;
  unit: string;
}

const formats = new Map<string, Intl.NumberFormat>();
function fixed(digits: number, locale: string | undefined): Intl.NumberFormat {
  const key = `${locale ?? ''}/${digits}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    formats.set(key, format);
  }
  return format;
}

/** A number that is not one, or is below nothing, counts as nothing. */
const sane = (n: number) => (Number.isFinite(n) && n > 0 ? n : 0);

/** bit/s, always with one decimal in kbit/s up to a megabit: `33.6 kbit/s`. */
export function rate(bitsPerSecond: number, locale?: string): Quantity {
  const n = sane(bitsPerSecond);
  if (n < 999_950) return { value: fixed(1, locale).format(n / 1e3), unit: 'kbit/s' };
  if (n < 999_950_000) return { value: fixed(2, locale).format(n / 1e6), unit: 'Mbit/s' };
  return { value: fixed(2, locale).format(n / 1e9), unit: 'Gbit/s' };
}

/** bytes as B, kB, MB, GB. */
export function size(bytes: number, locale?: string): Quantity {
  const n = sane(bytes);
  if (n < 1000) return { value: fixed(0, locale).format(n), unit: 'B' };
  if (n < 999_950) return { value: fixed(1, locale).format(n / 1e3), unit: 'kB' };
  if (n < 999_995_000) return { value: fixed(2, locale).format(n / 1e6), unit: 'MB' };
  return { value: fixed(2, locale).format(n / 1e9), unit: 'GB' };
}

const text = (q: Quantity) => `${q.value}\u00a0${q.unit}`;
export const rateText = (bitsPerSecond: number, locale?: string) => text(rate(bitsPerSecond, locale));
export const sizeText = (bytes: number, locale?: string) => text(size(bytes, locale));
export const count = (n: number, locale?: string) => fixed(0, locale).format(Math.max(0, Math.round(n)));

/** The port rate as the trade writes it, whole: `115,200 bit/s`. */
export const wholeRate = (bitsPerSecond: number, locale?: string) =>
  `${count(bitsPerSecond, locale)}\u00a0bit/s`;
