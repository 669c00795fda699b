/**
 * Live bytes by the place that allocated them: charged to the innermost function of the program, because nobody can
 * change `Map.set`. The profile knows where a function begins, not the line that allocates.
 */
import { originOf } from './frame-origin.ts';
import type { HeapProfile, HeapProfileNode } from './heap-profile.ts';

/** One frame; the line from 1, 0 for what has no file. */
export interface HeapFrame {
  readonly functionName: string;
  readonly url: string;
  readonly line: number;
}

export interface HeapPlace extends HeapFrame {
  readonly bytes: number;
  /** Of the chain that holds most bytes, the caller first, without the place itself; at most 32. */
  readonly callers: readonly HeapFrame[];
  /** Functions of V8 and Node through which it allocated, by bytes. */
  readonly through: ReadonlyMap<string, number>;
}

export interface HeapPlaces {
  /** All live bytes, also those without a place. */
  readonly totalBytes: number;
  /** Most bytes first. */
  readonly places: readonly HeapPlace[];
}

interface Tally {
  readonly frame: HeapFrame;
  bytes: number;
  largest: number;
  callers: readonly HeapFrame[];
  readonly through: Map<string, number>;
}

const maxCallers = 32;

export function heapPlaces(profile: HeapProfile): HeapPlaces {
  const tallies = new Map<string, Tally>();
  let totalBytes = 0;
  // A stack of its own, not recursion: a chain of calls can be deeper than ours may become.
  const open: { readonly node: HeapProfileNode; readonly above: readonly HeapProfileNode[] }[] = [
    { node: profile.head, above: [] },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, above } = next;
    totalBytes += node.selfSize;
    const chain = [node, ...above];
    if (node.selfSize > 0) charge(chain, tallies);
    // The first child last, to be the next.
    for (const child of node.children.toReversed()) open.push({ node: child, above: chain });
  }
  const places = [...tallies.values()]
    .map(({ frame, bytes, callers, through }) => ({ ...frame, bytes, callers, through }))
    .sort((a, b) => b.bytes - a.bytes);
  return { totalBytes, places };
}

/** `chain`: innermost first. */
function charge(chain: readonly HeapProfileNode[], tallies: Map<string, Tally>): void {
  const [leaf] = chain;
  const at = chain.findIndex((node) => originOf(node.callFrame) === 'program');
  if (leaf === undefined || at < 0) return;
  const frame = frameOf(chain[at]!);
  const key = `${frame.functionName}\n${frame.url}\n${frame.line}`;
  const tally = tallies.get(key) ?? {
    frame,
    bytes: 0,
    largest: 0,
    callers: [],
    through: new Map<string, number>(),
  };
  tallies.set(key, tally);
  tally.bytes += leaf.selfSize;
  if (at > 0) {
    const name = chain[at - 1]!.callFrame.functionName;
    tally.through.set(name, (tally.through.get(name) ?? 0) + leaf.selfSize);
  }
  if (leaf.selfSize <= tally.largest) return;
  tally.largest = leaf.selfSize;
  tally.callers = chain
    .slice(at + 1, at + 1 + maxCallers)
    .filter((node) => originOf(node.callFrame) !== 'meta')
    .map(frameOf);
}

function frameOf(node: HeapProfileNode): HeapFrame {
  const { functionName, url, lineNumber } = node.callFrame;
  return { functionName, url, line: url === '' ? 0 : lineNumber + 1 };
}
