/** Makes heap profiles that are easy to read in a test. */
import type { HeapProfileNode } from '../../../../holmes/profile/heap-profile.ts';

let lastId = 0;

/** `text`: `remember file:///app/cache.ts:12`, `set`: name, URL and line from 1. */
export function heapNode(
  text: string,
  selfSize: number,
  children: readonly HeapProfileNode[] = [],
): HeapProfileNode {
  const [, functionName = '', url = '', line = '0'] = /^(.*?)(?: (\S*:\S*):(\d+))?$/.exec(text) ?? [];
  const callFrame = { functionName, scriptId: '1', url, lineNumber: Number(line) - 1, columnNumber: 0 };
  return { callFrame, selfSize, id: ++lastId, children };
}
