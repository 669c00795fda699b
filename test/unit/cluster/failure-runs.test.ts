import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/index.ts';
import { Endpoint, Outcome } from '../../../src/cluster/index.ts';
import { FailureRuns, TryVerdict } from '../../../src/cluster/outlier-detection/failure-runs.ts';
import type { OutlierDetectionConfig } from '../../../src/config/index.ts';
import { envoyOutlierDetection, stateOf } from './cluster-fixture.ts';

interface Scene {
  readonly endpoint: Endpoint;
  readonly clock: ManualClock;
  readonly reports: string[];
  /** A status answers; `x` fails on this side; `c` is cancelled. */
  readonly play: (tries: string) => TryVerdict[];
}

function sceneOf(changes: Partial<OutlierDetectionConfig> | null): Scene {
  const clock = new ManualClock();
  const endpoint = new Endpoint(stateOf(0));
  const reports: string[] = [];
  const config = changes === null ? null : { ...envoyOutlierDetection, ...changes };
  const runs = new FailureRuns(config, clock, (_, failure) => reports.push(failure));
  const one = (step: string): TryVerdict => {
    if (step === 'x') return runs.record(endpoint, Outcome.LocalOriginFailure, 0);
    if (step === 'c') return runs.record(endpoint, Outcome.Cancelled, 0);
    return runs.record(endpoint, Outcome.Success, Number(step));
  };
  return { endpoint, clock, reports, play: (tries) => tries.split(' ').map(one) };
}

describe('runs of failures', () => {
  test('are ended by any answer below 500', () => {
    const { play, reports } = sceneOf({});
    play('500 500 500 500 404 500 500 500 500');
    expect(reports).toEqual([]);
  });

  test('are not ended by a cancelled try, which counts neither way', () => {
    const { play, reports } = sceneOf({});
    const verdicts = play('500 500 c c 500 500 c 500');
    expect(reports).toEqual(['consecutive-5xx']);
    expect(verdicts[2]).toBe(TryVerdict.Uncounted);
  });

  test('of 502, 503 and 504 are gateway failures too, which a 500 ends', () => {
    const { play, reports } = sceneOf({ consecutive5xx: 100 });
    play('502 503 504 502 500 502 503 504 502');
    expect(reports).toEqual([]);
    play('503');
    expect(reports).toEqual(['consecutive-gateway']);
  });

  test('of gateway failures are reported both ways when both thresholds are reached at once', () => {
    const { play, reports } = sceneOf({});
    play('503 503 503 503 503');
    expect(reports).toEqual(['consecutive-gateway', 'consecutive-5xx']);
  });

  test('on this side count as a 503 answer unless they are split off', () => {
    const { play, reports } = sceneOf({});
    expect(play('x 500 x x x')).toEqual(Array(5).fill(TryVerdict.Failure));
    expect(reports).toEqual(['consecutive-5xx']);
  });

  test('on this side are counted by themselves when split off', () => {
    const { play, reports } = sceneOf({ splitLocalOrigin: true });
    expect(play('x x x x')).toEqual(Array(4).fill(TryVerdict.Uncounted));
    // A 500 is an answer: the connection is fine.
    play('500 x x x x');
    expect(reports).toEqual([]);
    play('x');
    expect(reports).toEqual(['consecutive-local-origin']);
  });

  test('of answers go on over failures on this side that are split off', () => {
    const { play, reports } = sceneOf({ splitLocalOrigin: true });
    play('500 500 x 500 500 x 500');
    expect(reports).toEqual(['consecutive-5xx']);
  });

  test('start anew after a report', () => {
    const { play, reports, clock } = sceneOf({ consecutiveGatewayFailure: 0 });
    play('500 500 500 500 500');
    clock.advance(1000);
    play('500 500 500 500');
    expect(reports.length).toBe(1);
    play('500');
    expect(reports.length).toBe(2);
  });

  test('are reported ten times a second at most, and not forgotten meanwhile', () => {
    const { play, reports, clock } = sceneOf({ consecutiveGatewayFailure: 0 });
    for (let n = 0; n < 100; n++) play('500');
    expect(reports.length).toBe(1);
    clock.advance(100);
    play('500');
    expect(reports.length).toBe(2);
  });

  test('are not reported of an endpoint that is ejected or gone', () => {
    const { play, reports, endpoint } = sceneOf({});
    endpoint.state = { ...endpoint.state, ejected: true };
    play('500 500 500 500 500');
    endpoint.state = { ...endpoint.state, ejected: false };
    endpoint.live = false;
    play('500 500 500 500 500');
    expect(reports).toEqual([]);
  });

  test('are not counted with a threshold of 0', () => {
    const { play, reports } = sceneOf({ consecutive5xx: 0, consecutiveGatewayFailure: 0 });
    play(Array(50).fill('503').join(' '));
    expect(reports).toEqual([]);
  });

  test('are not looked for without outlier detection, but tries are judged', () => {
    const { play, reports } = sceneOf(null);
    expect(play('200 500 x c 0')).toEqual([
      TryVerdict.Success,
      TryVerdict.Failure,
      TryVerdict.Failure,
      TryVerdict.Uncounted,
      TryVerdict.Success,
    ]);
    expect(reports).toEqual([]);
  });
});
