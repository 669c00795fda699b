/** How much each circuit breaker of a cluster allows: what a data thread asks before it takes a place, and what is shown. */
import type { CircuitBreakerConfig } from '../config/index.ts';
import type { BreakerUse } from './breaker-gauges.ts';

/**
 * Retries at once. With Envoy's budget it is a share of what is active or waits (`active`), but never less than the
 * minimum; it need not be a whole number.
 */
export function retryLimit({ maxRetries, retryBudget }: CircuitBreakerConfig, active: number): number {
  return retryBudget === null ? maxRetries : Math.max(retryBudget.minConcurrency, retryBudget.ratio * active);
}

/** All four limits, while a cluster holds as much as `use` says. */
export function breakerLimits(config: CircuitBreakerConfig, use: BreakerUse): BreakerUse {
  return {
    connections: config.maxConnections,
    pending: config.maxPending,
    requests: config.maxRequests,
    retries: retryLimit(config, use.requests + use.pending),
  };
}
