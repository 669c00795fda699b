import { afterEach, describe, expect, test } from 'vitest';
import { ManualClock, seededRandom } from '../../../src/base/index.ts';
import {
  type EndpointTotals,
  type OutlierChange,
  OutlierDetector,
} from '../../../src/cluster/outlier-detection/outlier-detector.ts';
import { successRateOutliers } from '../../../src/cluster/outlier-detection/success-rate.ts';
import type { OutlierDetectionConfig } from '../../../src/config/index.ts';
import { envoyOutlierDetection } from './cluster-fixture.ts';

interface Scene {
  readonly detector: OutlierDetector;
  readonly clock: ManualClock;
  /** `+e1` ejected, `-e1` returned. */
  readonly log: string[];
  readonly changes: OutlierChange[];
  readonly totals: Map<string, EndpointTotals>;
}

let open: OutlierDetector[] = [];
afterEach(() => {
  for (const detector of open) detector.close();
  open = [];
});

function sceneOf(count: number, changes: Partial<OutlierDetectionConfig> = {}): Scene {
  const clock = new ManualClock();
  const log: string[] = [];
  const all: OutlierChange[] = [];
  const totals = new Map<string, EndpointTotals>();
  const detector = new OutlierDetector({
    config: { ...envoyOutlierDetection, ...changes },
    clock,
    random: seededRandom(1),
    totalsOf: (key) => totals.get(key) ?? { successes: 0, failures: 0 },
    onChange: (change) => {
      all.push(change);
      log.push(`${change.kind === 'ejected' ? '+' : '-'}${change.key}`);
    },
  });
  open.push(detector);
  detector.setEndpoints(keys(count));
  return { detector, clock, log, changes: all, totals };
}

function keys(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `e${i}`);
}

describe('the outlier detector', () => {
  test('ejects on a reported run and lets the endpoint return after the base time', () => {
    const { detector, clock, log, changes } = sceneOf(3);
    detector.report('e1', 'consecutive-5xx');
    expect(log).toEqual(['+e1']);
    expect(changes[0]).toMatchObject({
      reason: '5 consecutive answers with 5xx, or none',
      forMs: 30_000,
      count: 1,
    });
    expect(detector.ejectionOf('e1')).toMatchObject({ untilMs: clock.wall() + 30_000 });
    clock.advance(29_999);
    expect(log).toEqual(['+e1']);
    clock.advance(1);
    expect(log).toEqual(['+e1', '-e1']);
    expect(changes[1]).toMatchObject({ reason: '30s of ejection are over' });
    expect(detector.ejectionOf('e1')).toBeNull();
  });

  test('ignores reports of an endpoint that is ejected or unknown', () => {
    const { detector, log } = sceneOf(20, { maxEjectionRatio: 1 });
    detector.report('e1', 'consecutive-5xx');
    detector.report('e1', 'consecutive-5xx');
    detector.report('nobody', 'consecutive-5xx');
    expect(log).toEqual(['+e1']);
  });

  test('ejects for longer each time, up to the maximum', () => {
    const { detector, clock, changes } = sceneOf(3, { maxEjectionMs: 100_000, intervalMs: 10_000_000 });
    for (let n = 0; n < 6; n++) {
      detector.report('e0', 'consecutive-5xx');
      clock.advance(100_000);
    }
    const times = changes.flatMap((change) => (change.kind === 'ejected' ? [change.forMs / 1000] : []));
    expect(times).toEqual([30, 60, 90, 100, 100, 100]);
  });

  test('forgets one ejection for each interval without', () => {
    const { detector, clock, changes } = sceneOf(3);
    detector.report('e0', 'consecutive-5xx');
    clock.advance(30_000);
    detector.report('e0', 'consecutive-5xx');
    expect(changes.at(-1)).toMatchObject({ forMs: 60_000 });
    clock.advance(60_000);
    // The interval that ends as the ejection ends is the first good one or not; two more make up for it.
    clock.advance(20_000);
    detector.report('e0', 'consecutive-5xx');
    expect(changes.at(-1)).toMatchObject({ forMs: 30_000 });
  });

  test('ejects no more than the maximum share, but always may eject one', () => {
    const { detector, log } = sceneOf(20);
    for (const key of keys(5)) detector.report(key, 'consecutive-5xx');
    // 1 of 20 is below 10 %, 2 of 20 is not.
    expect(log).toEqual(['+e0', '+e1']);
    expect(detector.sparedBecause('e2')).toBe(
      '5 consecutive answers with 5xx, or none; not ejected: 2 of 20 endpoints are ejected, the limit is 10%',
    );
    const small = sceneOf(2, { maxEjectionRatio: 0 });
    small.detector.report('e0', 'consecutive-5xx');
    small.detector.report('e1', 'consecutive-5xx');
    expect(small.log).toEqual(['+e0']);
  });

  test('enforces only the configured share of detections', () => {
    const off = sceneOf(3);
    off.detector.report('e0', 'consecutive-gateway');
    expect(off.log).toEqual([]);
    expect(off.detector.sparedBecause('e0')).toBe(
      '5 consecutive answers with 502, 503 or 504, or none; not ejected: enforced for 0% of detections',
    );
    const half = sceneOf(1000, { enforceConsecutive5xx: 0.5, maxEjectionRatio: 1 });
    for (const key of keys(1000)) half.detector.report(key, 'consecutive-5xx');
    expect(half.log.length).toBeGreaterThan(450);
    expect(half.log.length).toBeLessThan(550);
  });

  test('lets an endpoint return at once when an active health check passes', () => {
    const { detector, log, clock, changes } = sceneOf(3);
    detector.report('e0', 'consecutive-local-origin');
    detector.healthCheckPassed('e1');
    detector.healthCheckPassed('e0');
    expect(log).toEqual(['+e0', '-e0']);
    expect(changes[1]).toMatchObject({ reason: 'an active health check passed' });
    clock.advance(60_000);
    expect(log.length).toBe(2);
  });

  test('forgets an endpoint that is gone: it comes back with a clean record', () => {
    const { detector, clock, log, changes } = sceneOf(3);
    detector.report('e0', 'consecutive-5xx');
    detector.setEndpoints(['e1', 'e2']);
    clock.advance(1000);
    detector.setEndpoints(keys(3));
    expect(detector.ejectionOf('e0')).toBeNull();
    detector.report('e0', 'consecutive-5xx');
    expect(log).toEqual(['+e0', '+e0']);
    expect(changes[1]).toMatchObject({ count: 1 });
  });

  test('leaves no timer behind when closed', () => {
    const { detector, clock } = sceneOf(3);
    detector.report('e0', 'consecutive-5xx');
    expect(clock.pendingTimers).toBe(2);
    detector.close();
    expect(clock.pendingTimers).toBe(0);
  });

  test('takes a changed interval over', () => {
    const { detector, clock, totals, log } = sceneOf(5);
    detector.configure({ ...envoyOutlierDetection, intervalMs: 1000 });
    for (const key of keys(5)) totals.set(key, { successes: 1000, failures: 0 });
    totals.set('e4', { successes: 0, failures: 1000 });
    clock.advance(1000);
    expect(log).toEqual(['+e4']);
  });
});

