/** A small finished configuration, and pieces to vary it with. */
import {
  type ClusterConfig,
  type Config,
  type HolmesConfig,
  type ListenerConfig,
  parseConfig,
} from '../../../src/config/index.ts';
import type { Snapshot } from '../../../src/data/snapshot.ts';

const noMutations = { remove: [], set: [], add: [] } as const;

export function listenerConfig(name: string, cluster: string, port = 0): ListenerConfig {
  return {
    name,
    address: { host: '127.0.0.1', port },
    role: 'inbound',
    proxyProtocol: 'off',
    maxConnections: 0,
    backlog: 511,
    accessLogs: [],
    protocol: {
      kind: 'http',
      virtualHosts: [
        {
          name: 'default',
          domains: ['*'],
          requestHeaders: noMutations,
          responseHeaders: noMutations,
          routes: [
            {
              name: 'all',
              match: {
                path: { kind: 'prefix', value: '/' },
                methods: [],
                headers: [],
                query: [],
                connect: false,
              },
              requestHeaders: noMutations,
              responseHeaders: noMutations,
              action: {
                kind: 'forward',
                clusters: [{ cluster, weight: 1 }],
                prefixRewrite: null,
                hostRewrite: null,
                timeoutMs: 15_000,
                maxDurationMs: 0,
                retry: {
                  on: [],
                  statusCodes: [],
                  attempts: 0,
                  perTryTimeoutMs: 0,
                  backoffBaseMs: 25,
                  backoffMaxMs: 250,
                  maxBodyBytes: 65_536,
                },
                hashPolicy: [],
                upgrades: [],
              },
            },
          ],
        },
      ],
      filters: [],
      limits: {
        maxHeadBytes: 61_440,
        maxRequestLineBytes: 8192,
        maxHeaderCount: 100,
        maxBodyBytes: 0,
        maxRequestsPerConnection: 0,
        headTimeoutMs: 10_000,
        idleTimeoutMs: 3_600_000,
        requestTimeoutMs: 0,
        sendTimeoutMs: 30_000,
        streamIdleTimeoutMs: 300_000,
      },
      via: '',
      forwarded: { mode: 'append', keepRequestId: true },
    },
  };
}

export function clusterConfig(name: string, ports: readonly number[] = [3000]): ClusterConfig {
  return {
    name,
    discovery: {
      kind: 'static',
      endpoints: ports.map((port) => ({
        address: { host: '127.0.0.1', port },
        weight: 1,
        priority: 0,
        metadata: {},
      })),
    },
    balancer: { kind: 'round-robin' },
    connectTimeoutMs: 5000,
    pool: {
      maxIdlePerEndpoint: 64,
      idleTimeoutMs: 60_000,
      maxRequestsPerConnection: 0,
      tcpKeepaliveMs: 0,
    },
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
    http: { maxHeadBytes: 61_440, maxHeaderCount: 100 },
  };
}

/** The defaults, switched off: what does not test it should neither pay for it nor write to this user's folders. */
export function holmesConfig(changes: Partial<HolmesConfig> = {}): HolmesConfig {
  const { holmes } = parseConfig('{}', { source: 'defaults', baseDirectory: '/' });
  return { ...holmes, enabled: false, ...changes };
}

export function testConfig(changes: Partial<Config> = {}): Config {
  return {
    node: { id: 'node-1', service: 'cart', version: '1.0.0', release: '' },
    admin: { address: null, token: '' },
    dataThreads: 2,
    stallRestartMs: 10_000,
    threadHeapBytes: 0,
    drainTimeoutMs: 5000,
    log: { level: 'info', format: 'json' },
    tracing: { sampling: 0, propagate: ['w3c'], otlpEndpoint: null },
    holmes: holmesConfig(),
    mesh: { enabled: false, trust: [], maxPeers: 1000, aggregator: null },
    listeners: [listenerConfig('inbound', 'app')],
    clusters: [clusterConfig('app')],
    ...changes,
  };
}

/** `orders`: see fake-data-thread.ts. `pipe`: for the order `native`. */
export function testSnapshot(version: number, orders = '', pipe = ''): Snapshot {
  const config = testConfig();
  return {
    version,
    config: { ...config, node: { ...config.node, release: orders, version: pipe } },
    slots: { listeners: {}, routes: {}, clusters: {} },
    endpoints: {},
    breakers: {},
  };
}
