/** The answer to a release pipeline: go on, stop, or not known yet; it may be asked for as often as one likes. */
import type { Suspect } from '../infer/evidence.ts';
import type { JudgedRelease } from './release-input.ts';

export const Verdict = ['pass', 'fail', 'inconclusive'] as const;
export type Verdict = (typeof Verdict)[number];

export const Action = ['continue', 'pause', 'rollback'] as const;
export type Action = (typeof Action)[number];

export interface ArmEvidence {
  readonly version: string;
  readonly calls: number;
  readonly failures: number;
  /** Nodes that served them. */
  readonly nodes: number;
}

export interface ReleaseVerdict {
  readonly verdict: Verdict;
  /** 0 bad .. 1 good: 1 - p of failing, for judges that want a number. */
  readonly score: number;
  /** What an automatic pipeline should do; in dry-run mode never more than `continue`, with `wouldBe` telling. */
  readonly action: Action;
  readonly wouldBe: Action;
  readonly dryRun: boolean;
  /** Sentences for people, the most important first. */
  readonly reasons: readonly string[];
  readonly evidence: {
    readonly canary: ArmEvidence;
    readonly baseline: ArmEvidence;
    /** Evidence against "as good as the baseline", to one; fail at 1 / alpha. */
    readonly eValue: number;
    /** At least so many times the odds of failing, as far as the evidence is sure; 1: not sure of any. */
    readonly oddsRatioAtLeast: number;
    /** Calls still needed for a pass; 0: enough. */
    readonly needRequests: number;
    readonly dispersion: number;
    readonly strata: number;
  };
  readonly suspects: readonly Suspect[];
  readonly release: JudgedRelease;
  /** ISO 8601; and for how many seconds the answer may be cached. */
  readonly asOf: string;
  readonly ttl: number;
}
