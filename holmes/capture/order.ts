/** What is to be captured and why; made by whoever decided, carried out by `Captures`. */
import type { Occasion, RuleName } from '../rule/rule.ts';
import type { CaptureKind } from '../subject/subject.ts';

export interface CaptureOrder {
  readonly kind: CaptureKind;
  readonly rule: RuleName | Occasion;
  readonly reason: string;
  /** For the diagnosis: the error of a thread that nobody caught; empty otherwise. */
  readonly detail: string;
  readonly decisionId: number;
  /** Unix milliseconds of the decision. */
  readonly at: number;
  /** Of a CPU profile: what it covers. */
  readonly beforeMs: number;
  readonly afterMs: number;
  /** Of a handle capture: for how long it finds out where new ones are made. */
  readonly armMs: number;
  /** The thread does not answer, for so long: its live stack is wanted, and the diagnosis looks at that time only. */
  readonly silentMs: number;
  /** Taken beside another capture of the same subject: the thread may not live long enough to wait. */
  readonly urgent: boolean;
}
