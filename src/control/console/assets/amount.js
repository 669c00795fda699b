/** Numbers as people read them: `82 %`, `1.4 MiB`, `3 min ago`. */

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `unit` as in the table of readings; a value that is not there is a dash. */
export function amount(value, unit) {
  if (!isNumber(value)) return '–';
  if (unit === 'share') return share(value);
  if (unit === 'bytes') return bytes(value);
  if (unit === 'ms') return duration(value);
  return count(value);
}

export function isNumber(value) {
  return typeof value === 'number' && Number.isFinite(value);
}

export function share(value) {
  return isNumber(value) ? `${digits(value * 100)} %` : '–';
}

export function bytes(value) {
  const power = Math.min(
    byteUnits.length - 1,
    Math.max(0, Math.floor(Math.log2(Math.max(1, Math.abs(value))) / 10)),
  );
  return `${power === 0 ? Math.round(value) : digits(value / 1024 ** power)} ${byteUnits[power]}`;
}

export function count(value) {
  return Number.isInteger(value) ? value.toLocaleString('en') : digits(value);
}

/** Of a rate: no more digits than an eye follows. */
export function perSecond(rate) {
  if (!isNumber(rate)) return '–';
  return rate >= 10 || rate === 0 ? Math.round(rate).toLocaleString('en') : rate.toFixed(1);
}

/** Of how long answers took; beyond the last bucket of the histogram only that is known. */
export function latency(ms) {
  return ms === Number.POSITIVE_INFINITY ? '> 30 s' : amount(ms, 'ms');
}

/** Of a length of time in milliseconds. */
export function duration(ms) {
  if (ms < 1000) return `${digits(ms)} ms`;
  if (ms < 120_000) return `${digits(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} days`;
}

/** How long ago, for a sleepy person: one unit, no fraction. */
export function age(ms) {
  if (ms < 1500) return 'just now';
  return `${duration(ms < 120_000 ? Math.round(ms / 1000) * 1000 : ms)} ago`;
}

/** As many as say something: three below ten, none behind the point from there. */
function digits(value) {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en');
  if (size >= 10 || size === 0) return String(Math.round(value));
  return String(Number(value.toPrecision(2)));
}

const clockFormat = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** `09:51:55`, in the reader's time zone. */
export function clockTime(at) {
  return clockFormat.format(at);
}

/** With the day in front when that is not today. */
export function dayTime(at, now) {
  return dayFormat.format(at) === dayFormat.format(now)
    ? clockTime(at)
    : `${dayFormat.format(at)}, ${clockTime(at)}`;
}
