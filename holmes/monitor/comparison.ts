/** What the newest readings of a subject were compared with, and from where on they would be captured. */
import type { ReadingName } from '../reading.ts';
import { captureLimit } from '../rule/limit.ts';
import { type Rules, ruleTable } from '../rule/rule.ts';
import type { Post } from './post.ts';

/** Of a reading that a rule watches, in the unit of the reading. */
export interface Comparison {
  readonly subject: string;
  readonly reading: ReadingName;
  /** Of the ten readings before the newest; NaN before there were so many. */
  readonly average: number;
  /** From this value on the rule captures, given that average; infinite: from none, also while the rule is switched off. */
  readonly limit: number;
}

/** By the rules as they are now; empty before the first sample. */
export function comparisonsOf({ name, averages }: Post, rules: Rules): readonly Comparison[] {
  return Array.from(averages, ([rule, average]) => ({
    subject: name,
    reading: ruleTable[rule].reading,
    average,
    limit: rules[rule].enabled ? captureLimit(rules[rule], average) : Number.POSITIVE_INFINITY,
  }));
}
