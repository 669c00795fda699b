/** Is it the version that is bad, or one of its nodes? A bad machine under a good version is no reason to roll it back. */
import { betaCumulative } from './beta-bound.ts';
import type { NodeCount } from './release-input.ts';

export interface LoneNode {
  readonly node: string;
  readonly calls: number;
  readonly failures: number;
  /** Chance of so many of the failures on any one node by luck. */
  readonly chance: number;
}

/**
 * The node that has more of the version's failures than its share of the calls explains; null when they are spread as the
 * calls are. `dispersion` failures count as one witness. A version whose nodes are all bad has no such node.
 */
export function loneNode(nodes: readonly NodeCount[], dispersion: number, alpha: number): LoneNode | null {
  const calls = nodes.reduce((sum, node) => sum + node.calls, 0);
  const failures = nodes.reduce((sum, node) => sum + node.failures, 0);
  if (nodes.length < 2 || failures === 0) return null;
  let lone: LoneNode | null = null;
  for (const node of nodes) {
    if (!(node.failures > 0) || !(node.calls > 0)) continue;
    // The upper tail of the binomial distribution, continued to counts that the dispersion divides.
    const tail = betaCumulative(
      node.calls / calls,
      node.failures / dispersion,
      (failures - node.failures) / dispersion + 1,
    );
    const chance = Math.min(1, tail * nodes.length);
    if (chance < alpha && chance < (lone?.chance ?? 1)) lone = { ...node, chance };
  }
  return lone;
}
