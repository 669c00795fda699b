import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { ManualClock, seededRandom, systemClock } from '../../../src/base/index.ts';
import {
  ClusterMembership,
  type ClusterMembershipOptions,
  type Probe,
  type ProbeResult,
} from '../../../src/cluster/control.ts';
import type { ClusterConfig, EndpointConfig, HealthCheckConfig } from '../../../src/config/index.ts';
import { EndpointSlot } from '../../../src/telemetry/index.ts';
import { clusterConfig, envoyOutlierDetection } from './cluster-fixture.ts';

const healthCheck: HealthCheckConfig = {
  intervalMs: 5000,
  jitterMs: 0,
  timeoutMs: 1000,
  healthyThreshold: 1,
  unhealthyThreshold: 2,
  check: { kind: 'tcp', send: '', receive: '' },
};

let open: ClusterMembership[] = [];
afterEach(() => {
  for (const membership of open) membership.close();
  open = [];
});

interface Scene {
  readonly membership: ClusterMembership;
  readonly clock: ManualClock;
  readonly events: string[];
  readonly changes: () => number;
  /** Answers the check of `host` that runs. */
  readonly answer: (host: string, kind: ProbeResult['kind'], detail?: string) => void;
  /** Hosts whose checks wait for an answer. */
  readonly checking: () => string[];
  readonly totals: Map<number, number>;
}

function sceneOf(changes: Partial<ClusterConfig> = {}): Scene {
  const clock = new ManualClock();
  const events: string[] = [];
  const waiting = new Map<string, (result: ProbeResult) => void>();
  const totals = new Map<number, number>();
  let changed = 0;
  const probe: Probe = {
    start(address, done) {
      waiting.set(address.host, done);
      return { cancel: () => waiting.delete(address.host) };
    },
  };
  const options: ClusterMembershipOptions = {
    config: clusterConfig(changes),
    clock,
    random: seededRandom(1),
    slotOf: (key) => Number(key.split(/[.:]/)[3]) * 100,
    readTotal: (slot) => totals.get(slot) ?? 0,
    onChange: () => changed++,
    onEvent: (event) => events.push(`${event.kind} ${event.endpoint}: ${event.reason}`),
    probe,
  };
  const membership = new ClusterMembership(options);
  open.push(membership);
  return {
    membership,
    clock,
    events,
    changes: () => changed,
    answer(host, kind, detail = kind) {
      const done = waiting.get(host);
      if (done === undefined) throw new Error(`no check of ${host} runs`);
      waiting.delete(host);
      done({ kind, detail });
    },
    checking: () => [...waiting.keys()],
    totals,
  };
}

function endpoint(host: string, changes: Partial<EndpointConfig> = {}): EndpointConfig {
  return { address: { host, port: 80 }, weight: 1, priority: 0, metadata: {}, ...changes };
}

function usable(membership: ClusterMembership): string[] {
  return membership
    .describe()
    .filter((one) => one.usable)
    .map((one) => one.endpoint);
}

describe('the membership of a cluster without checks', () => {
  test('is what discovery says, in its order, each address once', () => {
    const { membership, events } = sceneOf();
    expect(membership.warming).toBe(true);
    membership.setAddresses([
      endpoint('10.0.0.2', { weight: 7 }),
      endpoint('10.0.0.1'),
      endpoint('10.0.0.2'),
    ]);
    expect(membership.warming).toBe(false);
    expect(membership.states()).toEqual([
      {
        address: { host: '10.0.0.2', port: 80 },
        weight: 7,
        priority: 0,
        metadata: {},
        slot: 200,
        health: 'healthy',
        ejected: false,
        usableSinceMs: 0,
      },
      expect.objectContaining({ slot: 100, weight: 1 }),
    ]);
    membership.setAddresses([endpoint('10.0.0.3'), endpoint('10.0.0.2', { weight: 7 })]);
    expect(membership.states().map(({ address }) => address.host)).toEqual(['10.0.0.3', '10.0.0.2']);
    expect(events.map((event) => event.split(':')[0])).toEqual([
      'added 10.0.0.2',
      'added 10.0.0.1',
      'removed 10.0.0.1',
      'added 10.0.0.3',
    ]);
  });

  test('announces changes that come together once, and nothing when nothing changed', () => {
    const { membership, clock, changes } = sceneOf();
    membership.setAddresses([endpoint('10.0.0.1')]);
    membership.setAddresses([endpoint('10.0.0.1'), endpoint('10.0.0.2')]);
    expect(changes()).toBe(0);
    clock.advance(20);
    expect(changes()).toBe(1);
    membership.setAddresses([endpoint('10.0.0.1'), endpoint('10.0.0.2')]);
    clock.advance(1000);
    expect(changes()).toBe(1);
    membership.setAddresses([endpoint('10.0.0.1'), endpoint('10.0.0.2', { weight: 2 })]);
    clock.advance(20);
    expect(changes()).toBe(2);
  });

  test('takes those it began with as warm, and a newcomer as usable since now', () => {
    const { membership, clock } = sceneOf();
    membership.setAddresses([endpoint('10.0.0.1')]);
    clock.advance(5000);
    membership.setAddresses([endpoint('10.0.0.1'), endpoint('10.0.0.2')]);
    clock.advance(5000);
    expect(membership.states().map(({ usableSinceMs }) => usableSinceMs)).toEqual([0, clock.wall() - 5000]);
  });
});

