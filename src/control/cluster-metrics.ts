/** What the circuit breakers of each cluster allow, beside what the data threads count of it. */
import { breakerLimits, type BreakerGauges } from '../cluster/index.ts';
import { Collector, type Exposition, type Sample } from '../telemetry/control.ts';
import type { ManagedCluster } from './managed-cluster.ts';

export interface MeasuredClusters {
  readonly all: readonly Pick<ManagedCluster, 'config'>[];
}

/** Registers the metrics of `clusters`, which live as long as the registry. */
export function measureClusters(
  registry: Exposition['registry'],
  clusters: MeasuredClusters,
  gauges: Pick<BreakerGauges, 'useOf'>,
): void {
  new Collector({
    name: 'meshlock_cluster_breaker_limit',
    help: 'How much a circuit breaker allows at once, over all data threads; a retry budget moves with the traffic.',
    type: 'gauge',
    labelNames: ['cluster', 'breaker'],
    read: () => clusters.all.flatMap(({ config }) => limitSamples(config, gauges)),
  }).registerIn(registry);
}

function limitSamples(
  { name: cluster, circuitBreakers }: ManagedCluster['config'],
  gauges: Pick<BreakerGauges, 'useOf'>,
): readonly Sample[] {
  const limits = breakerLimits(circuitBreakers, gauges.useOf(cluster));
  return Object.entries(limits).map(([breaker, value]) => ({ value, labels: { cluster, breaker } }));
}
