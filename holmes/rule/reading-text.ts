/** Readings as people write them: `82 %`, `512 MiB`, `40 ms`, `1,204`. Reasons, sentences and tables use one spelling. */
import { readingTable, type ReadingName, type Unit } from '../reading.ts';

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `rss_bytes`, 536870912 -> `512 MiB`. A number that is none is `unknown`, an infinite one `no limit`. */
export function readingText(name: ReadingName, value: number): string {
  return amountText(readingTable[name].unit, value);
}

export function amountText(unit: Unit, value: number): string {
  if (Number.isNaN(value)) return 'unknown';
  if (!Number.isFinite(value)) return 'no limit';
  switch (unit) {
    case 'share':
      return percentText(value);
    case 'bytes':
      return bytesText(value);
    case 'ms':
      return `${rounded(value)} ms`;
    case 'count':
      return rounded(value);
  }
}

/** 0.82 -> `82 %`, 0.042 -> `4.2 %`. */
export function percentText(share: number): string {
  return `${rounded(share * 100)} %`;
}

/** 1536 -> `1.5 KiB`. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.6 would be written as 1,024 of the smaller unit.
  while (Math.abs(value) >= 1023.5 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${rounded(value)} ${byteUnits[unit] ?? ''}`;
}

/** Whole numbers with thousands apart; below ten one decimal, unless it is a whole number. */
function rounded(value: number): string {
  const decimals = Math.abs(value) < 9.95 ? 10 : 1;
  const [whole = '0', fraction] = String(Math.round(value * decimals) / decimals).split('.');
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