describe('the success rate of an endpoint', () => {
  /** Adds one interval's work to the totals of each endpoint: successes of 100. */
  function work(totals: Map<string, EndpointTotals>, successesOf100: readonly number[]): void {
    successesOf100.forEach((successes, i) => {
      const before = totals.get(`e${i}`) ?? { successes: 0, failures: 0 };
      totals.set(`e${i}`, {
        successes: before.successes + successes,
        failures: before.failures + 100 - successes,
      });
    });
  }

  test('far below that of its peers ejects it', () => {
    const { clock, totals, log, changes } = sceneOf(6);
    work(totals, [100, 100, 100, 100, 99, 60]);
    clock.advance(10_000);
    expect(log).toEqual(['+e5']);
    expect(changes[0]).toMatchObject({
      reason: 'success rate 60% is below 65% (mean 93.2% - 1.9 x 14.8%, 6 endpoints)',
    });
  });

  test('is that of the last interval, not of all time', () => {
    const { clock, totals, log } = sceneOf(6);
    for (let n = 0; n < 20; n++) work(totals, [100, 100, 100, 100, 100, 100]);
    clock.advance(10_000);
    work(totals, [100, 100, 100, 100, 100, 50]);
    clock.advance(10_000);
    expect(log).toEqual(['+e5']);
  });

  test('is not judged with too few endpoints of enough requests', () => {
    const { clock, totals, log } = sceneOf(5);
    work(totals, [100, 100, 100, 100, 0]);
    totals.set('e0', { successes: 99, failures: 0 });
    clock.advance(10_000);
    expect(log).toEqual([]);
  });

  test('does not eject when all are equally bad', () => {
    const { clock, totals, log } = sceneOf(6);
    work(totals, [50, 50, 50, 50, 50, 50]);
    clock.advance(10_000);
    expect(log).toEqual([]);
  });

  test('is not judged when not enforced', () => {
    const { clock, totals, log } = sceneOf(6, { enforceSuccessRate: 0 });
    work(totals, [100, 100, 100, 100, 100, 0]);
    clock.advance(10_000);
    expect(log).toEqual([]);
  });

  test('of what an endpoint did before it was known here does not count', () => {
    const { detector, clock, totals, log } = sceneOf(5);
    totals.set('old', { successes: 0, failures: 5000 });
    detector.setEndpoints([...keys(5), 'old']);
    work(totals, [100, 100, 100, 100, 100]);
    clock.advance(10_000);
    expect(log).toEqual([]);
  });

  test('compares with the mean and the deviation of all that have enough requests', () => {
    const samples = [90, 100, 100, 100, 100].map((successes, i) => ({
      key: `e${i}`,
      successes,
      failures: 100 - successes,
    }));
    const few = { key: 'few', successes: 0, failures: 99 };
    const verdict = successRateOutliers([...samples, few], envoyOutlierDetection);
    expect(verdict.compared).toBe(5);
    expect(verdict.mean).toBeCloseTo(0.98);
    expect(verdict.stdev).toBeCloseTo(0.04);
    expect(verdict.threshold).toBeCloseTo(0.904);
    expect(verdict.outliers).toEqual([{ key: 'e0', rate: 0.9 }]);
  });
});
