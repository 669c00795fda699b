/** What the machine and the operating system allow: how many data threads make sense, and whether they can share a port. */
import { availableParallelism } from 'node:os';

/** More threads than this are surely a mistake; each costs some 20 MB before it carries anything. */
const maxDataThreads = 64;

/** Where Node's `reusePort` spreads connections over listeners (Node's documentation of `server.listen`). */
const withReusePort: ReadonlySet<NodeJS.Platform> = new Set(['linux', 'freebsd', 'sunos', 'aix']);

export function canReusePort(platform: NodeJS.Platform = process.platform): boolean {
  return withReusePort.has(platform);
}

export interface ThreadCount {
  readonly count: number;
  /** For the log; `null` when the wish was granted. */
  readonly warning: string | null;
}

/** Turns `data_threads` into a number of threads. `parallelism`: CPUs this process may use. */
export function resolveThreadCount(
  wanted: number | 'auto',
  machine: { readonly parallelism: number; readonly reusePort: boolean } = {
    parallelism: availableParallelism(),
    reusePort: canReusePort(),
  },
): ThreadCount {
  const count = Math.min(maxDataThreads, Math.max(1, wanted === 'auto' ? machine.parallelism : wanted));
  if (count > 1 && !machine.reusePort) {
    return {
      count: 1,
      warning:
        wanted === 'auto'
          ? 'this platform cannot share a port between threads (SO_REUSEPORT): running one data thread'
          : `data_threads is ${wanted}, but this platform cannot share a port between threads (SO_REUSEPORT): running one`,
    };
  }
  if (wanted !== 'auto' && wanted > maxDataThreads) {
    return { count, warning: `data_threads is ${wanted}: running the most allowed, ${maxDataThreads}` };
  }
  return { count, warning: null };
}
