/** `/threads` as the tests read it. */
import { eventually } from './eventually.ts';
import type { Meshlock } from './meshlock.ts';

export interface ThreadStatus {
  readonly thread: number;
  readonly state: string;
  readonly heartbeat_age_ms: number;
  readonly snapshot_version: number;
  readonly restarts: number;
  readonly last_replacement: { readonly reason: string; readonly at: string } | null;
}

async function threadsOf(mesh: Meshlock): Promise<readonly ThreadStatus[]> {
  return (await mesh.adminJson<{ threads: readonly ThreadStatus[] }>('/threads')).threads;
}

/** The threads, once all of them are so. */
export function threadsBecome(
  mesh: Meshlock,
  holds: (thread: ThreadStatus) => boolean,
  what: string,
): Promise<readonly ThreadStatus[]> {
  let seen: readonly ThreadStatus[] = [];
  return eventually(
    async () => {
      seen = await threadsOf(mesh);
      return seen.every(holds) ? seen : undefined;
    },
    () => `all threads to be ${what}, got ${JSON.stringify(seen)}`,
  );
}