describe('the membership of a cluster with active checks', () => {
  test('uses an endpoint once its first check passes', () => {
    const { membership, clock, events, answer, changes, checking } = sceneOf({ healthCheck });
    membership.setAddresses([endpoint('10.0.0.1'), endpoint('10.0.0.2')]);
    expect(checking()).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(membership.describe()[0]).toMatchObject({
      health: 'checking',
      usable: false,
      reason: 'waits for its first health check',
      lastCheck: null,
    });
    answer('10.0.0.1', 'passed', 'status 200');
    expect(membership.warming).toBe(true);
    answer('10.0.0.2', 'failed', 'connect refused');
    expect(membership.warming).toBe(false);
    clock.advance(20);
    expect(changes()).toBe(1);
    expect(usable(membership)).toEqual(['10.0.0.1:80']);
    expect(membership.states().map(({ health }) => health)).toEqual(['healthy', 'unhealthy']);
    clock.advance(480);
    expect(membership.describe()[1]).toMatchObject({
      health: 'unhealthy',
      reason: 'health check fails: connect refused',
      lastCheck: { kind: 'failed', detail: 'connect refused', ageMs: 500 },
    });
    expect(events.slice(2)).toEqual([
      'healthy 10.0.0.1:80: status 200',
      'unhealthy 10.0.0.2:80: connect refused',
    ]);
  });

  test('counts slow start from the moment an endpoint is usable again', () => {
    const { membership, clock, answer } = sceneOf({ healthCheck });
    membership.setAddresses([endpoint('10.0.0.1')]);
    answer('10.0.0.1', 'passed');
    expect(membership.states()[0]).toMatchObject({ usableSinceMs: 0 });
    for (const kind of ['failed', 'failed', 'passed'] as const) {
      clock.advance(5000);
      answer('10.0.0.1', kind);
    }
    expect(membership.states()[0]).toMatchObject({ health: 'healthy', usableSinceMs: clock.wall() });
  });

  test('ends the check of an endpoint that is gone', () => {
    const { membership, checking, clock } = sceneOf({ healthCheck });
    membership.setAddresses([endpoint('10.0.0.1')]);
    membership.setAddresses([]);
    expect(checking()).toEqual([]);
    clock.advance(20);
    expect(clock.pendingTimers).toBe(0);
  });

  test('keeps what it knows of health when the check is configured anew', () => {
    const { membership, answer, checking, clock } = sceneOf({ healthCheck });
    membership.setAddresses([endpoint('10.0.0.1'), endpoint('10.0.0.2')]);
    answer('10.0.0.1', 'passed');
    answer('10.0.0.2', 'failed');
    membership.configure(clusterConfig({ healthCheck: { ...healthCheck, intervalMs: 1000 } }));
    expect(usable(membership)).toEqual(['10.0.0.1:80']);
    expect(checking()).toEqual(['10.0.0.1', '10.0.0.2']);
    answer('10.0.0.1', 'failed');
    expect(usable(membership)).toEqual(['10.0.0.1:80']);
    clock.advance(1000);
    answer('10.0.0.1', 'failed');
    expect(usable(membership)).toEqual([]);
  });

  test('does not check again for a change that has nothing to do with checks', () => {
    const { membership, answer, checking } = sceneOf({ healthCheck });
    membership.setAddresses([endpoint('10.0.0.1')]);
    answer('10.0.0.1', 'passed');
    membership.configure(clusterConfig({ healthCheck: { ...healthCheck }, connectTimeoutMs: 1 }));
    expect(checking()).toEqual([]);
  });

  test('uses all endpoints when checks are switched off, and goes on using them when switched on', () => {
    const { membership, answer } = sceneOf({ healthCheck });
    membership.setAddresses([endpoint('10.0.0.1')]);
    answer('10.0.0.1', 'failed');
    membership.configure(clusterConfig());
    expect(usable(membership)).toEqual(['10.0.0.1:80']);
    membership.configure(clusterConfig({ healthCheck }));
    expect(usable(membership)).toEqual(['10.0.0.1:80']);
  });
});

