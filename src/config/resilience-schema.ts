/** What bounds a cluster's use of its endpoints: pool, circuit breakers, slow start. */
import * as z from 'zod';
import { block, choice } from './block.ts';
import { circuitBreakerDefaults, poolDefaults, retryBudgetDefaults, slowStartDefaults } from './defaults.ts';
import type { CircuitBreakerConfig, PoolConfig, RetryBudgetConfig, SlowStartConfig } from './model.ts';
import { defaultRatio } from './quantity.ts';
import { decimal, duration, durationOrZero, integer, ratio } from './scalar-schema.ts';

export const poolSchema: z.ZodType<PoolConfig> = block({
  max_idle_per_endpoint: integer(0, 65_535)
    .prefault(poolDefaults.max_idle_per_endpoint)
    .describe('Idle connections kept per endpoint and data thread.'),
  idle_timeout: duration()
    .prefault(poolDefaults.idle_timeout)
    .describe(
      "An idle connection is closed after this. Keep it below the upstream's own keep-alive timeout.",
    ),
  max_requests_per_connection: integer(0)
    .prefault(poolDefaults.max_requests_per_connection)
    .describe('After this many the connection is closed. 0: no limit.'),
  tcp_keepalive: durationOrZero(1000)
    .prefault(poolDefaults.tcp_keepalive)
    .describe('TCP keep-alive probes begin after this much silence. 0: off.'),
})
  .transform(
    (value): PoolConfig => ({
      maxIdlePerEndpoint: value.max_idle_per_endpoint,
      idleTimeoutMs: value.idle_timeout,
      maxRequestsPerConnection: value.max_requests_per_connection,
      tcpKeepaliveMs: value.tcp_keepalive,
    }),
  )
  .meta({ id: 'pool', description: 'Connections to the endpoints.' });

const retryBudget = block({
  ratio: ratio().prefault(retryBudgetDefaults.ratio).describe('Retries as a share of the active requests.'),
  min_concurrency: integer(0)
    .prefault(retryBudgetDefaults.min_concurrency)
    .describe('So many retries are always allowed.'),
})
  .transform((value): RetryBudgetConfig => ({ ratio: value.ratio, minConcurrency: value.min_concurrency }))
  .meta({ id: 'retry_budget', description: 'Retries that grow with the traffic. `true` is all defaults.' });

const budgetDefaults = z.literal(true, { error: 'true' }).transform(() => retryBudget.parse({}));

export const circuitBreakersSchema: z.ZodType<CircuitBreakerConfig> = block({
  max_connections: integer(1)
    .prefault(circuitBreakerDefaults.max_connections)
    .describe('Connections at once.'),
  max_pending_requests: integer(0)
    .prefault(circuitBreakerDefaults.max_pending_requests)
    .describe('Requests that wait for a connection.'),
  max_requests: integer(1).prefault(circuitBreakerDefaults.max_requests).describe('Requests at once.'),
  max_retries: integer(0)
    .prefault(circuitBreakerDefaults.max_retries)
    .describe('Retries at once; not used with `retry_budget`.'),
  retry_budget: choice('true, or a mapping', [budgetDefaults, retryBudget])
    .optional()
    .describe('A share of the active requests in place of `max_retries`.'),
})
  .transform(
    (value): CircuitBreakerConfig => ({
      maxConnections: value.max_connections,
      maxPending: value.max_pending_requests,
      maxRequests: value.max_requests,
      maxRetries: value.max_retries,
      retryBudget: value.retry_budget ?? null,
    }),
  )
  .meta({
    id: 'circuit_breakers',
    description: 'Limits over all data threads; beyond them requests fail at once (503, UO).',
  });

const slowStart = block({
  window: duration().describe('How long a new or recovered endpoint warms up.'),
  aggression: decimal(0.01, 100)
    .prefault(slowStartDefaults.aggression)
    .describe('Weight grows as time ^ (1 / aggression): 1 is linear, more is faster at first.'),
  min_weight: ratio()
    .prefault(slowStartDefaults.min_weight)
    .describe('Share of its weight that it begins with.'),
})
  .transform(
    (value): SlowStartConfig => ({
      windowMs: value.window,
      aggression: value.aggression,
      minWeight: value.min_weight,
    }),
  )
  .meta({
    id: 'slow_start',
    description: 'New endpoints get their share of the traffic gradually. Text is `window`.',
  });

const windowAlone = duration().transform(
  (windowMs): SlowStartConfig => ({
    windowMs,
    aggression: slowStartDefaults.aggression,
    minWeight: defaultRatio(slowStartDefaults.min_weight),
  }),
);

export const slowStartSchema: z.ZodType<SlowStartConfig> = choice('a duration, or a mapping', [
  windowAlone,
  slowStart,
]);
