import { describe, expect, test } from 'vitest';
import { captureStoreReport } from '../../../../src/control/health/capture-health.ts';
import { clustersReport } from '../../../../src/control/health/cluster-health.ts';
import { configurationReport } from '../../../../src/control/health/configuration-health.ts';
import { listenersReport } from '../../../../src/control/health/listener-health.ts';
import { namesReport } from '../../../../src/control/health/name-health.ts';
import { OutputHealth } from '../../../../src/control/health/output-health.ts';
import { reportOf } from '../../../../src/control/health/report.ts';
import { threadsReport } from '../../../../src/control/health/thread-health.ts';
import { cluster, FakeFacts, readinessFacts, threadReport } from './fake-facts.ts';

describe('a report on many things', () => {
  test('is as bad as the worst, shows it first and counts those it does not show', () => {
    const many = Array.from({ length: 150 }, (_, i) => ({
      name: `thing ${i}`,
      status: i === 140 ? ('unhealthy' as const) : ('healthy' as const),
      detail: i === 140 ? 'it broke' : '',
    }));
    const report = reportOf(many, '150 things');
    expect(report).toMatchObject({ status: 'unhealthy', detail: 'thing 140: it broke', itemCount: 150 });
    expect(report.items).toHaveLength(100);
    expect(report.items[0]!.name).toBe('thing 140');
    expect(reportOf([], 'no things')).toEqual({
      status: 'healthy',
      detail: 'no things',
      items: [],
      itemCount: 0,
    });
  });
});

describe('the threads', () => {
  test('show their state and how old their heartbeat is', () => {
    const { status, detail, items } = threadsReport(readinessFacts());
    expect({ status, detail }).toEqual({ status: 'healthy', detail: '2 data threads' });
    expect(items[0]!.detail).toBe('serving, heartbeat 42 ms ago');
  });

  test('are unhealthy while one is stalled, starting before they have the configuration', () => {
    const stalled = threadReport(2, { state: 'stalled', silentMs: 3000.4 });
    expect(threadsReport(readinessFacts({ threads: [threadReport(1), stalled] }))).toMatchObject({
      status: 'unhealthy',
      detail: 'data thread 2: it is stalled (stalled, heartbeat 3000 ms ago)',
    });
    const early = threadReport(1, { state: 'starting', appliedVersion: 0 });
    expect(threadsReport(readinessFacts({ threads: [early] })).status).toBe('starting');
  });

  test('are degraded while one is replaced and another serves, unhealthy when none does', () => {
    const dead = threadReport(2, { state: 'dead', restarts: 1 });
    expect(threadsReport(readinessFacts({ threads: [threadReport(1), dead] })).status).toBe('degraded');
    expect(threadsReport(readinessFacts({ threads: [dead] })).status).toBe('unhealthy');
  });
});

describe('the listeners', () => {
  const listeners = new FakeFacts().listeners();

  test('show their address and which threads accept', () => {
    expect(listenersReport({ readiness: readinessFacts(), listeners }).items).toEqual([
      { name: 'web', status: 'healthy', detail: '127.0.0.1:8080, 2 of 2 data threads accept' },
    ]);
  });

  test('are healthy while the gate holds them back, so that they are not what it waits for', () => {
    const report = listenersReport({ readiness: readinessFacts({ isHeld: true }), listeners });
    expect(report.status).toBe('healthy');
    expect(report.items[0]!.detail).toContain('the gate is closed');
  });

  test('are unhealthy when a thread cannot open one, stopped when drained, starting before any configuration', () => {
    const failing = threadReport(1, {
      failures: [{ listener: 'web', address: listeners[0]!.address, code: 'EADDRINUSE', message: 'in use' }],
    });
    const status = (changes: Parameters<typeof readinessFacts>[0]) =>
      listenersReport({ readiness: readinessFacts(changes), listeners }).status;
    expect(status({ threads: [failing, threadReport(2)] })).toBe('unhealthy');
    expect(status({ closedListeners: 'inbound' })).toBe('stopped');
    expect(status({ phase: 'draining' })).toBe('stopped');
    expect(status({ snapshotVersion: 0 })).toBe('starting');
    expect(status({ threads: [threadReport(1), threadReport(2, { state: 'dead' })] })).toBe('degraded');
  });
});

