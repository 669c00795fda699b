import { describe, expect, test } from 'vitest';
import { ManualClock, type Random, seededRandom } from '../../../src/base/index.ts';
import type { Health, Probe, ProbeResult } from '../../../src/cluster/control.ts';
import { EndpointChecker } from '../../../src/cluster/health-check/endpoint-checker.ts';
import type { HealthCheckConfig } from '../../../src/config/index.ts';

const config: HealthCheckConfig = {
  intervalMs: 5000,
  jitterMs: 0,
  timeoutMs: 1000,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
  check: { kind: 'tcp', send: '', receive: '' },
};

interface Scene {
  readonly checker: EndpointChecker;
  readonly clock: ManualClock;
  /** What was reported: health, detail, and `!` for a change. */
  readonly log: string[];
  readonly starts: number[];
  readonly cancelled: () => number;
  /** Answers the check that runs, then waits for the next one. */
  readonly answer: (kind: ProbeResult['kind']) => void;
}

function sceneOf(
  changes: Partial<HealthCheckConfig> = {},
  known: Health | null = null,
  random: Random = seededRandom(1),
): Scene {
  const clock = new ManualClock();
  const log: string[] = [];
  const starts: number[] = [];
  let done: ((result: ProbeResult) => void) | null = null;
  let cancels = 0;
  const probe: Probe = {
    start(_, finish) {
      starts.push(clock.now());
      done = finish;
      return { cancel: () => cancels++ };
    },
  };
  const checker = new EndpointChecker({
    config: { ...config, ...changes },
    address: { host: '127.0.0.1', port: 1 },
    probe,
    clock,
    random,
    known,
    onResult: (one, result, changed) => log.push(`${one.health} ${result.detail}${changed ? ' !' : ''}`),
  });
  checker.start();
  const answer = (kind: ProbeResult['kind']): void => {
    done!({ kind, detail: kind });
    clock.advance(5000);
  };
  return { checker, clock, log, starts, cancelled: () => cancels, answer };
}

describe('the health of a checked endpoint', () => {
  test('is unhealthy until the first check, which is made at once', () => {
    const { checker, starts } = sceneOf();
    expect(starts).toEqual([0]);
    expect(checker.health).toBe('unhealthy');
    expect(checker.decided).toBe(false);
    expect(checker.last).toBeNull();
  });

  test('is healthy after one success when that is the first result', () => {
    const { checker, answer, log } = sceneOf();
    answer('passed');
    expect(checker.health).toBe('healthy');
    expect(checker.decided).toBe(true);
    expect(log).toEqual(['healthy passed !']);
  });

  test('is announced as unhealthy by a first failure, and then needs the healthy threshold', () => {
    const { answer, log } = sceneOf();
    answer('failed');
    answer('passed');
    answer('passed');
    expect(log).toEqual(['unhealthy failed !', 'unhealthy passed', 'healthy passed !']);
  });

  test('changes only after as many failures in a row as the threshold says', () => {
    const { answer, log } = sceneOf({ healthyThreshold: 4 });
    for (const kind of ['passed', 'failed', 'failed', 'passed', 'failed', 'failed', 'failed'] as const)
      answer(kind);
    expect(log.map((line) => line.split(' ')[0])).toEqual([
      'healthy',
      'healthy',
      'healthy',
      'healthy',
      'healthy',
      'healthy',
      'unhealthy',
    ]);
    expect(log.filter((line) => line.endsWith('!'))).toEqual(['healthy passed !', 'unhealthy failed !']);
  });

  test('starts from what is known, if anything is', () => {
    const { checker, answer } = sceneOf({}, 'healthy');
    expect(checker.health).toBe('healthy');
    expect(checker.decided).toBe(true);
    answer('failed');
    expect(checker.health).toBe('healthy');
  });

  test('is not touched by a check that could not be made', () => {
    const { checker, answer, log } = sceneOf({ unhealthyThreshold: 1 });
    answer('inconclusive');
    expect(checker.decided).toBe(false);
    expect(checker.last).toMatchObject({ kind: 'inconclusive' });
    answer('passed');
    answer('inconclusive');
    expect(checker.health).toBe('healthy');
    expect(log).toEqual(['healthy passed !']);
  });
});

describe('the checks of an endpoint', () => {
  test('follow one another at the interval, counted from the end of the one before', () => {
    const { clock, starts, answer } = sceneOf();
    clock.advance(400);
    answer('passed');
    clock.advance(700);
    answer('passed');
    expect(starts).toEqual([0, 5400, 11_100]);
  });

  test('are spread by the jitter', () => {
    const { starts, answer } = sceneOf({ jitterMs: 2000, intervalMs: 3000 }, null, { next: () => 0.25 });
    answer('passed');
    expect(starts).toEqual([0, 3500]);
  });

  test('fail after the timeout, and their connection is closed', () => {
    const { clock, log, cancelled, starts, checker } = sceneOf();
    clock.advance(999);
    expect(log).toEqual([]);
    clock.advance(1);
    expect(log).toEqual(['unhealthy timeout after 1s !']);
    expect(checker.last).toMatchObject({ atMs: clock.wall(), durationMs: 1000 });
    expect(cancelled()).toBe(1);
    clock.advance(5000);
    expect(starts).toEqual([0, 6000]);
  });

  test('end when closed: no timer, no connection, no further report', () => {
    const { checker, clock, cancelled, log, answer } = sceneOf();
    checker.close();
    expect(clock.pendingTimers).toBe(0);
    expect(cancelled()).toBe(1);
    answer('passed');
    expect(log).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});
