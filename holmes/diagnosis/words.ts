/** Numbers as people read them when they were just woken. */

/** `94 %`, `0.2 %`, `below 0.1 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value === 0 || value >= 9.95) return `${Math.round(value)} %`;
  return value < 0.1 ? 'below 0.1 %' : `${decimal(value)} %`;
}

/** Decimal units, two or three digits: `212 MB`, `1.5 GB`. */
export function bytes(amount: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = amount;
  let at = 0;
  // 999,500 is already shown as 1.0 MB, not as 1000 kB.
  while (Math.abs(value) >= 999.5 && at < units.length - 1) {
    value /= 1000;
    at++;
  }
  const digits = at === 0 || Math.abs(value) >= 9.95 ? `${Math.round(value)}` : decimal(value);
  return `${digits} ${units[at]}`;
}

/** `400 ms`, `1.5 s`, `5 s`, `3 min`, `2 h`. */
export function duration(ms: number): string {
  if (ms < 949.5) return `${Math.round(ms)} ms`;
  if (ms < 99_500) return `${ms < 9950 ? decimal(ms / 1000) : Math.round(ms / 1000)} s`;
  if (ms < 90 * 60_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}

/** `4,279`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** One digit behind the point, unless it is a zero. */
function decimal(value: number): string {
  return value.toFixed(1).replace('.0', '');
}
