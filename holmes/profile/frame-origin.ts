/**
 * Whose code a frame is: the program's, Node's own, or V8's. Blame goes to the program: time in `pbkdf2Sync` belongs to
 * whoever called it.
 */
import { fileURLToPath } from 'node:url';

/** `node`: also the agent's; `builtin`: a function of V8 or C++, without a file; `meta`: `(idle)` and its like, which are no functions. */
export type FrameOrigin = 'program' | 'node' | 'builtin' | 'meta';

interface Origin {
  readonly functionName: string;
  readonly url: string;
}

/** What the watcher has put into the thread is no more the program's than Node is. */
const agentFolder: string = new URL('../agent/', import.meta.url).href;

const metaNames = new Set(['(root)', '(program)', '(idle)', '(garbage collector)']);

export function originOf(frame: Origin): FrameOrigin {
  if (frame.url.startsWith('node:') || frame.url.startsWith(agentFolder)) return 'node';
  if (frame.url !== '') return 'program';
  return metaNames.has(frame.functionName) ? 'meta' : 'builtin';
}

/** A URL as people and `go tool pprof` want it: a path for `file:`, unchanged otherwise. */
export function pathOf(url: string): string {
  if (!url.startsWith('file:')) return url;
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}
