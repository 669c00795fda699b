/** What was seen of one case once: everything that the table is made of, so that it can be made again. */
import type { EdgeRow, Suspect } from '../../../health/infer/evidence.ts';
import type { ReleaseVerdict } from '../../../health/verdict/verdict.ts';

/** As it comes over the wire: maps are lists of pairs. */
export interface EvidenceView {
  readonly from: number;
  readonly to: number;
  readonly rows: readonly EdgeRow[];
  readonly calls: readonly (readonly [module: string, calls: number])[];
  readonly missing: readonly (readonly [node: string, epochs: number])[];
}

/** What the aggregator said at the end of one window. */
export interface Reading {
  /** The last epoch of the window. */
  readonly epoch: number;
  /** Unix milliseconds at which it was heard. */
  readonly at: number;
  readonly suspects: readonly Suspect[];
  readonly evidence: EvidenceView;
}

export interface Trial {
  readonly name: string;
  readonly round: number;
  /** Windows that ended before anything was planted. */
  readonly healthy: readonly Reading[];
  /** Unix milliseconds; `null`: nothing was planted. */
  readonly plantedAt: number | null;
  /** Windows that hold at least part of the fault. */
  readonly watched: readonly Reading[];
  /** On the new version, at the end. */
  readonly verdict: Pick<ReleaseVerdict, 'verdict' | 'wouldBe' | 'reasons' | 'evidence'>;
  /** Seconds from the fault, or without one from the first call that it heard of, to a verdict; `null`: there was none. */
  readonly verdictSeconds: number | null;
  /** What the callers saw while the fault was there, or of all windows without one. */
  readonly calls: number;
  readonly failures: number;
}
