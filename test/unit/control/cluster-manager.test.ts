import { afterEach, describe, expect, test } from 'vitest';
import { ManualClock, seededRandom } from '../../../src/base/index.ts';
import { BreakerGauges } from '../../../src/cluster/index.ts';
import type { ClusterConfig, OutlierDetectionConfig } from '../../../src/config/index.ts';
import { ClusterManager } from '../../../src/control/cluster-manager.ts';
import { ThreadCounters } from '../../../src/control/thread-counters.ts';
import { ControlMetrics, Exposition } from '../../../src/telemetry/control.ts';
import { SlotDirectory } from '../../../src/telemetry/index.ts';
import { clusterConfig } from './test-config.ts';
import { testLog } from './test-log.ts';

const outlierDetection: OutlierDetectionConfig = {
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

const managers: ClusterManager[] = [];

afterEach(() => {
  for (const manager of managers.splice(0)) manager.close();
});

function make() {
  const clock = new ManualClock();
  const directory = new SlotDirectory();
  const exposition = new Exposition({ directory, clock });
  const { log, lines } = testLog();
  const stage = { clock, directory, exposition, lines, changes: 0 };
  const manager = new ClusterManager({
    clock,
    random: seededRandom(1),
    log,
    directory,
    gauges: new BreakerGauges(),
    counters: new ThreadCounters(),
    metrics: new ControlMetrics({ registry: exposition.registry, version: '0' }),
    onChange: () => {
      stage.changes++;
    },
  });
  managers.push(manager);
  return { manager, ...stage, stage };
}

function portsOf(manager: ClusterManager, config: ClusterConfig): number[] {
  return manager.endpoints([config])[config.name]!.map(({ address }) => address.port);
}

describe('cluster manager', () => {
  test('knows the endpoints and the breakers of each cluster it is asked about', () => {
    const { manager } = make();
    const [a, b] = [clusterConfig('a', [1, 2]), clusterConfig('b', [3])];
    manager.put([a, b]);
    expect(portsOf(manager, a)).toEqual([1, 2]);
    expect(manager.breakers([a, b])).toEqual({ a: 0, b: 4 });
    expect(manager.endpoints([clusterConfig('unknown')])).toEqual({ unknown: [] });
    expect(manager.warming()).toEqual([]);
  });

  test('counts the endpoints of a cluster and those that can be used, and again after a change', () => {
    const { manager, clock } = make();
    const config = {
      ...clusterConfig('app', [1, 2]),
      outlierDetection: { ...outlierDetection, maxEjectionRatio: 1 },
    };
    manager.put([config]);
    const managed = manager.get('app')!;
    expect(managed.count).toEqual({ endpoints: 2, usable: 2 });
    expect(managed.count).toBe(managed.count);
    manager.reportOutlier('app', '127.0.0.1:1', 'consecutive-5xx');
    clock.advance(20);
    expect(managed.count).toEqual({ endpoints: 2, usable: 1 });
    manager.put([clusterConfig('app', [1, 2, 3])]);
    clock.advance(20);
    expect(managed.count).toEqual({ endpoints: 3, usable: 3 });
  });

  test('keeps what it knows of a cluster that does not change, and of endpoints that stay', () => {
    const { manager, stage } = make();
    const config = { ...clusterConfig('app', [1, 2]), outlierDetection };
    manager.put([config]);
    const before = manager.get('app');
    manager.reportOutlier('app', '127.0.0.1:1', 'consecutive-5xx');
    manager.put([structuredClone(config)]);
    manager.put([{ ...config, connectTimeoutMs: 1, discovery: clusterConfig('app', [1, 3]).discovery }]);
    manager.retain(new Set(['app']));
    expect(manager.get('app')).toBe(before);
    const states = manager.endpoints([config])['app']!;
    expect(states.map(({ address, ejected }) => [address.port, ejected])).toEqual([
      [1, true],
      [3, false],
    ]);
    stage.clock.advance(20);
    expect(stage.changes).toBe(1);
  });

  test('adds a new cluster without touching those that are known', () => {
    const { manager } = make();
    const before = clusterConfig('app', [1]);
    manager.put([before]);
    manager.add([clusterConfig('app', [2]), clusterConfig('new', [3])]);
    expect(portsOf(manager, before)).toEqual([1]);
    expect(portsOf(manager, clusterConfig('new'))).toEqual([3]);
  });

  test('forgets clusters that are gone', async () => {
    const { manager, exposition, stage } = make();
    manager.put([clusterConfig('a', [1]), clusterConfig('b', [2])]);
    stage.clock.advance(20);
    manager.retain(new Set(['b']));
    expect(manager.get('a')).toBeUndefined();
    const { body } = await exposition.render('');
    expect(body).toContain('meshlock_endpoint_healthy{cluster="b",endpoint="127.0.0.1:2"} 1');
    expect(body).not.toContain('meshlock_endpoint_healthy{cluster="a"');
  });

  test('waits for warming clusters, but not for ever', async () => {
    const { manager, clock } = make();
    const healthCheck = {
      intervalMs: 60_000,
      jitterMs: 0,
      timeoutMs: 50_000,
      healthyThreshold: 1,
      unhealthyThreshold: 1,
      check: { kind: 'tcp', send: '', receive: 'never' },
    } as const;
    manager.put([{ ...clusterConfig('cold', [9]), healthCheck }]);
    expect(manager.warming()).toEqual(['cold']);
    const cold = manager.warm(100);
    for (let i = 0; i < 5; i++) {
      clock.advance(20);
      await Promise.resolve();
      await Promise.resolve();
    }
    expect(await cold).toEqual(['cold']);
  });

  test('counts a detection with its cause, ejected or not, and tells the log', async () => {
    const { manager, exposition, lines } = make();
    manager.put([{ ...clusterConfig('app', [1, 2]), outlierDetection }]);
    manager.reportOutlier('app', '127.0.0.1:1', 'consecutive-5xx');
    manager.reportOutlier('app', '127.0.0.1:2', 'consecutive-gateway');
    manager.reportOutlier('gone', '127.0.0.1:2', 'consecutive-gateway');
    const { body } = await exposition.render('');
    const metric = (name: string, cause: string) =>
      new RegExp(`^meshlock_outlier_${name}_total\\{[^}]*cause="${cause}"[^}]*\\} (\\d+)`, 'm').exec(
        body,
      )?.[1];
    expect(metric('detections', 'consecutive-5xx')).toBe('1');
    expect(metric('ejections', 'consecutive-5xx')).toBe('1');
    expect(metric('detections', 'consecutive-gateway')).toBe('1');
    expect(metric('ejections', 'consecutive-gateway')).toBe('0');
    expect(body).not.toContain('cluster="gone"');
    expect(lines.all.find(({ level }) => level === 'warn')).toMatchObject({
      message: expect.stringMatching(/^cluster app: endpoint 127.0.0.1:1 was ejected: /),
      cluster: 'app',
    });
  });

  test('names what a DNS endpoint was resolved from, and reports a name that does not resolve once', async () => {
    const { manager, lines, clock } = make();
    const config: ClusterConfig = {
      ...clusterConfig('dns'),
      discovery: {
        kind: 'strict-dns',
        endpoints: [
          { address: { host: 'localhost', port: 80 }, weight: 1, priority: 0, metadata: {} },
          { address: { host: 'nowhere.invalid', port: 80 }, weight: 1, priority: 0, metadata: {} },
        ],
        refreshMs: 5000,
        respectTtl: false,
        family: 'v4',
        resolvers: [],
      },
    };
    manager.put([config]);
    expect(manager.warming()).toEqual(['dns']);
    await lines.until(({ level, message }) => level === 'warn' && message.includes('nowhere.invalid'));
    while (manager.get('dns')!.states().length === 0) await new Promise((resolve) => setImmediate(resolve));
    const managed = manager.get('dns')!;
    expect(managed.states().map((state) => managed.nameOf(state))).toEqual(['localhost']);
    expect(managed.warming).toBe(false);
    clock.advance(0);
  });
});
