/** Which captures must go so that the limits hold. A decision only: nothing is removed here. */
import type { StoreLimits } from './store.ts';

export interface Candidate {
  readonly id: string;
  readonly bytes: number;
  /** As far as the clocks can be trusted; see `Ages`. */
  readonly ageMs: number;
}

export interface Incoming {
  readonly count: number;
  readonly bytes: number;
}

const nothing: Incoming = { count: 0, bytes: 0 };

/**
 * Too old first, then oldest first until what stays and what comes is within count and bytes.
 * `oldestFirst` is in the order of storing, not of the wall clock: after a clock was set back the newest capture has the
 * smallest time, and must not be the one that goes.
 */
export function capturesToEvict(
  oldestFirst: readonly Candidate[],
  limits: StoreLimits,
  incoming: Incoming = nothing,
): readonly string[] {
  const evicted = oldestFirst.filter(({ ageMs }) => ageMs > limits.maxAgeMs).map(({ id }) => id);
  const kept = oldestFirst.filter(({ ageMs }) => ageMs <= limits.maxAgeMs);
  let count = kept.length + incoming.count;
  let bytes = kept.reduce((sum, candidate) => sum + candidate.bytes, incoming.bytes);
  for (const candidate of kept) {
    if (count <= limits.maxCount && bytes <= limits.maxBytes) break;
    evicted.push(candidate.id);
    count--;
    bytes -= candidate.bytes;
  }
  return evicted;
}
