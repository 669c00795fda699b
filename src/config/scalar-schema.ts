/**
 * The file's quantities and plain values as schemas. The notation that an editor accepts and the one that is read are
 * the same patterns; the words of a refusal come from the readers.
 */
import * as z from 'zod';
import { reading } from './block.ts';
import {
  durationPattern,
  ratioPattern,
  readDuration,
  readGrowth,
  readRatio,
  readSize,
  sizePattern,
} from './quantity.ts';
import { type Reading, read, refuse } from './reading.ts';

type EditorFacts = Readonly<Record<string, unknown>>;

/** Text or number, with what an editor should accept of each. */
export function textOrNumber(
  what: string,
  textFacts: EditorFacts,
  numberFacts: EditorFacts,
): z.ZodType<string | number> {
  return z.union([z.string().meta(textFacts), z.number().meta(numberFacts)], { error: what });
}

/** Milliseconds, at least `minMs`, at most `maxMs` or what a timer holds. */
export function duration(minMs = 1, maxMs: number = Number.POSITIVE_INFINITY): z.ZodType<number> {
  const input = textOrNumber(
    'a duration such as 250ms, 15s, 5m or 1h',
    { pattern: durationPattern },
    { not: {} },
  );
  return reading(input, (value) => within(readDuration(value), minMs, maxMs, ''));
}

/** Milliseconds; 0 means none, anything else is at least `minMs` and at most `maxMs` or what a timer holds. */
export function durationOrZero(minMs = 1, maxMs: number = Number.POSITIVE_INFINITY): z.ZodType<number> {
  const expected = 'a duration such as 250ms, 15s, 5m or 1h, or 0 for none';
  const input = textOrNumber(expected, { pattern: `${durationPattern}|^0$` }, { const: 0 });
  return reading(input, (value) => {
    const outcome = readDuration(value);
    const isZero = outcome.ok && outcome.value === 0;
    return isZero ? outcome : within(outcome, minMs, maxMs, ', or 0 for none');
  });
}

/** Bytes, within the range; 0 as well when `zero`. */
export function size(range: { min: number; max?: number; zero?: boolean }): z.ZodType<number> {
  const input = textOrNumber(
    'a size such as 64KiB',
    { pattern: `${sizePattern}|^\\d+$` },
    { type: 'integer', minimum: 0 },
  );
  const max = range.max ?? Number.MAX_SAFE_INTEGER;
  return reading(input, (value) => {
    const outcome = readSize(value);
    if (!outcome.ok || (range.zero === true && outcome.value === 0)) return outcome;
    const bound = range.max === undefined ? `at least ${range.min} bytes` : `${range.min}..${max} bytes`;
    const expected = `a size of ${bound}${range.zero === true ? ', or 0' : ''}`;
    return outcome.value >= range.min && outcome.value <= max ? outcome : refuse(expected);
  });
}

/** 0..1. */
export function ratio(): z.ZodType<number> {
  const input = textOrNumber(
    'a ratio such as 20% or 0.2',
    { pattern: ratioPattern },
    { minimum: 0, maximum: 1 },
  );
  return reading(input, readRatio);
}

/** By how much more, as a share: 0 and up. */
export function growth(): z.ZodType<number> {
  const input = textOrNumber(
    'a growth such as 25% or 150%',
    { pattern: ratioPattern },
    { minimum: 0, maximum: 1 },
  );
  return reading(input, readGrowth);
}

export function integer(min: number, max = 2_147_483_647): z.ZodType<number> {
  const error = `a whole number between ${min} and ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export function decimal(min: number, max: number): z.ZodType<number> {
  const error = `a number between ${min} and ${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
}

export function flag(): z.ZodType<boolean> {
  return z.boolean({ error: 'true or false' });
}

export function word<const Words extends readonly [string, ...string[]]>(
  words: Words,
): z.ZodType<Words[number]> {
  return z.enum(words, { error: `one of ${words.join(', ')}` });
}

/** Any text on one line. */
export function text(maxLength = 1024, minLength = 0): z.ZodType<string> {
  return reading(z.string({ error: 'text' }).meta({ maxLength, minLength }), (value) => {
    if (value.length < minLength) return refuse(minLength === 1 ? 'text that is not empty' : 'longer text');
    if (value.length > maxLength) return refuse(`at most ${maxLength} characters`);
    return hasControl(value) ? refuse('text without control characters') : read(value);
  });
}

function within(outcome: Reading<number>, minMs: number, maxMs: number, or: string): Reading<number> {
  if (!outcome.ok || (outcome.value >= minMs && outcome.value <= maxMs)) return outcome;
  const most = maxMs === Number.POSITIVE_INFINITY ? '' : ` and at most ${maxMs / 1000}s`;
  return refuse(`a duration of at least ${minMs}ms${most}${or}`);
}

function hasControl(value: string): boolean {
  return /\p{Cc}/u.test(value);
}
