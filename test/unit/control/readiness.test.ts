import { describe, expect, test } from 'vitest';
import { type ReadinessFacts, readinessOf } from '../../../src/control/readiness.ts';
import type { ThreadReport } from '../../../src/control/thread-group.ts';

function thread(number: number, changes: Partial<ThreadReport> = {}): ThreadReport {
  return {
    thread: number,
    state: 'serving',
    silentMs: 0,
    appliedVersion: 3,
    failures: [],
    restarts: 0,
    lastReplacement: null,
    ...changes,
  };
}

function reasons(changes: Partial<ReadinessFacts>): readonly string[] {
  const readiness = readinessOf({
    phase: 'serving',
    failedByHand: false,
    closedListeners: 'none',
    threads: [thread(1), thread(2)],
    snapshotVersion: 3,
    listeners: ['inbound'],
    warming: [],
    isHeld: false,
    gate: [],
    ...changes,
  });
  expect(readiness.ready).toBe(readiness.reasons.length === 0);
  return readiness.reasons;
}

describe('readiness', () => {
  test('is there when every thread serves the configuration', () => {
    expect(reasons({})).toEqual([]);
    expect(reasons({ threads: [thread(1, { appliedVersion: 9 })] })).toEqual([]);
  });

  test('names what is missing at the start', () => {
    const starting = { state: 'starting', appliedVersion: 0 } as const;
    expect(
      reasons({
        phase: 'starting',
        threads: [thread(1, starting), thread(2, starting)],
        snapshotVersion: 0,
        warming: ['app'],
      }),
    ).toEqual([
      'no configuration is in force yet',
      'data thread 1: it is starting',
      'data thread 2: it is starting',
      'listener inbound: no data thread accepts on it yet',
      'cluster app: waits for its first look-up or health check',
    ]);
  });

  test('is lost while a thread is stalled, because its share of the connections hangs', () => {
    expect(reasons({ threads: [thread(1), thread(2, { state: 'stalled' })] })).toEqual([
      'data thread 2: it is stalled',
    ]);
  });

  test('is kept while a thread is replaced and another one serves', () => {
    expect(reasons({ threads: [thread(1), thread(2, { state: 'dead' })] })).toEqual([]);
    expect(
      reasons({ threads: [thread(1), thread(2, { state: 'starting', restarts: 1, appliedVersion: 0 })] }),
    ).toEqual([]);
    expect(reasons({ threads: [thread(1, { state: 'dead' })] })).toEqual([
      'data thread 1: it is being replaced',
      'listener inbound: no data thread accepts on it yet',
    ]);
  });

  test('is lost with a thread that runs an older configuration or cannot open a listener', () => {
    expect(reasons({ threads: [thread(1), thread(2, { appliedVersion: 2 })] })).toEqual([
      'data thread 2: it has not applied the configuration yet',
    ]);
    const failures = [
      {
        listener: 'inbound',
        address: { host: '::1', port: 1 },
        code: 'EADDRINUSE',
        message: 'address in use',
      },
    ];
    expect(reasons({ threads: [thread(1), thread(2, { failures })] })).toEqual([
      'data thread 2: it cannot open inbound',
      'listener inbound: address in use',
    ]);
  });

  test('is lost by hand, by draining and by drained listeners', () => {
    expect(reasons({ failedByHand: true })).toEqual(['failed by hand: POST /healthcheck/ok ends it']);
    expect(reasons({ phase: 'draining' })).toEqual(['the process is draining']);
    expect(reasons({ closedListeners: 'inbound' })).toEqual(['inbound listeners were drained by hand']);
  });
});
