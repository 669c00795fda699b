/** A CPU profile by function: what each one did itself and with all that it called, and at which of its lines. */
import type { CpuProfile } from './cpu-profile.ts';
import { type CpuTimes, cpuTimes, linesOf } from './cpu-times.ts';
import { originOf } from './frame-origin.ts';

export interface FunctionTime {
  /** Empty: anonymous. */
  readonly functionName: string;
  readonly url: string;
  /** Where it begins, from 1; 0: has no file. */
  readonly line: number;
  readonly selfUs: number;
  /** With what it called; a function that calls itself counts once. */
  readonly totalUs: number;
  /** Self time by line, from 1. */
  readonly lines: ReadonlyMap<number, number>;
}

interface Tally {
  readonly functionName: string;
  readonly url: string;
  readonly line: number;
  selfUs: number;
  totalUs: number;
  readonly lines: Map<number, number>;
}

/** Most self time first; idle time, garbage collection and native time are in the times, not here. */
export function cpuFunctions(
  profile: CpuProfile,
  times: CpuTimes = cpuTimes(profile),
): readonly FunctionTime[] {
  const tallies = new Map<string, Tally>();
  for (const [id, us] of times.selfUs) {
    const seen = new Set<Tally>();
    for (let node = times.nodes.get(id); node !== undefined; node = times.parents.get(node.id)) {
      const { callFrame } = node;
      if (originOf(callFrame) === 'meta') continue;
      const key = `${callFrame.functionName}\n${callFrame.url}\n${callFrame.lineNumber}\n${callFrame.columnNumber}`;
      let tally = tallies.get(key);
      if (tally === undefined) {
        const { functionName, url } = callFrame;
        const line = url === '' ? 0 : callFrame.lineNumber + 1;
        tally = { functionName, url, line, selfUs: 0, totalUs: 0, lines: new Map() };
        tallies.set(key, tally);
      }
      if (!seen.has(tally)) tally.totalUs += us;
      seen.add(tally);
      if (node.id !== id) continue;
      tally.selfUs += us;
      for (const part of linesOf(node, us))
        tally.lines.set(part.line, (tally.lines.get(part.line) ?? 0) + part.us);
    }
  }
  return [...tallies.values()].sort((a, b) => b.selfUs - a.selfUs || b.totalUs - a.totalUs);
}
