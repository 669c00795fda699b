/** Makes CPU profiles from stacks that are easy to read in a test. */
import type { CpuProfile, CpuProfileNode } from '../../../../holmes/profile/cpu-profile.ts';

/** `pbkdf2Sync node:internal/crypto/pbkdf2:67`, `run`, `(idle)`: name, URL and line from 1; innermost last. */
export type StackText = readonly string[];

export interface SampleText {
  readonly stack: StackText;
  /** How long it lasted; default 10 ms. */
  readonly ms?: number;
  /** Line at work, from 1. */
  readonly line?: number;
}

interface DraftNode {
  readonly id: number;
  readonly callFrame: CpuProfileNode['callFrame'];
  readonly children: number[];
  readonly ticks: Map<number, number>;
  readonly below: Map<string, DraftNode>;
  hitCount: number;
}

export function exampleCpuProfile(samples: readonly SampleText[]): CpuProfile {
  const nodes: DraftNode[] = [];
  const make = (text: string): DraftNode => {
    const [, functionName = '', url = '', line = '0'] = /^(.*?)(?: (\S*:\S*):(\d+))?$/.exec(text) ?? [];
    const callFrame = { functionName, scriptId: '1', url, lineNumber: Number(line) - 1, columnNumber: 4 };
    const node = {
      id: nodes.length + 1,
      callFrame,
      children: [],
      ticks: new Map(),
      below: new Map(),
      hitCount: 0,
    };
    nodes.push(node);
    return node;
  };
  const root = make('(root)');
  const ids: number[] = [];
  const timeDeltas: number[] = [];
  let lastUs = 0;
  for (const { stack, ms = 10, line } of samples) {
    let node = root;
    for (const text of stack) {
      let next = node.below.get(text);
      if (next === undefined) {
        next = make(text);
        node.below.set(text, next);
        node.children.push(next.id);
      }
      node = next;
    }
    node.hitCount++;
    if (line !== undefined) node.ticks.set(line, (node.ticks.get(line) ?? 0) + 1);
    ids.push(node.id);
    timeDeltas.push(lastUs);
    lastUs = ms * 1000;
  }
  const startTime = 5_000_000;
  const endTime = startTime + timeDeltas.reduce((sum, delta) => sum + delta, lastUs);
  return { nodes: nodes.map(finished), startTime, endTime, samples: ids, timeDeltas };
}

function finished({ id, callFrame, children, ticks, hitCount }: DraftNode): CpuProfileNode {
  const positionTicks = [...ticks].map(([line, count]) => ({ line, ticks: count }));
  return { id, callFrame, hitCount, children, ...(positionTicks.length === 0 ? {} : { positionTicks }) };
}
