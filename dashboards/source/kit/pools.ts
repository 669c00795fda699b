/** How full the pools towards upstream are: of each circuit breaker what is used, against its limit. */
import type { Query } from './panel.ts';
import { ofNodes, sumBy, top, withNode } from './selector.ts';

/** What each breaker counts, by its label. */
const breakers: readonly (readonly [breaker: string, gauge: string])[] = [
  ['connections', 'meshlock_cluster_connections_active'],
  ['pending', 'meshlock_cluster_requests_pending'],
  ['requests', 'meshlock_cluster_requests_active'],
  ['retries', 'meshlock_cluster_retries_active'],
];

const byCluster = ['job', 'instance', 'cluster'];

function used(gauge: string, breaker: string, matchers: readonly string[]): string {
  const use = sumBy(byCluster, ofNodes(gauge, ...matchers));
  const limit = sumBy(
    byCluster,
    ofNodes('meshlock_cluster_breaker_limit', `breaker="${breaker}"`, ...matchers),
  );
  return withNode(`(${use} / (${limit} > 0))`);
}

/** Share of the limit, one query for each breaker, the fullest first. */
export function poolUseOf(...matchers: readonly string[]): readonly Query[] {
  return breakers.map(([breaker, gauge]) => ({
    expr: top(5, used(gauge, breaker, matchers)),
    legend: `{{node_id}} {{cluster}}: ${breaker}`,
  }));
}

export const poolUse: readonly Query[] = poolUseOf();
