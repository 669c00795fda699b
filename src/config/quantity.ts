/**
 * Durations, sizes and ratios as people write them: `15s`, `64KiB`, `20%`. A unit is required wherever leaving it out
 * could be read two ways, because a timeout that is off by a factor of 1000 is found in production.
 */
import { type Reading, read, refuse } from './reading.ts';

const millisecondsPer: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const bytesPer: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** Node's timers hold 2^31-1 ms, a little more than 24 days. */
const longestDurationMs: number = 24 * 24 * 3_600_000;

export const durationPattern = '^\\d+(\\.\\d+)?(ms|s|m|h)$';
export const sizePattern = '^\\d+(\\.\\d+)?(B|kB|KB|MB|GB|KiB|MiB|GiB)$';
export const ratioPattern = '^\\d+(\\.\\d+)?%$';

const durationExpected = 'a duration such as 250ms, 15s, 5m or 1h';
const sizeExpected = 'a size such as 64KiB or 1MB, or a whole number of bytes';
const ratioExpected = 'a ratio such as 20% or 0.2';
const growthExpected = 'a growth such as 25% or 150%';
const greatestGrowth = 1000;

/** Milliseconds. A plain 0 needs no unit. */
export function readDuration(value: string | number): Reading<number> {
  if (value === 0 || value === '0') return read(0);
  const text = String(value);
  const unit = new RegExp(durationPattern).exec(text)?.[2];
  if (unit === undefined) return refuse(durationExpected, missingUnit(text, ['s', 'ms']));
  const exact = Number.parseFloat(text) * (millisecondsPer[unit] ?? 1);
  const rounded = Math.round(exact);
  if (Math.abs(exact - rounded) > 1e-6) return refuse('a whole number of milliseconds');
  if (rounded > longestDurationMs) return refuse('a duration of at most 576h (24 days)');
  return read(rounded);
}

/** Bytes. A plain whole number is bytes. */
export function readSize(value: string | number): Reading<number> {
  const text = String(value);
  if (/^\d+$/.test(text)) return wholeBytes(Number(text));
  const unit = new RegExp(sizePattern).exec(text)?.[2];
  if (unit !== undefined) return wholeBytes(Number.parseFloat(text) * (bytesPer[unit] ?? 1));
  const loose = /^(\d+(?:\.\d+)?)\s*([kmg])(?:i?b)?$/i.exec(text);
  if (loose === null) return refuse(sizeExpected);
  const letter = (loose[2] ?? '').toUpperCase();
  return refuse(
    sizeExpected,
    `write ${loose[1]}${letter}iB (powers of 1024) or ${loose[1]}${letter}B (1000)`,
  );
}

/** 0..1. */
export function readRatio(value: string | number): Reading<number> {
  const isPercent = typeof value === 'string' && new RegExp(ratioPattern).test(value);
  if (typeof value === 'string' && !isPercent) {
    return refuse(ratioExpected, missingUnit(value, ['%']));
  }
  const ratio = typeof value === 'number' ? value : Number.parseFloat(value) / 100;
  if (ratio >= 0 && ratio <= 1) return read(ratio);
  const isLikelyPercent = typeof value === 'number' && value > 1 && value <= 100;
  return refuse('a ratio between 0 and 1, or 0% and 100%', isLikelyPercent ? `write ${value}%` : undefined);
}

/** 0 and more. Above 1 it must be a percentage: a plain 25 could mean either. */
export function readGrowth(value: string | number): Reading<number> {
  if (typeof value === 'string' && new RegExp(ratioPattern).test(value)) {
    const growth = Number.parseFloat(value) / 100;
    return growth <= greatestGrowth ? read(growth) : refuse('a growth of at most 100000%');
  }
  if (typeof value === 'string') return refuse(growthExpected, missingUnit(value, ['%']));
  if (value >= 0 && value <= 1) return read(value);
  return refuse(growthExpected, value > 1 ? `write ${value}% or ${value * 100}%` : undefined);
}

function wholeBytes(bytes: number): Reading<number> {
  return Number.isSafeInteger(bytes) ? read(bytes) : refuse('a whole number of bytes below 2^53');
}

function missingUnit(text: string, units: readonly string[]): string | undefined {
  if (!/^\d+(\.\d+)?$/.test(text)) return undefined;
  return `write the unit: ${units.map((unit) => `${text}${unit}`).join(' or ')}`;
}

/** A default in milliseconds. */
export function defaultMs(value: string | number): number {
  return sound(value, readDuration(value));
}

/** A default in bytes. */
export function defaultBytes(value: string | number): number {
  return sound(value, readSize(value));
}

/** A default between 0 and 1. */
export function defaultRatio(value: string | number): number {
  return sound(value, readRatio(value));
}

/** A default growth, 0 and more. */
export function defaultGrowth(value: string | number): number {
  return sound(value, readGrowth(value));
}

/** Defaults are written in the file's notation; one that cannot be read is a mistake in `defaults.ts`. */
function sound(value: string | number, outcome: Reading<number>): number {
  if (!outcome.ok) throw new Error(`default ${value} is not ${outcome.expected}`);
  return outcome.value;
}
