/** The state of a proxy that serves, which a test changes before it looks. */
import type { HealthFacts } from '../../../../src/control/health/proxy-health.ts';
import type { ReadinessFacts } from '../../../../src/control/readiness.ts';
import type { ThreadReport } from '../../../../src/control/thread-group.ts';

export function threadReport(thread: number, changes: Partial<ThreadReport> = {}): ThreadReport {
  return {
    thread,
    state: 'serving',
    silentMs: 42,
    appliedVersion: 3,
    failures: [],
    restarts: 0,
    lastReplacement: null,
    ...changes,
  };
}

export function readinessFacts(changes: Partial<ReadinessFacts> = {}): ReadinessFacts {
  return {
    phase: 'serving',
    failedByHand: false,
    closedListeners: 'none',
    threads: [threadReport(1), threadReport(2)],
    snapshotVersion: 3,
    listeners: ['web'],
    warming: [],
    isHeld: false,
    gate: [],
    ...changes,
  };
}

type State = { -readonly [Name in keyof HealthFacts]: HealthFacts[Name] };

export class FakeFacts implements State {
  captures: HealthFacts['captures'] = { monitor: null, obstacle: 'holmes.enabled is false' };
  wantsCaptures = (): boolean => false;
  readiness: HealthFacts['readiness'] = () => readinessFacts();
  listeners: HealthFacts['listeners'] = () => [
    { name: 'web', role: 'inbound', address: { host: '127.0.0.1', port: 8080 } },
  ];
  clusters: HealthFacts['clusters'] = () => [cluster('app', ['healthy', 'healthy'])];
  names: HealthFacts['names'] = () => [];
  configuration: HealthFacts['configuration'] = () => ({
    origin: 'test.yaml',
    version: 3,
    appliedAtMs: 1_700_000_000_000,
    refused: null,
    waiting: [],
  });
  accessLogs: HealthFacts['accessLogs'] = () => [];
  spans: HealthFacts['spans'] = () => [];
  admin: HealthFacts['admin'] = () => ({ isWanted: true, address: '127.0.0.1:9901' });
}

type ClusterFacts = ReturnType<HealthFacts['clusters']>[number];

/** One whose endpoints are checked. */
export function cluster(
  name: string,
  health: readonly ('healthy' | 'unhealthy' | 'checking')[],
  changes: Partial<ClusterFacts> = {},
): ClusterFacts {
  const endpoints = health.map((each) => ({ health: each, ejected: false }));
  return { name, isChecked: true, warming: false, lookupError: '', endpoints, ...changes };
}