describe('the membership of a cluster with outlier detection', () => {
  const outlierDetection = { ...envoyOutlierDetection, maxEjectionRatio: 0.5 };

  test('ejects what a data thread reports, says why, and lets it return', () => {
    const { membership, clock, changes, events } = sceneOf({ outlierDetection });
    membership.setAddresses([endpoint('10.0.0.1'), endpoint('10.0.0.2')]);
    clock.advance(20);
    membership.reportOutlier('10.0.0.1:80', 'consecutive-5xx');
    clock.advance(20);
    expect(changes()).toBe(2);
    expect(membership.states()[0]).toMatchObject({ ejected: true, health: 'healthy', usableSinceMs: 0 });
    expect(membership.describe()[0]).toMatchObject({
      usable: false,
      reason: 'ejected: 5 consecutive answers with 5xx, or none',
      ejection: { count: 1, untilMs: clock.wall() + 29_980 },
    });
    clock.advance(29_980);
    expect(membership.states()[0]).toMatchObject({ ejected: false, usableSinceMs: clock.wall() });
    expect(events.slice(2)).toEqual([
      'ejected 10.0.0.1:80: 5 consecutive answers with 5xx, or none',
      'returned 10.0.0.1:80: 30s of ejection are over',
    ]);
  });

  test('shows why a detection did not eject', () => {
    const { membership } = sceneOf({ outlierDetection });
    membership.setAddresses([endpoint('10.0.0.1'), endpoint('10.0.0.2')]);
    membership.reportOutlier('10.0.0.1:80', 'consecutive-5xx');
    membership.reportOutlier('10.0.0.2:80', 'consecutive-5xx');
    expect(usable(membership)).toEqual(['10.0.0.2:80']);
    expect(membership.describe()[1]!.spared).toMatch(
      /not ejected: 1 of 2 endpoints are ejected, the limit is 50%/,
    );
  });

  test('lets an ejected endpoint return when its active check passes', () => {
    const { membership, answer, clock } = sceneOf({ outlierDetection, healthCheck });
    membership.setAddresses([endpoint('10.0.0.1')]);
    answer('10.0.0.1', 'passed');
    membership.reportOutlier('10.0.0.1:80', 'consecutive-5xx');
    expect(usable(membership)).toEqual([]);
    clock.advance(5000);
    answer('10.0.0.1', 'passed');
    expect(usable(membership)).toEqual(['10.0.0.1:80']);
  });

  test('compares success rates from the counters of all threads', () => {
    const { membership, totals, clock } = sceneOf({ outlierDetection });
    const hosts = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'];
    membership.setAddresses(hosts.map((host) => endpoint(host)));
    for (let i = 1; i <= 5; i++) {
      totals.set(i * 100 + EndpointSlot.successes, i === 4 ? 100 : 200);
      totals.set(i * 100 + EndpointSlot.failures, i === 4 ? 100 : 0);
    }
    clock.advance(10_000);
    expect(membership.describe()[3]!.reason).toMatch(/^ejected: success rate 50% is below 52%/);
    expect(usable(membership).length).toBe(4);
  });

  test('uses ejected endpoints again when outlier detection is switched off', () => {
    const { membership, clock, changes } = sceneOf({ outlierDetection });
    membership.setAddresses([endpoint('10.0.0.1')]);
    membership.reportOutlier('10.0.0.1:80', 'consecutive-5xx');
    clock.advance(20);
    membership.configure(clusterConfig());
    clock.advance(20);
    expect(changes()).toBe(2);
    expect(usable(membership)).toEqual(['10.0.0.1:80']);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a membership that is closed', () => {
  test('leaves no timer behind and announces nothing', () => {
    const { membership, clock, changes, checking } = sceneOf({
      healthCheck,
      outlierDetection: envoyOutlierDetection,
    });
    membership.setAddresses([endpoint('10.0.0.1')]);
    membership.close();
    expect(clock.pendingTimers).toBe(0);
    expect(checking()).toEqual([]);
    clock.advance(100_000);
    expect(changes()).toBe(0);
  });
});

describe('a membership over a real server', () => {
  test('learns that the server is there, fails, and is back', async () => {
    let status = 200;
    const server = createServer((_, response) => response.writeHead(status).end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    let wake = (): void => {};
    const changed = (): Promise<void> => new Promise((resolve) => (wake = resolve));
    const membership = new ClusterMembership({
      config: clusterConfig({
        healthCheck: {
          ...healthCheck,
          intervalMs: 5,
          check: { kind: 'http', path: '/', host: '', method: 'GET', expectedStatuses: [[200, 200]] },
        },
      }),
      clock: systemClock,
      random: seededRandom(1),
      slotOf: () => 0,
      readTotal: () => 0,
      onChange: () => wake(),
    });
    open.push(membership);
    const first = changed();
    membership.setAddresses([endpoint('127.0.0.1', { address: { host: '127.0.0.1', port } })]);
    await first;
    while (usable(membership).length === 0) await changed();
    status = 500;
    await changed();
    expect(membership.describe()[0]!.reason).toBe('health check fails: status 500, expected 200');
    status = 200;
    await changed();
    expect(membership.describe()[0]!.reason).toBe('health check passes: status 200');
    membership.close();
    await new Promise((resolve) => server.close(resolve));
  });
});
