/** A run as it is kept: with it the table can be made again, and each window be inferred again. */
import type { Case, Truth } from './case.ts';
import type { Trial } from './trial.ts';

export interface RunResults {
  readonly format: 1;
  readonly startedAt: string;
  readonly seconds: number;
  readonly command: string;
  readonly machine: {
    readonly cores: number;
    readonly node: string;
    /** Of one minute, at the start, at most, and at the end. */
    readonly loads: readonly number[];
  };
  readonly lanes: number;
  readonly cases: readonly { readonly case: Case; readonly truth: Truth }[];
  readonly trials: readonly Trial[];
  /** Cases that could not be run to their end, and why. */
  readonly broken: readonly { readonly name: string; readonly reason: string }[];
}
