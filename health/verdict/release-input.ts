/**
 * What a verdict is made of: the calls of each window, split so that like is compared with like. Plain data: the
 * aggregator keeps it, a test writes it down, a pipeline may send it.
 */
import type { Suspect } from '../infer/evidence.ts';

/** A node's part of a count. Where only a total is known, `calls` is an equal share of it. */
export interface NodeCount {
  readonly node: string;
  readonly calls: number;
  readonly failures: number;
}

/**
 * Calls between two services in one window that one version of the released service served. Give each call once: a call
 * that the service makes while it serves another fails together with it, and would count as a second witness.
 */
export interface StratumCount {
  readonly callerService: string;
  readonly calleeService: string;
  /** Of the released service. Others than canary and baseline are left out. */
  readonly version: string;
  readonly calls: number;
  /** At most `calls`. */
  readonly failures: number;
  /** The nodes of that version which served them. */
  readonly nodes: readonly NodeCount[];
  /** Only the called application counted them: calls that were lost before it are not among them. */
  readonly applicationOnly?: boolean;
}

export interface ReleaseWindow {
  readonly epoch: number;
  readonly strata: readonly StratumCount[];
}

/** What is judged, in the input and in the verdict. */
export interface JudgedRelease {
  /** The release order where it is known, else what it was asked for by. */
  readonly id: string;
  readonly service: string;
  /** The canary's version. */
  readonly version: string;
  /** Parts of the id; empty: there is no iteration. */
  readonly order: string;
  readonly iteration: string;
}

export interface ReleaseInput {
  readonly release: JudgedRelease;
  /** What the canary is compared with. */
  readonly baselineVersion: string;
  /**
   * By epoch, ascending. Windows before the canary's first call teach how failures cluster; half an hour of them is
   * plenty. Where the baseline is quiet, a window may be missing.
   */
  readonly windows: readonly ReleaseWindow[];
  /** Epochs after which the pipeline looked for a pass, ascending; null: a step is `stepEpochs` of the settings long. */
  readonly stepEnds: readonly number[] | null;
  /** The service's nodes; those that a rollback of the canary touches; those that automatic actions touch already. */
  readonly fleet: { readonly nodes: number; readonly canaryNodes: number; readonly touched: number };
  /** All that are known; those of this service come with the verdict. */
  readonly suspects: readonly Suspect[];
  /** Unix milliseconds, and the last epoch that is closed: steps end by it, also when nobody called. */
  readonly asOf: number;
  readonly lastEpoch: number;
}
