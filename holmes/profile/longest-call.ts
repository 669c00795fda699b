/**
 * The longest time for which one and the same call was on the stack without a break: what a thread was stuck in. Samples
 * of the garbage collector do not break it, since they carry no stack.
 */
import type { CpuProfile, CpuProfileNode } from './cpu-profile.ts';
import { type CpuTimes, lastSampleUs, type SampleRange, sampleUs } from './cpu-times.ts';
import { originOf } from './frame-origin.ts';

export interface LongestCall extends SampleRange {
  readonly us: number;
}

interface Run {
  from: number;
  us: number;
  /** Of the last sample that had it. */
  seenAt: number;
}

/** `null`: the profile has no call of the program. */
export function longestCall(profile: CpuProfile, times: CpuTimes): LongestCall | null {
  const runs = new Map<CpuProfileNode, Run>();
  const lastUs = lastSampleUs(profile);
  let best: LongestCall | null = null;
  let before = -1;
  let pendingUs = 0;
  for (let at = 0; at < profile.samples.length; at++) {
    const leaf = times.nodes.get(profile.samples[at]!);
    if (leaf === undefined) continue;
    const us = sampleUs(profile, at, lastUs);
    if (leaf.callFrame.functionName === '(garbage collector)') {
      pendingUs += us;
      continue;
    }
    for (let node: CpuProfileNode | undefined = leaf; node !== undefined; node = times.parents.get(node.id)) {
      if (originOf(node.callFrame) !== 'program') continue;
      let run = runs.get(node);
      if (run === undefined || run.seenAt !== before) {
        run = { from: at, us: 0, seenAt: at };
        runs.set(node, run);
      } else run.us += pendingUs;
      run.us += us;
      run.seenAt = at;
      if (best === null || run.us > best.us) best = { from: run.from, to: at + 1, us: run.us };
    }
    before = at;
    pendingUs = 0;
  }
  return best;
}
