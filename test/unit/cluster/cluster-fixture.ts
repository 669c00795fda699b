/** Endpoint states and cluster configurations for tests, with only what a test cares about spelled out. */
import { Endpoint, type EndpointState } from '../../../src/cluster/index.ts';
import type { ClusterConfig, OutlierDetectionConfig } from '../../../src/config/index.ts';
import { clusterBlock, CounterStore, endpointBlock } from '../../../src/telemetry/index.ts';

/** Of the cluster under test in `countersFor`. */
export const clusterSlot = 0;

export function endpointSlot(index: number): number {
  return clusterBlock.size + index * endpointBlock.size;
}

export function countersFor(endpoints: number): CounterStore {
  return new CounterStore(CounterStore.allocate(endpointSlot(endpoints)));
}

/** Endpoint `index` is 10.0.<index / 250>.<index % 250 + 1>:80. */
export function stateOf(index: number, changes: Partial<EndpointState> = {}): EndpointState {
  return {
    address: { host: `10.0.${Math.floor(index / 250)}.${(index % 250) + 1}`, port: 80 },
    weight: 1,
    priority: 0,
    metadata: {},
    slot: endpointSlot(index),
    health: 'healthy',
    ejected: false,
    usableSinceMs: 0,
    ...changes,
  };
}

export function statesOf(count: number, changes: Partial<EndpointState> = {}): EndpointState[] {
  return Array.from({ length: count }, (_, index) => stateOf(index, changes));
}

export function endpointsOf(count: number, weights: readonly number[] = []): Endpoint[] {
  return Array.from(
    { length: count },
    (_, index) => new Endpoint(stateOf(index, { weight: weights[index] ?? 1 })),
  );
}

export const envoyOutlierDetection: OutlierDetectionConfig = {
  intervalMs: 10_000,
  baseEjectionMs: 30_000,
  maxEjectionMs: 300_000,
  maxEjectionRatio: 0.1,
  consecutive5xx: 5,
  enforceConsecutive5xx: 1,
  consecutiveGatewayFailure: 5,
  enforceConsecutiveGatewayFailure: 0,
  consecutiveLocalOriginFailure: 5,
  enforceConsecutiveLocalOriginFailure: 1,
  splitLocalOrigin: false,
  enforceSuccessRate: 1,
  successRateMinimumEndpoints: 5,
  successRateRequestVolume: 100,
  successRateStdevFactor: 1.9,
};

export function clusterConfig(changes: Partial<ClusterConfig> = {}): ClusterConfig {
  return {
    name: 'app',
    discovery: { kind: 'static', endpoints: [] },
    balancer: { kind: 'round-robin' },
    connectTimeoutMs: 5000,
    pool: { maxIdlePerEndpoint: 8, idleTimeoutMs: 60_000, maxRequestsPerConnection: 0, tcpKeepaliveMs: 0 },
    circuitBreakers: {
      maxConnections: 1024,
      maxPending: 1024,
      maxRequests: 1024,
      maxRetries: 3,
      retryBudget: null,
    },
    healthCheck: null,
    outlierDetection: null,
    panicThreshold: 0.5,
    slowStart: null,
    proxyProtocol: 'off',
    http: { maxHeadBytes: 65_536, maxHeaderCount: 100 },
    ...changes,
  };
}
