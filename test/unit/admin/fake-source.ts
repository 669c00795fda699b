/** An `AdminSource` with one of everything, that writes down what it was told to change. */
import type { AdminSource, LogLevels, Readiness, ServerState } from '../../../src/admin/index.ts';

export class FakeSource implements AdminSource {
  /** Changes in their order, such as `quit` or `level debug admin`. */
  readonly changes: string[] = [];
  state: ServerState = 'LIVE';
  ready: Readiness = {
    ready: true,
    reasons: [],
    components: [{ name: 'listener inbound', ready: true, reason: '' }],
  };
  loggers: Record<string, LogLevels['level']> = { admin: 'info', control: 'info' };

  serverInfo(): ReturnType<AdminSource['serverInfo']> {
    return {
      version: '0.1.0',
      state: this.state,
      node: { id: 'cart-7f9', service: 'cart', version: '1.4.2', release: '2026-11-20.3' },
      uptimeMs: 61_900,
      pid: 4711,
      commandLineOptions: { config: 'meshlock.yaml' },
    };
  }

  machine(): null {
    return null;
  }

  readiness(): Readiness {
    return this.ready;
  }

  listeners(): ReturnType<AdminSource['listeners']> {
    const inbound = { role: 'inbound', state: 'active', failure: '', connectionsActive: 3 } as const;
    return [
      { ...inbound, name: 'inbound', address: { host: '0.0.0.0', port: 8080 } },
      {
        ...inbound,
        name: 'six',
        address: { host: '::1', port: 8081 },
        state: 'failed',
        failure: 'EADDRINUSE',
      },
    ];
  }

  clusters(): ReturnType<AdminSource['clusters']> {
    const figures = {
      hostname: '',
      weight: 1,
      priority: 0,
      connectionsActive: 2,
      connectFailures: 1,
      requestsActive: 4,
      requestsTotal: 100,
      requestsSuccess: 97,
      requestsError: 3,
    };
    const app = {
      name: 'app',
      discovery: 'static',
      addedViaApi: false,
      limits: { maxConnections: 1024, maxPending: 1024, maxRequests: 1024, maxRetries: 3 },
      endpoints: [
        {
          ...figures,
          address: { host: '127.0.0.1', port: 3000 },
          failedActiveHealthCheck: false,
          failedOutlierCheck: false,
        },
        {
          ...figures,
          address: { host: '::1', port: 3001 },
          failedActiveHealthCheck: true,
          failedOutlierCheck: true,
        },
      ],
    } as const;
    return [app];
  }

  configDump(): ReturnType<AdminSource['configDump']> {
    return {
      version: 7,
      appliedAtMs: Date.UTC(2026, 0, 2),
      origin: 'meshlock.yaml',
      config: {
        node: { id: 'cart-7f9' },
        admin: { token: 'admin-token-in-the-clear' },
        listeners: [
          { name: 'inbound', filters: [{ name: 'sign', options: { api_key: 'key-in-the-clear', ttl: 5 } }] },
          { name: 'outbound', set: [{ name: 'Authorization', value: 'Bearer in-the-clear' }] },
        ],
        clusters: [{ name: 'app' }, { name: 'apple' }],
      },
    };
  }

  metrics(accept: string): ReturnType<AdminSource['metrics']> {
    const open = accept.includes('application/openmetrics-text');
    const body = [
      '# HELP meshlock_requests Requests.',
      '# TYPE meshlock_requests counter',
      'meshlock_requests_total{route="a } 7 \\" b"} 0',
      'meshlock_requests_total{route="c"} 5',
      '# HELP meshlock_idle Never moved.',
      '# TYPE meshlock_idle gauge',
      'meshlock_idle{path="} 9"} 0',
      open ? '# EOF\n' : '',
    ].join('\n');
    const contentType = open ? 'application/openmetrics-text; version=1.0.0' : 'text/plain; version=0.0.4';
    return Promise.resolve({ contentType, body });
  }

  stats(): ReturnType<AdminSource['stats']> {
    return [
      { type: 'gauge', name: 'server.state', value: 0, used: true },
      { type: 'counter', name: 'cluster.app.upstream_rq_total', value: 100, used: true },
      { type: 'counter', name: 'cluster.app.upstream_rq_retry', value: 0, used: false },
      { type: 'text', name: 'server.origin', value: 'a "file"', used: true },
      {
        type: 'histogram',
        name: 'cluster.app.upstream_rq_time',
        used: true,
        quantiles: [
          { quantile: 0.5, value: 3.2 },
          { quantile: 0.999, value: 41 },
        ],
      },
      {
        type: 'histogram',
        name: 'cluster.app.empty',
        used: false,
        quantiles: [
          { quantile: 0.5, value: null },
          { quantile: 0.999, value: null },
        ],
      },
    ];
  }

  logLevels(): LogLevels {
    return { level: 'info', loggers: this.loggers };
  }

  setLogLevel(level: LogLevels['level'], logger: string | null): void {
    this.changes.push(`level ${level} ${logger ?? 'all'}`);
    for (const name of logger === null ? Object.keys(this.loggers) : [logger]) this.loggers[name] = level;
  }

  drainListeners(options: Parameters<AdminSource['drainListeners']>[0]): void {
    this.changes.push(`drain ${JSON.stringify(options)}`);
  }

  healthcheckFail(): void {
    this.changes.push('fail');
  }

  healthcheckOk(): void {
    this.changes.push('ok');
  }

  quit(): void {
    this.changes.push('quit');
  }

  reload(): ReturnType<AdminSource['reload']> {
    this.changes.push('reload');
    return Promise.resolve({ applied: true, version: 8, problems: [] });
  }

  reopenLogs(): Promise<void> {
    this.changes.push('reopen');
    return Promise.resolve();
  }

  threads(): ReturnType<AdminSource['threads']> {
    const lastReplacement = { reason: 'stalled for 10.2 s', atMs: Date.UTC(2026, 0, 1) };
    const running = {
      thread: 1,
      state: 'running',
      heartbeatAgeMs: 12.4,
      snapshotVersion: 7,
      restarts: 0,
    } as const;
    return [
      { ...running, lastReplacement: null },
      { ...running, thread: 2, state: 'stalled', heartbeatAgeMs: 5200, restarts: 1, lastReplacement },
    ];
  }

  memory(): ReturnType<AdminSource['memory']> {
    return {
      rssBytes: 6,
      heapUsedBytes: 1,
      heapTotalBytes: 2,
      heapLimitBytes: 3,
      externalBytes: 4,
      arrayBuffersBytes: 5,
    };
  }

  certs(): ReturnType<AdminSource['certs']> {
    return [
      {
        owner: 'listener inbound',
        path: 'tls.crt',
        serial: '0a',
        subjectAltNames: ['DNS:cart.example', 'IP Address:10.0.0.1'],
        validFromMs: Date.UTC(2025, 11, 31),
        expiresAtMs: Date.UTC(2026, 0, 31),
      },
    ];
  }
}
