/**
 * A sampled heap profile as pprof: live bytes by stack. There is no count of objects in it: the inspector gives the bytes
 * that stand behind each sample, not how many objects they were.
 */
import type { HeapProfile, HeapProfileNode } from './heap-profile.ts';
import { PprofBuilder, type PprofFrame, type ProfileMeta } from './pprof-builder.ts';

/** Gzipped pprof. Rejects when memory is too short to compress it. */
export async function encodeHeap(profile: HeapProfile, meta: ProfileMeta): Promise<Uint8Array> {
  const builder = new PprofBuilder([{ type: 'inuse_space', unit: 'bytes' }]);
  const open: { readonly node: HeapProfileNode; readonly callers: readonly PprofFrame[] }[] = [
    { node: profile.head, callers: [] },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, callers } = next;
    const stack = node === profile.head ? callers : [frameOf(node), ...callers];
    if (node.selfSize > 0) builder.add(stack.length === 0 ? [frameOf(node)] : stack, [node.selfSize]);
    for (const child of node.children.toReversed()) open.push({ node: child, callers: stack });
  }
  return builder.encode(meta, { durationMs: 0, period: 0 });
}

function frameOf(node: HeapProfileNode): PprofFrame {
  const { functionName, url, lineNumber } = node.callFrame;
  const line = url === '' ? 0 : lineNumber + 1;
  return { functionName, url, line, startLine: line };
}
