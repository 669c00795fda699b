/** A CPU profile as pprof: stacks with lines, in samples and nanoseconds. Idle time is left out, as Go's profiles have none. */
import type { CpuProfile, CpuProfileNode } from './cpu-profile.ts';
import { type CpuTimes, cpuTimes, linesOf } from './cpu-times.ts';
import { PprofBuilder, type PprofFrame, type ProfileMeta } from './pprof-builder.ts';

const sampleKinds = [
  { type: 'samples', unit: 'count' },
  { type: 'cpu', unit: 'nanoseconds' },
];

/** Gzipped pprof. `meta.at` is the beginning of the profile. Rejects when memory is too short to compress it. */
export async function encodeCpu(profile: CpuProfile, meta: ProfileMeta): Promise<Uint8Array> {
  const builder = new PprofBuilder(sampleKinds);
  const times = cpuTimes(profile);
  const counts = new Map<number, number>();
  for (const id of profile.samples) counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const [id, us] of times.selfUs) {
    const node = times.nodes.get(id)!;
    if (node.callFrame.functionName === '(idle)' && node.callFrame.url === '') continue;
    addNode(builder, node, { us, count: counts.get(id)! }, times);
  }
  const durationMs = Math.max(0, (profile.endTime - profile.startTime) / 1000);
  return builder.encode(meta, { durationMs, period: periodNs(profile) });
}

function addNode(
  builder: PprofBuilder,
  node: CpuProfileNode,
  { us, count }: { readonly us: number; readonly count: number },
  times: CpuTimes,
): void {
  const callers = callersOf(node, times);
  const lines = linesOf(node, us);
  const whole = frameOf(node, startLineOf(node));
  if (lines.length === 0) builder.add([whole, ...callers], [count, us * 1000]);
  let counted = 0;
  let reached = 0;
  for (const { line, us: part } of lines) {
    // Rounded on the way, so that the lines together have as many samples as the node.
    reached += (part / us) * count || 0;
    const samples = Math.round(reached) - counted;
    counted += samples;
    builder.add([{ ...whole, line }, ...callers], [samples, part * 1000]);
  }
}

function callersOf(node: CpuProfileNode, times: CpuTimes): readonly PprofFrame[] {
  const frames: PprofFrame[] = [];
  let caller = times.parents.get(node.id);
  while (caller !== undefined && caller.callFrame.functionName !== '(root)') {
    frames.push(frameOf(caller, startLineOf(caller)));
    caller = times.parents.get(caller.id);
  }
  return frames;
}

function startLineOf(node: CpuProfileNode): number {
  return node.callFrame.url === '' ? 0 : node.callFrame.lineNumber + 1;
}

function frameOf(node: CpuProfileNode, line: number): PprofFrame {
  const { functionName, url } = node.callFrame;
  return { functionName, url, line, startLine: line };
}

/** The middle of what lay between samples: the interval that was asked for is not in the profile. */
function periodNs(profile: CpuProfile): number {
  const deltas = profile.timeDeltas.slice(1).sort((a, b) => a - b);
  return Math.max(0, deltas[Math.floor(deltas.length / 2)] ?? 0) * 1000;
}
