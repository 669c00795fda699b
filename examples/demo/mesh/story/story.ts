/** What a fault is to the demonstration: how it is planted, what has to be seen of it, and what is to be said in the end. */
import type { Step } from '../telling.ts';

export interface Story {
  /** One line: what is going to be broken, where, how hard. */
  readonly plot: string;
  /** Answers when enough has been seen of the time before the fault; says what it waits for. */
  prepare(say: (line: string) => void, signal: AbortSignal): Promise<void>;
  /** Breaks it, and says what was done. */
  plant(): Promise<string>;
  /** What has to be seen; `faultAt` in Unix milliseconds. */
  steps(faultAt: number): readonly Step[];
  end(): Promise<Ending>;
  /** Ends what it does by itself; the fault stays. */
  stop(): void;
}

export interface Ending {
  /** What else is known now, read from those who know it. */
  readonly facts: readonly string[];
  /** The one sentence; `null`: nobody has named a culprit. */
  readonly culprit: string | null;
  /** Addresses that show it. */
  readonly open: readonly string[];
}
