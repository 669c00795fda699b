/** Numbers and times as a person reads them. */

/** 0 to 1 as `94 %`, small ones with a digit more. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '-';
  const value = share * 100;
  return `${value !== 0 && Math.abs(value) < 10 ? value.toFixed(1) : value.toFixed(0)} %`;
}

export function byteSize(bytes: number): string {
  if (!Number.isFinite(bytes)) return '-';
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

export function seconds(ms: number): string {
  return Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : '-';
}

/** How long ago: `12 s`, `5 min`, `3 h`, `2 d`. A clock that is behind counts as 0. */
export function age(ms: number): string {
  if (!Number.isFinite(ms)) return '-';
  const whole = Math.max(0, Math.floor(ms / 1000));
  if (whole < 100) return `${whole} s`;
  if (whole < 100 * 60) return `${Math.floor(whole / 60)} min`;
  if (whole < 48 * 3600) return `${Math.floor(whole / 3600)} h`;
  return `${Math.floor(whole / 86_400)} d`;
}

export function timestamp(unixMs: number): string {
  return Number.isFinite(unixMs) && Math.abs(unixMs) <= 8.64e15 ? new Date(unixMs).toISOString() : '-';
}

const counts: readonly string[] = ['handles', 'async_resources', 'descriptors', 'sockets'];

/** A reading of holmes in its unit, which its name tells. */
export function readingText(name: string, value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (name.endsWith('_bytes')) return byteSize(value);
  if (name.startsWith('event_loop_delay')) return `${value.toFixed(1)} ms`;
  return counts.includes(name) ? value.toFixed(0) : percent(value);
}
