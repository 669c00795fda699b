/** What a thread does when nothing is wrong, so that there is something to compare with. */
import type { CpuProfile } from '../profile/cpu-profile.ts';
import type { HeapProfile } from '../profile/heap-profile.ts';

export interface Baseline {
  /** Share of time, 0 to 1, that the function spends itself at this line; 0: never seen. `null`: no baseline yet. */
  cpuShare(key: string): number | null;
  /** Bytes alive that this place had allocated; `null`: no baseline yet. */
  heapBytes(key: string): number | null;
  /** Handles by kind and place. */
  handleCount(key: string): number | null;
  /** Unix milliseconds of the heap reading that is compared with; 0: none. */
  readonly heapAt: number;
  readonly handlesAt: number;
}

/** How a place is named in a baseline. */
export function placeKey(functionName: string, url: string, line: number): string {
  return `${functionName}\n${url}\n${line}`;
}

/** What the monitor feeds: windows in which no rule spoke. Bounded: the rarest places are forgotten first. */
export interface BaselineBuilder extends Baseline {
  addCpu(profile: CpuProfile): void;
  setHeap(profile: HeapProfile, at: number): void;
}
