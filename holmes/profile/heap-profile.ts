/** A sampled heap profile as V8's inspector gives it and DevTools reads it (`.heapprofile`): what is still alive. */
import type { CallFrame } from './cpu-profile.ts';

export interface HeapProfileNode {
  readonly callFrame: CallFrame;
  /** Estimated bytes alive that this frame itself allocated. */
  readonly selfSize: number;
  readonly id: number;
  readonly children: readonly HeapProfileNode[];
}

export interface HeapProfile {
  readonly head: HeapProfileNode;
  readonly samples?: readonly { readonly size: number; readonly nodeId: number; readonly ordinal: number }[];
}
