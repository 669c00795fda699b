/** What a watched thread hands to the thread that watches it, once, by `postMessageToThread`. */
import type { ELDHistogram } from 'node:perf_hooks';

export interface Joined {
  /** The one of the invitation, so that the watcher knows which thread has answered. */
  readonly token: string;
  /** Of Node. */
  readonly threadId: number;
  /** Of the kernel, as in `/proc/<pid>/task`; 0: not known. */
  readonly tid: number;
  /** Laid out as `board-memory.ts` says. Both threads keep it. */
  readonly memory: SharedArrayBuffer;
  /** Delay of timers in nanoseconds with the resolution in it. Live in both threads; the watcher resets it. */
  readonly delay: ELDHistogram;
}

/**
 * Between two measurements of the event loop's delay. Each wakes the thread, which costs an idle one 40 to 75 us
 * (measured): 0.2 % of a core at 20 ms, 0.03 to 0.06 % at 125, which leaves room for the rest of the agent under 0.1 %.
 * A delay shorter than this is met by chance only; a longer one always, but told up to this much too short.
 */
export const delayResolutionMs = 125;

/** Whether a message of another thread is an answer to the invitation with this token. */
export function isJoined(value: unknown, token: string): value is Joined {
  if (typeof value !== 'object' || value === null) return false;
  const { token: given, memory, delay, threadId, tid } = value as Partial<Joined>;
  return (
    given === token &&
    memory instanceof SharedArrayBuffer &&
    typeof threadId === 'number' &&
    typeof tid === 'number' &&
    typeof delay === 'object' &&
    delay !== null
  );
}
