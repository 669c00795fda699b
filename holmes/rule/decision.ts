/** What was decided and why, with its numbers; kept also when the decision was to do nothing. */
import type { CaptureKind } from '../subject/subject.ts';
import type { Occasion, RuleName } from './rule.ts';

export const Verdict = {
  /** A capture is taken. */
  Capture: 'capture',
  /** The reading is in order. */
  Quiet: 'quiet',
  /** It would have been captured, but: */
  Cooldown: 'cooldown',
  TooLoaded: 'too_loaded',
  Busy: 'busy',
  Disabled: 'disabled',
  Unsupported: 'unsupported',
  /** The capture budget (captures per minute) is used up. */
  Budget: 'budget',
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

export interface Decision {
  /** Counts up from 1. */
  readonly id: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly subject: string;
  readonly rule: RuleName | Occasion;
  readonly verdict: Verdict;
  /** Which part of the rule spoke: `abs`, `diff`; `null` when none did. */
  readonly by: 'abs' | 'diff' | null;
  /** One line with the numbers: `cpu 82 % is 64 % above its average of 50 % (limit 25 %)`. */
  readonly reason: string;
  /** The new reading, NaN when there was none; the average of those before it, NaN before there were enough. */
  readonly value: number;
  readonly average: number;
  readonly capture: CaptureKind | null;
  /** Of the capture that it led to; filled in when that is stored. */
  readonly captureId: string | null;
}