describe('the clusters', () => {
  const statusOf = (...facts: Parameters<typeof clustersReport>) => clustersReport(...facts).status;

  test('keep the gate closed while the health checks of one find nobody', () => {
    expect(clustersReport([cluster('app', ['unhealthy', 'unhealthy'])], false)).toMatchObject({
      status: 'unhealthy',
      detail: 'app: 0 of 2 endpoints are healthy',
    });
    expect(statusOf([cluster('app', ['checking'], { warming: true })], false)).toBe('starting');
  });

  test('are degraded at worst once traffic flows', () => {
    expect(statusOf([cluster('app', ['unhealthy'])], true)).toBe('degraded');
    expect(statusOf([cluster('app', ['checking'], { warming: true })], true)).toBe('degraded');
    expect(statusOf([cluster('app', ['healthy'])], true)).toBe('healthy');
  });

  test('are degraded by a single endpoint and by a name that does not resolve', () => {
    expect(statusOf([cluster('app', ['healthy', 'unhealthy'])], false)).toBe('degraded');
    const unknown = cluster('app', [], { warming: true, isChecked: true, lookupError: 'no such name' });
    expect(statusOf([unknown], false)).toBe('degraded');
    const ejected = { ...cluster('app', []), endpoints: [{ health: 'healthy', ejected: true } as const] };
    expect(statusOf([ejected], false)).toBe('degraded');
  });
});

describe('the configuration', () => {
  const inForce = new FakeFacts().configuration();

  test('says its version and origin, and is starting before the first', () => {
    expect(configurationReport(inForce)).toMatchObject({
      status: 'healthy',
      detail: 'version 3 of test.yaml, in force since 2023-11-14T22:13:20.000Z',
    });
    expect(configurationReport({ ...inForce, version: 0 }).status).toBe('starting');
  });

  test('is degraded by a refused reload, with every problem', () => {
    const problems = [{ path: 'listeners[0].port', expected: 'a port', got: '"x"' }];
    const report = configurationReport({ ...inForce, refused: { atMs: 1_700_000_100_000, problems } });
    expect(report.status).toBe('degraded');
    expect(report.detail).toContain('a reload was refused at 2023-11-14T22:15:00.000Z: 1 problem');
    expect(report.items[0]!.detail).toContain('listeners[0].port');
  });
});

describe('names', () => {
  test('are as well as they resolve', () => {
    const name = { name: 'app.test', addresses: ['10.0.0.1'], error: null };
    const status = (state: 'resolving' | 'resolved' | 'stale' | 'failed') =>
      namesReport([{ ...name, state }]).status;
    expect([status('resolved'), status('stale'), status('failed'), status('resolving')]).toEqual([
      'healthy',
      'degraded',
      'unhealthy',
      'starting',
    ]);
  });
});

describe('an output', () => {
  const words = { noun: 'access log', unit: 'line', absent: 'there are none' };
  const file = (dropped: number, failures = 0) => [{ name: '/log', dropped, failures }];

  test('is degraded by what it lost since the look before, not by what was lost long ago', () => {
    const health = new OutputHealth();
    expect(health.report(file(0), words).status).toBe('healthy');
    expect(health.report(file(7), words)).toMatchObject({
      status: 'degraded',
      detail: '/log: 7 lines dropped lately; since the start: 7 lines dropped, 0 failures',
    });
    expect(health.report(file(7), words).status).toBe('healthy');
    expect(health.report(file(7, 1), words).status).toBe('degraded');
  });

  test('is healthy where there is none', () => {
    expect(new OutputHealth().report([], words)).toMatchObject({
      status: 'healthy',
      detail: 'there are none',
    });
  });
});

describe('the store of captures', () => {
  test('is starting where captures are wanted, and nothing is missing where not', () => {
    const off = { monitor: null, obstacle: 'holmes.enabled is false' };
    expect(captureStoreReport(off, false).status).toBe('healthy');
    expect(captureStoreReport(off, true).status).toBe('starting');
  });
});
