/**
 * From which value on a rule captures. The decision is made with these same words, so that the line which a chart draws
 * is the one that a reading has to reach.
 */
import type { Rule } from './rule.ts';

/**
 * The value that is `diff` more than the average `usual`. From nothing to something is growth without end, and nothing
 * that stays nothing is none. Infinite: growth has no limit, or there is nothing yet to compare with (`usual` is NaN).
 */
export function growthLimit(usual: number, diff: number): number {
  if (!Number.isFinite(diff) || Number.isNaN(usual)) return Number.POSITIVE_INFINITY;
  return usual > 0 ? usual * (1 + diff) : Number.MIN_VALUE;
}

/**
 * The smallest value with which the rule would fire beside the average `usual` (NaN before there is one), whether it is
 * enabled or not; from `rule.max` on it does not. Infinite: it fires with none.
 */
export function captureLimit(rule: Rule, usual: number): number {
  const limit = Math.max(rule.min, Math.min(rule.abs, growthLimit(usual, rule.diff)));
  return limit < rule.max ? limit : Number.POSITIVE_INFINITY;
}
