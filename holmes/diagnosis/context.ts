/** What a diagnosis is told beside the profile. */
import type { Baseline } from '../baseline/baseline.ts';
import type { KernelState, StackSample } from '../profile/handle-profile.ts';
import type { RingView } from '../reading.ts';
import type { Occasion, RuleName } from '../rule/rule.ts';

export interface DiagnosisContext {
  /** Of the subject, as the sentence names it: `data thread 2`. */
  readonly title: string;
  readonly occasion: RuleName | Occasion;
  /** Of an exception and an out-of-memory its text; of a heap near its limit the share of it, `93 %`; empty otherwise. */
  readonly detail: string;
  readonly baseline: Baseline;
  readonly readings: RingView;
  readonly stacks: readonly StackSample[];
  readonly kernel: KernelState | null;
  /** Unix milliseconds of the capture. */
  readonly at: number;
  /** A short name for the file of a URL, or `null` to leave it to the default. */
  fileName(url: string): string | null;
  /** `filter audit` for a module of that filter; empty when nobody is known to own it. */
  ownerOf(url: string): string;
  /** The text of a line (from 1) of a file, `null` when it cannot be read. Cached, bounded, never throws. */
  sourceLine(url: string, line: number): string | null;
}
