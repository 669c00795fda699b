/**
 * A CPU profile as V8's inspector gives it and DevTools reads it (`.cpuprofile`). Positions are as the inspector counts
 * them: line and column from 0, `positionTicks` lines from 1.
 */
export interface CallFrame {
  readonly functionName: string;
  readonly scriptId: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

export interface CpuProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly hitCount?: number;
  readonly children?: readonly number[];
  readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[];
}

export interface CpuProfile {
  /** The first is the root. */
  readonly nodes: readonly CpuProfileNode[];
  /** Microseconds of a monotonic clock. */
  readonly startTime: number;
  readonly endTime: number;
  /** Node id of each sample. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before; the first since `startTime`. */
  readonly timeDeltas: readonly number[];
}
