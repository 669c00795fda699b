/** A cluster: endpoints that can stand in for one another, and how they are used. */
import type * as z from 'zod';
import { resolverAddress } from './address-schema.ts';
import { balancerSchema } from './balancer-schema.ts';
import { block, type Complaint, list, rule } from './block.ts';
import {
  balancerDefaults,
  clusterDefaults as defaults,
  dnsDefaults,
  upstreamHttpDefaults,
} from './defaults.ts';
import { endpointsSchema } from './endpoint-schema.ts';
import { healthCheckSchema } from './health-check-schema.ts';
import type {
  BalancerConfig,
  ClusterConfig,
  ClusterDiscovery,
  EndpointConfig,
  UpstreamHttpConfig,
} from './model.ts';
import { name } from './name-schema.ts';
import { outlierDetectionSchema } from './outlier-schema.ts';
import { circuitBreakersSchema, poolSchema, slowStartSchema } from './resilience-schema.ts';
import { duration, flag, integer, ratio, size, word } from './scalar-schema.ts';

const dns = block({
  refresh_rate: duration(1000)
    .prefault(dnsDefaults.refresh_rate)
    .describe('Time to the next look-up when the answer has no TTL, and after a failed one.'),
  respect_ttl: flag().prefault(dnsDefaults.respect_ttl).describe('Look up again when the TTL has passed.'),
  family: word(['auto', 'v4', 'v6', 'all'])
    .prefault(dnsDefaults.family)
    .describe('`auto`: IPv4, and IPv6 when there is none; `all`: both.'),
  resolvers: list(resolverAddress(), 'DNS servers')
    .prefault([])
    .describe("DNS servers to ask, as `ip` or `ip:port`; by default the system's."),
}).meta({ id: 'dns', description: 'How host names are looked up.' });

const upstreamHttp = block({
  max_head_size: size({ min: 1024, max: 1024 * 1024 })
    .prefault(upstreamHttpDefaults.max_head_size)
    .describe('Status line and all fields of an answer. Beyond: 502.'),
  max_header_count: integer(1, 10_000)
    .prefault(upstreamHttpDefaults.max_header_count)
    .describe('Fields of an answer. Beyond: 502.'),
})
  .transform(
    (value): UpstreamHttpConfig => ({
      maxHeadBytes: value.max_head_size,
      maxHeaderCount: value.max_header_count,
    }),
  )
  .meta({ id: 'upstream_http', description: 'Bounds on the answers.' });

const clusterBlock = block({
  name: name().describe('What routes and listeners call it; its label in metrics and logs.'),
  type: word(['static', 'strict_dns'])
    .prefault(defaults.type)
    .describe(
      '`static`: the endpoints are IP addresses; `strict_dns`: every address that a name resolves to is an endpoint.',
    ),
  endpoints: endpointsSchema.describe('Addresses that requests are sent to.'),
  dns: dns.optional().describe('How host names are looked up; only with `type: strict_dns`.'),
  balancer: balancerSchema
    .optional()
    .meta({ fileDefault: balancerDefaults.type })
    .describe(
      'How an endpoint is chosen; text is `type`. With unequal weights the default is `weighted_round_robin`.',
    ),
  connect_timeout: duration().prefault(defaults.connect_timeout).describe('For a TCP connection to be made.'),
  pool: poolSchema.prefault({}).describe('Connections to the endpoints.'),
  circuit_breakers: circuitBreakersSchema.prefault({}).describe('Limits over all data threads.'),
  health_check: healthCheckSchema.optional().describe('Active checks; without it none.'),
  outlier_detection: outlierDetectionSchema
    .prefault(false)
    .describe('Leaves out endpoints that fail real traffic; `true` is all defaults.'),
  panic_threshold: ratio()
    .prefault(defaults.panic_threshold)
    .describe('Below this share of healthy endpoints all are used, healthy or not. 0: never.'),
  slow_start: slowStartSchema.optional().describe('New endpoints warm up; text is `window`.'),
  proxy_protocol: word(['off', 'v1', 'v2'])
    .prefault(defaults.proxy_protocol)
    .describe('PROXY header at the start of each connection to an endpoint.'),
  http: upstreamHttp.prefault({}).describe('Bounds on the answers.'),
}).check(rule(dnsNeedsItsType));

export const clusterSchema: z.ZodType<ClusterConfig> = clusterBlock.transform(toCluster).meta({
  id: 'cluster',
  description: 'Endpoints that can stand in for one another.',
});

function toCluster(value: z.output<typeof clusterBlock>): ClusterConfig {
  return {
    name: value.name,
    discovery: toDiscovery(value),
    balancer: value.balancer ?? defaultBalancer(value.endpoints),
    connectTimeoutMs: value.connect_timeout,
    pool: value.pool,
    circuitBreakers: value.circuit_breakers,
    healthCheck: value.health_check ?? null,
    outlierDetection: value.outlier_detection,
    panicThreshold: value.panic_threshold,
    slowStart: value.slow_start ?? null,
    proxyProtocol: value.proxy_protocol,
    http: value.http,
  };
}

function toDiscovery(value: z.output<typeof clusterBlock>): ClusterDiscovery {
  if (value.type === 'static') return { kind: 'static', endpoints: value.endpoints };
  const settings = value.dns ?? dns.parse({});
  return {
    kind: 'strict-dns',
    endpoints: value.endpoints,
    refreshMs: settings.refresh_rate,
    respectTtl: settings.respect_ttl,
    family: settings.family,
    resolvers: settings.resolvers,
  };
}

function defaultBalancer(endpoints: readonly EndpointConfig[]): BalancerConfig {
  const isUneven = endpoints.some((endpoint) => endpoint.weight !== endpoints[0]?.weight);
  return { kind: isUneven ? 'weighted-round-robin' : 'round-robin' };
}

function dnsNeedsItsType(value: Readonly<Record<string, unknown>>): Complaint[] {
  if (value['dns'] === undefined || value['type'] === 'strict_dns') return [];
  return [
    { path: ['dns'], expected: 'no dns with `type: static`', got: 'dns', hint: 'add `type: strict_dns`' },
  ];
}
