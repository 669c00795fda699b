/** The configurations of the soak: another one each second, of everything that a reload can change. */
import { join } from 'node:path';
import type { Configuration } from '../integration/process/meshlock.ts';

const balancers = [
  'round_robin',
  'random',
  'least_request',
  'peak_ewma',
  'ring_hash',
  'maglev',
  'weighted_round_robin',
];

export interface SoakEndpoints {
  /** Of the cluster that most goes to; they come and go in order. */
  readonly app: readonly number[];
  /** Of the cluster whose endpoints crash. */
  readonly crashing: readonly number[];
}

/** `round` counts the reloads; the same round gives the same configuration. */
export function soakConfiguration(round: number, endpoints: SoakEndpoints, directory: string): Configuration {
  const forward = {
    upgrades: ['websocket'],
    timeout: `${10 + (round % 5)}s`,
    // What cannot have reached the application is tried elsewhere: endpoints may be gone without a word.
    retry: { on: ['connect-failure', 'refused-stream', 'reset-before-request'], attempts: 3 },
    hash_policy: [{ header: 'host' }, 'source_ip'],
  };
  return {
    admin: '127.0.0.1:0',
    data_threads: 2,
    drain_timeout: '5s',
    log: 'info',
    listeners: [
      {
        name: 'web',
        address: '127.0.0.1:0',
        routes: [
          ...decoys(round % 4),
          {
            name: 'crashing',
            match: '/crashing',
            cluster: 'crashing',
            retry: { on: ['connect-failure', 'reset', '5xx'], attempts: 5 },
          },
          { name: 'all', match: '/', clusters: { app: 90, same: 10 }, ...forward },
        ],
        max_connections: 200 + (round % 3),
        backlog: 500 + (round % 2),
        limits: {
          max_header_count: 50 + (round % 7),
          max_head_size: `${20 + (round % 9)}KiB`,
          max_requests_per_connection: round % 3 === 0 ? 500 : 0,
        },
        access_logs: [
          { path: join(directory, `access-${round % 2}.log`), format: '%RESPONSE_CODE% %RESPONSE_FLAGS%' },
        ],
        forwarded: round % 2 === 0 ? 'append' : 'replace',
      },
      // Comes and goes.
      ...(round % 4 === 1 ? [{ name: 'side', address: '127.0.0.1:0', cluster: 'app' }] : []),
    ],
    clusters: [
      {
        name: 'app',
        endpoints: endpoints.app.map((port, index) => ({
          address: `127.0.0.1:${port}`,
          // One weight for all where weights mean nothing.
          ...(round % balancers.length === 6 && { weight: 1 + index }),
        })),
        balancer: balancers[round % balancers.length],
        health_check: {
          http: '/healthz',
          interval: '500ms',
          timeout: '2s',
          healthy_threshold: 1,
          unhealthy_threshold: 1,
        },
        circuit_breakers: { max_requests: 1000 + round, max_retries: 200 },
        pool: { max_requests_per_connection: round % 2 === 0 ? 100 : 0, idle_timeout: `${2 + (round % 3)}s` },
        panic_threshold: 0,
      },
      { name: 'same', endpoints: endpoints.app.slice(0, 1).map((port) => `127.0.0.1:${port}`) },
      {
        name: 'crashing',
        endpoints: endpoints.crashing.map((port) => `127.0.0.1:${port}`),
        circuit_breakers: { max_retries: 200 },
        outlier_detection: round % 2 === 0,
      },
      ...(round % 3 === 0 ? [{ name: `spare-${round % 5}`, endpoints: ['127.0.0.1:1'] }] : []),
    ],
  };
}

/** Routes before the others that nothing matches. */
function decoys(count: number): Configuration[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `decoy-${index}`,
    match: { prefix: `/decoy/${index}`, headers: { 'x-decoy': 'true' } },
    direct_response: 404,
  }));
}
