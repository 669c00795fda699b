/**
 * Who is to blame for the time: each piece of it is charged to the innermost function of the program on its stack, with
 * what that function called. What has no such function above it is the runtime's own: its timers, its microtasks.
 */
import type { CpuProfileNode } from './cpu-profile.ts';
import { type CpuTimes, linesOf } from './cpu-times.ts';
import { originOf } from './frame-origin.ts';

export interface CpuCharge {
  /** Of the function to blame; empty: anonymous. */
  readonly functionName: string;
  readonly url: string;
  /** Where it begins, from 1. */
  readonly functionLine: number;
  /** The line at work, from 1; 0: the profile does not say which. */
  readonly line: number;
  /** What it called, outermost first: names of V8's and Node's functions. Empty: it worked itself. */
  readonly callees: readonly { readonly name: string; readonly url: string }[];
  /** What called it in the end: `timers`, `microtasks`, or something else. */
  readonly under: RuntimePart;
  readonly us: number;
}

export type RuntimePart = 'timers' | 'microtasks' | 'other';

export interface CpuCharges {
  readonly charges: readonly CpuCharge[];
  /** Microseconds with nobody of the program on the stack. */
  readonly runtimeUs: Readonly<Record<RuntimePart, number>>;
}

export function cpuCharges(times: CpuTimes): CpuCharges {
  const charges: CpuCharge[] = [];
  const runtimeUs = { timers: 0, microtasks: 0, other: 0 };
  for (const [id, us] of times.selfUs) {
    const node = times.nodes.get(id)!;
    if (us === 0 || originOf(node.callFrame) === 'meta') continue;
    const { guilty, callees } = blame(node, times);
    const under = runtimePart(guilty ?? node, times);
    if (guilty === null) {
      runtimeUs[under] += us;
      continue;
    }
    const { functionName, url, lineNumber } = guilty.callFrame;
    const place = { functionName, url, functionLine: lineNumber + 1, callees, under };
    const lines = knowsLine(callees) ? linesOf(node, us) : [];
    if (lines.length === 0) charges.push({ ...place, line: 0, us });
    for (const part of lines) charges.push({ ...place, line: part.line, us: part.us });
  }
  return { charges, runtimeUs };
}

interface Blame {
  readonly guilty: CpuProfileNode | null;
  readonly callees: CpuCharge['callees'];
}

function blame(leaf: CpuProfileNode, times: CpuTimes): Blame {
  const callees: { name: string; url: string }[] = [];
  let node: CpuProfileNode | undefined = leaf;
  while (node !== undefined && originOf(node.callFrame) !== 'program') {
    callees.unshift({ name: node.callFrame.functionName, url: node.callFrame.url });
    node = times.parents.get(node.id);
  }
  return { guilty: node ?? null, callees: node === undefined ? [] : callees };
}

/** A function without a file has the line of its caller in its ticks. */
function knowsLine(callees: CpuCharge['callees']): boolean {
  return callees.length === 0 || (callees.length === 1 && callees[0]!.url === '');
}

/** The innermost part of the runtime above: a microtask that a timer started is a microtask. */
function runtimePart(from: CpuProfileNode, times: CpuTimes): RuntimePart {
  let node: CpuProfileNode | undefined = from;
  let top: CpuProfileNode = from;
  while (node !== undefined) {
    const name = node.callFrame.functionName;
    if (name === 'runMicrotasks' || name === 'processTicksAndRejections') return 'microtasks';
    if (name === 'listOnTimeout' || name === 'processTimers' || name === 'processImmediate') return 'timers';
    if (originOf(node.callFrame) !== 'meta') top = node;
    node = times.parents.get(node.id);
  }
  // C++ that empties the queue of microtasks leaves no frame: the function stands right below the root.
  return originOf(top.callFrame) === 'program' ? 'microtasks' : 'other';
}
