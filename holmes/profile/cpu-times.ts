/**
 * How long each node of a CPU profile was at work itself. From `timeDeltas`, not from counts of samples: a sampler that
 * comes late still knows for how long it did not look.
 */
import type { CpuProfile, CpuProfileNode } from './cpu-profile.ts';

export interface CpuTimes {
  readonly nodes: ReadonlyMap<number, CpuProfileNode>;
  readonly parents: ReadonlyMap<number, CpuProfileNode>;
  /** Microseconds by node id; nodes that were never seen at work are missing. */
  readonly selfUs: ReadonlyMap<number, number>;
  /** Of the range that was asked for; the four add up with the time in functions. */
  readonly durationUs: number;
  readonly idleUs: number;
  /** Native code that belongs to no function. */
  readonly programUs: number;
  readonly garbageUs: number;
}

/** Samples `from` until before `to`. */
export interface SampleRange {
  readonly from: number;
  readonly to: number;
}

/** How long sample `at` lasted: until the next one, the last until the end of the profile. Never negative. */
export function sampleUs(profile: CpuProfile, at: number, lastUs: number): number {
  const next = profile.timeDeltas[at + 1];
  return Math.max(0, next ?? lastUs);
}

/** From the last sample until the end of the profile. */
export function lastSampleUs(profile: CpuProfile): number {
  let at = profile.startTime;
  for (const delta of profile.timeDeltas) at += delta;
  return Math.max(0, profile.endTime - at);
}

/** Throws nothing for a profile that is empty or was cut; ids without a node are left out. */
export function cpuTimes(profile: CpuProfile, range?: SampleRange): CpuTimes {
  const nodes = new Map<number, CpuProfileNode>();
  const parents = new Map<number, CpuProfileNode>();
  for (const node of profile.nodes) {
    nodes.set(node.id, node);
    for (const child of node.children ?? []) parents.set(child, node);
  }
  const selfUs = new Map<number, number>();
  const sums = { '(idle)': 0, '(program)': 0, '(garbage collector)': 0 };
  const lastUs = lastSampleUs(profile);
  let durationUs = 0;
  const to = Math.min(range?.to ?? profile.samples.length, profile.samples.length);
  for (let at = range?.from ?? 0; at < to; at++) {
    const node = nodes.get(profile.samples[at]!);
    if (node === undefined) continue;
    const us = sampleUs(profile, at, lastUs);
    durationUs += us;
    selfUs.set(node.id, (selfUs.get(node.id) ?? 0) + us);
    const name = node.callFrame.functionName;
    if (node.callFrame.url === '' && name in sums) sums[name as keyof typeof sums] += us;
  }
  return {
    nodes,
    parents,
    selfUs,
    durationUs,
    idleUs: sums['(idle)'],
    programUs: sums['(program)'],
    garbageUs: sums['(garbage collector)'],
  };
}

/** Divides the time of a node over its lines as its ticks are; empty when it has none, then only the function is known. */
export function linesOf(
  node: CpuProfileNode,
  us: number,
): readonly { readonly line: number; readonly us: number }[] {
  const ticks = (node.positionTicks ?? []).filter((tick) => tick.line > 0 && tick.ticks > 0);
  const sum = ticks.reduce((total, tick) => total + tick.ticks, 0);
  return ticks.map((tick) => ({ line: tick.line, us: (us * tick.ticks) / sum }));
}
