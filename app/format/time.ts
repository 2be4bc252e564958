// Durations, ages and clock times for people. All arguments are milliseconds; clocks are handed in.
const two = (n: number) => String(n).padStart(2, '0');

/** `0:42`, `12:03`, `1:02:03`. */
export function duration(milliseconds: number): string {
  const whole = Math.max(0, Math.floor((Number.isFinite(milliseconds) ? milliseconds : 0) / 1000));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = two(whole % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** A short wait: `340 ms`, `1.2 s`, `2 min`. */
export function wait(milliseconds: number, locale?: string): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 1000) return `${Math.round(ms)}\u00a0ms`;
  if (ms < 100_000) {
    const seconds = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(ms / 1000);
    return `${seconds}\u00a0s`;
  }
  return `${Math.round(ms / 60_000)}\u00a0min`;
}

/** How long ago, `now` within five seconds. */
export function age(at: number, now: number, locale?: string): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'narrow' });
  if (seconds < 5) return format.format(0, 'second');
  if (seconds < 60) return format.format(-seconds, 'second');
  if (seconds < 3600) return format.format(-Math.floor(seconds / 60), 'minute');
  if (seconds < 86_400) return format.format(-Math.floor(seconds / 3600), 'hour');
  return format.format(-Math.floor(seconds / 86_400), 'day');
}

/** Time of day with seconds, for the log. */
export function clock(at: number, locale?: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    ...(timeZone ? { timeZone } : {}),
  }).format(at);
}
