export type {
  Balancer,
  BalancerDescriptor,
  BalancerKind,
  BalancerOptions,
  TryLearner,
} from './balancer/balancer.ts';
export { balancers } from './balancer/table.ts';
export { Breaker, BreakerGauges, type BreakerUse } from './breaker-gauges.ts';
export { CircuitBreakers, type CircuitBreakersOptions } from './circuit-breakers.ts';
export { Cluster, type ClusterOptions } from './cluster.ts';
export { Endpoint, type EndpointState, endpointKey } from './endpoint.ts';
export type { EndpointDescription } from './endpoint-description.ts';
export type { CheckResult, Health } from './health-check/endpoint-checker.ts';
export type { Probe, ProbeResult, RunningProbe } from './health-check/probe.ts';
export { ClusterMembership, type ClusterMembershipOptions, type MembershipEvent } from './membership.ts';
export { Outcome, type OutlierFailure } from './outcome.ts';
export type { Ejection } from './outlier-detection/outlier-detector.ts';
export { type PriorityHealth, type PriorityLoad, priorityLoads } from './priority-load.ts';
export { ConnectionPool, type ConnectionPoolOptions } from './pool/connection-pool.ts';
export type { PoolWaiter } from './pool/endpoint-pool.ts';
