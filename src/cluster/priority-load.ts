/**
 * How load is shared among the priorities of a cluster, and which of them are in panic. Envoy's rules: a priority can
 * carry 1.4 times its healthy share, what it cannot carry goes to the next one; when all priorities together cannot
 * carry everything, one whose healthy share is below the panic threshold uses its unhealthy endpoints too; and when
 * all are in panic, load follows the number of endpoints, healthy or not.
 */

/** A priority keeps all its load until fewer than 1 / 1.4 = 71 % of its endpoints are usable. */
const overprovisioning = 1.4;

export interface PriorityHealth {
  readonly total: number;
  readonly usable: number;
}

export interface PriorityLoad {
  /** 0..1; the shares of all priorities add up to 1. */
  readonly share: number;
  /** Pick over all endpoints of this priority, not only the usable ones. */
  readonly panic: boolean;
}

/** `levels` in order of priority, the preferred one first. `panicThreshold` 0..1; 0 switches panic off. */
export function priorityLoads(levels: readonly PriorityHealth[], panicThreshold: number): PriorityLoad[] {
  const capacities = levels.map(capacityOf);
  const capacity = Math.min(
    1,
    capacities.reduce((sum, one) => sum + one, 0),
  );
  const enough = capacity >= 1 - 1e-9;
  const panics = levels.map((level) => !enough && panicThreshold > 0 && usableShare(level) < panicThreshold);
  if (levels.length > 0 && panics.every(Boolean)) return loadsInTotalPanic(levels);
  const shares = sharesByCapacity(capacities, capacity);
  return levels.map((_, i) => ({ share: shares[i]!, panic: panics[i]! }));
}

/** The share of all load that this priority can carry. */
function capacityOf(level: PriorityHealth): number {
  return Math.min(1, usableShare(level) * overprovisioning);
}

function usableShare({ total, usable }: PriorityHealth): number {
  return total === 0 ? 0 : usable / total;
}

/** The preferred ones are filled first; what is missing when all are full is shared in proportion. */
function sharesByCapacity(capacities: readonly number[], capacity: number): number[] {
  if (capacity === 0) return capacities.map((_, i) => (i === 0 ? 1 : 0));
  let left = 1;
  return capacities.map((one) => {
    const share = Math.min(left, one / capacity);
    left -= share;
    return share;
  });
}

function loadsInTotalPanic(levels: readonly PriorityHealth[]): PriorityLoad[] {
  const total = levels.reduce((sum, level) => sum + level.total, 0);
  return levels.map((level, i) => {
    const share = total === 0 ? (i === 0 ? 1 : 0) : level.total / total;
    return { share, panic: true };
  });
}
