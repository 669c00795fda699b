/**
 * Whether a reading is worth a capture, as holmes decides it, and one line that says why. Unlike holmes the average is
 * taken of the ten readings before the new one: a jump does not dilute what it is compared with.
 */
import type { ReadingName } from '../reading.ts';
import { growthLimit } from './limit.ts';
import { amountText, percentText, readingText } from './reading-text.ts';
import type { Rule } from './rule.ts';

/** How many readings an average is made of. Before there are so many only `abs` speaks. */
const historyLength = 10;

export interface Judgement {
  readonly fires: boolean;
  /** Which part of the rule spoke; `null` when none did. */
  readonly by: 'abs' | 'diff' | null;
  /** One line with the numbers. */
  readonly reason: string;
  /** NaN: could not be read. */
  readonly value: number;
  /** Of the ten before; NaN before there were so many. */
  readonly average: number;
  /** At or above `max`: not fired, because a capture would make matters worse. */
  readonly tooLoaded: boolean;
}

export interface JudgeOptions {
  readonly reading: ReadingName;
  /** Whether it is enabled is not looked at here. */
  readonly rule: Rule;
  /** The readings before this one, oldest first, without gaps. The last ten count. */
  readonly before: readonly number[];
  readonly value: number;
}

/** Never throws. */
export function judge(options: JudgeOptions): Judgement {
  const { reading, rule, before, value } = options;
  const usual = before.length < historyLength ? Number.NaN : average(before.slice(-historyLength));
  const text = (of: number) => readingText(reading, of);
  const now = `${reading} ${text(value)}`;
  const result = (by: Judgement['by'], reason: string, tooLoaded = false): Judgement => {
    return { fires: by !== null, by, reason, value, average: usual, tooLoaded };
  };

  if (!Number.isFinite(value)) return result(null, `${reading} could not be read`);
  if (value < rule.min) return result(null, `${now} is below the minimum ${text(rule.min)}`);
  if (value >= rule.max) {
    const reason = `${now} has reached the maximum ${text(rule.max)}: a capture would make matters worse`;
    return result(null, reason, true);
  }
  if (value >= rule.abs) return result('abs', `${now} has reached the limit ${text(rule.abs)}`);
  if (Number.isNaN(usual)) {
    return result(null, `${now}: ${before.length} of ${historyLength} readings so far to compare with`);
  }
  const reason = `${now} is ${comparison(options, usual)} of the last ten (allowed: ${amountText('share', rule.diff)})`;
  return result(value >= growthLimit(usual, rule.diff) ? 'diff' : null, reason);
}

/** Of nothing: NaN. */
export function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** `64 % above the average 50 %`. */
function comparison({ reading, value }: JudgeOptions, usual: number): string {
  const text = `the average ${readingText(reading, usual)}`;
  if (value === usual) return text;
  const direction = value > usual ? 'above' : 'below';
  if (!(usual > 0)) return `${direction} ${text}`;
  return `${percentText(Math.abs(value - usual) / usual)} ${direction} ${text}`;
}
