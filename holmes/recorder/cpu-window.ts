/**
 * CPU profiles as stretches of time: cutting a piece out of one, and putting several of one thread together. V8 says for
 * each sample when it was taken and in which node, but counts lines per node only, so lines are apportioned.
 *
 * What comes out is consistent in itself: a node's hits are its samples, its ticks add up to its hits as far as they did
 * before, and nodes without a sample below them are gone.
 */
import type { CpuProfile, CpuProfileNode } from '../profile/cpu-profile.ts';
import { MergedTree } from './merged-tree.ts';

interface TimedSample {
  readonly at: number;
  readonly node: number;
}

interface LineTicks {
  readonly line: number;
  readonly ticks: number;
}

/**
 * The part between `from` and `to`, in microseconds of the profile's own clock, both included. Where the profile does not
 * reach as far, the result does not either; without a sample in between it has its root only.
 */
export function trimCpuProfile(profile: CpuProfile, from: number, to: number): CpuProfile {
  // The times of a profile are whole microseconds.
  const first = Math.ceil(from);
  const last = Math.floor(to);
  const startTime = Math.max(profile.startTime, Math.min(first, profile.endTime));
  const endTime = Math.max(startTime, Math.min(profile.endTime, last));
  const samples = timedSamples(profile).filter(({ at }) => at >= first && at <= last);
  return assemble(profile.nodes, samples, startTime, endTime);
}

/**
 * One profile of several windows of the same thread, in any order. Where two overlap the samples of the earlier one count,
 * a gap stays a gap. Node ids are new. Throws a RangeError for no profile at all.
 */
export function mergeCpuProfiles(profiles: readonly CpuProfile[]): CpuProfile {
  const windows = [...profiles].sort((a, b) => a.startTime - b.startTime);
  const first = windows[0];
  if (first === undefined) throw new RangeError('there is no profile to merge');
  const tree = new MergedTree();
  const samples: TimedSample[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const window of windows) {
    // Of a window inside the one before it nothing is left.
    if (window.endTime <= end) continue;
    // Of an overlap only what is after the end of the earlier window, hence the smallest step.
    const part = trimCpuProfile(window, Math.max(window.startTime, end + 1), window.endTime);
    const ids = tree.add(part);
    for (const { at, node } of timedSamples(part)) samples.push({ at, node: ids.get(node) ?? tree.rootId });
    end = window.endTime;
  }
  return assemble(tree.nodes(), samples, first.startTime, end);
}

/** Samples with their times in order. V8 may write them slightly out of order, with deltas below zero. */
function timedSamples({ samples, timeDeltas, startTime }: CpuProfile): readonly TimedSample[] {
  let at = startTime;
  let latest = startTime;
  let ordered = true;
  const timed = samples.map((node, index) => {
    at += timeDeltas[index] ?? 0;
    if (at < latest) ordered = false;
    latest = at;
    return { at, node };
  });
  return ordered ? timed : timed.sort((a, b) => a.at - b.at);
}

function assemble(
  nodes: readonly CpuProfileNode[],
  samples: readonly TimedSample[],
  startTime: number,
  endTime: number,
): CpuProfile {
  const hits = new Map<number, number>();
  for (const { node } of samples) hits.set(node, (hits.get(node) ?? 0) + 1);
  let before = startTime;
  return {
    nodes: prune(nodes, hits),
    startTime,
    endTime,
    samples: samples.map(({ node }) => node),
    timeDeltas: samples.map(({ at }) => {
      const delta = at - before;
      before = at;
      return delta;
    }),
  };
}

/** Keeps the root and every node with a hit in it or below it, with its new hits. */
function prune(
  nodes: readonly CpuProfileNode[],
  hits: ReadonlyMap<number, number>,
): readonly CpuProfileNode[] {
  const parents = new Map<number, number>();
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node.id);
  const kept = new Set<number>();
  for (const hit of hits.keys()) {
    for (let id: number | undefined = hit; id !== undefined && !kept.has(id); id = parents.get(id)) {
      kept.add(id);
    }
  }
  const root = nodes[0];
  if (root !== undefined) kept.add(root.id);
  return nodes
    .filter(({ id }) => kept.has(id))
    .map((node) => {
      const hitCount = hits.get(node.id) ?? 0;
      const children = node.children?.filter((id) => kept.has(id)) ?? [];
      const positionTicks = apportion(node.positionTicks ?? [], node.hitCount ?? 0, hitCount);
      return {
        id: node.id,
        callFrame: node.callFrame,
        hitCount,
        ...(children.length > 0 && { children }),
        ...(positionTicks.length > 0 && { positionTicks }),
      };
    });
}

/**
 * Scales the ticks of lines to a new number of hits, by the largest remainder: whole numbers that add up to the hits when
 * they did before, else to the same share of them.
 */
function apportion(ticks: readonly LineTicks[], oldHits: number, newHits: number): readonly LineTicks[] {
  const total = ticks.reduce((sum, entry) => sum + entry.ticks, 0);
  if (total === 0 || newHits === 0) return [];
  if (total === newHits && oldHits === newHits) return ticks;
  // More ticks than hits happens: the first sample of a profile need not count as a hit.
  const share = Math.min(1, total / Math.max(oldHits, 1));
  const target = Math.round(newHits * share);
  const exact = ticks.map(({ line, ticks: count }) => ({ line, exact: (count * target) / total }));
  let missing = target - exact.reduce((sum, entry) => sum + Math.floor(entry.exact), 0);
  const byRemainder = [...exact].sort((a, b) => (b.exact % 1) - (a.exact % 1));
  const favoured = new Set<number>();
  for (const { line } of byRemainder) {
    if (missing <= 0) break;
    favoured.add(line);
    missing--;
  }
  return exact
    .map((entry) => ({
      line: entry.line,
      ticks: Math.floor(entry.exact) + (favoured.has(entry.line) ? 1 : 0),
    }))
    .filter((entry) => entry.ticks > 0);
}
