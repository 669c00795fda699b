import { describe, expect, test } from 'vitest';
import { lastStepEnd } from '../../../../health/verdict/finding.ts';
import { judgeRelease } from '../../../../health/verdict/judge-release.ts';
import { defaultVerdictSettings } from '../../../../health/verdict/verdict-settings.ts';
import { acting, bad, good, inputOf, quiet, suspectOf, windowOf } from './release.ts';

const healthy = { calls: 90, failures: 0 };

describe('the verdict on a release', () => {
  test('fails a bad one, and says by how much and how sure', () => {
    const verdict = judgeRelease(bad, acting);
    expect(verdict).toMatchObject({
      verdict: 'fail',
      action: 'rollback',
      wouldBe: 'rollback',
      dryRun: false,
    });
    expect(verdict.score).toBeLessThan(0.01);
    expect(verdict.reasons[0]).toBe(
      'v2 fails at least 20 times as often as v1: evidence over a million to 1 after 1,080 calls.',
    );
    expect(verdict.reasons[1]).toBe('v2 failed 6.7 % of 1,080 calls; v1 failed 0 % of 3,240 calls.');
    expect(verdict.evidence).toMatchObject({
      canary: { version: 'v2', calls: 1080, failures: 72, nodes: 2 },
      baseline: { version: 'v1', calls: 3240, failures: 0, nodes: 2 },
      strata: 1,
    });
    expect(verdict.asOf).toBe('2026-11-20T09:00:00.000Z');
  });

  test('says no more than it is sure of when the evidence has just become enough', () => {
    const verdict = judgeRelease(
      inputOf(2, { canary: { calls: 30, failures: 2 }, baseline: healthy }),
      acting,
    );
    expect(verdict.evidence.eValue).toBeGreaterThan(20);
    expect(verdict.evidence.eValue).toBeLessThan(1e3);
    const sure = judgeRelease(inputOf(3, { canary: { calls: 30, failures: 2 }, baseline: healthy }), acting);
    expect(sure.verdict).toBe('fail');
    expect(sure.reasons[0]).toMatch(
      /^v2 fails (more often than|at least [\d.]+ times as often as) v1: evidence [\d,]+ to 1 after 90 calls\.$/,
    );
  });

  test('passes a good one at the end of a step', () => {
    const verdict = judgeRelease(good, acting);
    expect(verdict).toMatchObject({ verdict: 'pass', action: 'continue' });
    expect(verdict.score).toBeGreaterThanOrEqual(0.95);
    expect(verdict.evidence.needRequests).toBe(0);
    expect(verdict.reasons[0]).toBe(
      'v2 fails at most 0.18 % of its calls (95 % sure), less than the 1 % allowed.',
    );
  });

  test('does not pass by what only the called application saw, unless that has to do', () => {
    const blind = {
      ...good,
      windows: good.windows.map(({ epoch, strata }) => ({
        epoch,
        strata: strata.map((stratum) => ({ ...stratum, applicationOnly: true })),
      })),
    };
    const verdict = judgeRelease(blind, acting);
    expect(verdict).toMatchObject({ verdict: 'inconclusive', action: 'pause' });
    expect(verdict.evidence.needRequests).toBe(judgeRelease(quiet, acting).evidence.needRequests);
    expect(verdict.reasons.join(' ')).toContain('Only the called applications counted');
    expect(judgeRelease(blind, { ...acting, applicationsSuffice: true })).toEqual(judgeRelease(good, acting));
    const failing = bad.windows.map(({ epoch, strata }) => ({
      epoch,
      strata: strata.map((stratum) => ({ ...stratum, applicationOnly: true })),
    }));
    expect(judgeRelease({ ...bad, windows: failing }, acting).verdict).toBe('fail');
  });

  test('does not pass in the middle of a step, however good it looks', () => {
    const arms = { canary: { calls: 100, failures: 0 }, baseline: healthy };
    const verdict = judgeRelease(inputOf(5, arms), acting);
    expect(verdict).toMatchObject({ verdict: 'inconclusive', action: 'pause' });
    expect(verdict.reasons[0]).toContain('passes at the end of the step');
    expect(judgeRelease(inputOf(6, arms), acting).verdict).toBe('pass');
    expect(judgeRelease(inputOf(5, arms, { stepEnds: [1002] }), acting).verdict).toBe('pass');
  });

  test('keeps a pass until the next step ends, unless it turns bad before', () => {
    const arms = { canary: { calls: 100, failures: 0 }, baseline: healthy };
    const start = inputOf(6, arms);
    const after = (failures: number) => ({
      ...start,
      windows: [...start.windows, windowOf(1006, { canary: { calls: 100, failures }, baseline: healthy })],
      lastEpoch: 1006,
    });
    expect(judgeRelease(after(1), acting).verdict).toBe('pass');
    expect(judgeRelease(after(60), acting).verdict).not.toBe('pass');
  });

  test('knows nothing without calls, and neither passes nor fails it', () => {
    const verdict = judgeRelease(quiet, acting);
    expect(verdict).toMatchObject({ verdict: 'inconclusive', action: 'pause', score: 0.5 });
    expect(verdict.evidence.needRequests).toBe(191);
    expect(verdict.reasons).toEqual(['v2 has had no calls yet: nothing is known of it.']);
  });

  test('does not take back what was proven, whoever asks when', () => {
    const outbreak = inputOf(6, { canary: { calls: 30, failures: 3 }, baseline: healthy });
    const later = Array.from({ length: 600 }, (_, index) =>
      windowOf(1006 + index, { canary: { calls: 30, failures: 0 }, baseline: { calls: 90, failures: 1 } }),
    );
    const input = { ...outbreak, windows: [...outbreak.windows, ...later], lastEpoch: 1605 };
    const verdict = judgeRelease(input, acting);
    expect(verdict.verdict).toBe('fail');
    expect(verdict.evidence.eValue).toBe(judgeRelease(outbreak, acting).evidence.eValue);
    expect(verdict.reasons.join(' ')).toContain('Since then the evidence has become weaker');
    expect(judgeRelease({ ...input, windows: later }, acting).verdict).toBe('pass');
  });

  test('says how many calls are missing', () => {
    const verdict = judgeRelease(
      inputOf(6, { canary: { calls: 10, failures: 0 }, baseline: healthy }),
      acting,
    );
    expect(verdict.verdict).toBe('inconclusive');
    expect(verdict.evidence.needRequests).toBe(131);
    expect(verdict.reasons[0]).toBe(
      'No evidence that v2 is worse than v1, and not enough calls to pass: 131 more calls without failure needed for less than 1 %.',
    );
  });

  test('does not blame a version for what both fail at', () => {
    const verdict = judgeRelease(
      inputOf(36, { canary: { calls: 30, failures: 3 }, baseline: { calls: 90, failures: 9 } }),
      acting,
    );
    expect(verdict).toMatchObject({ verdict: 'inconclusive', action: 'pause' });
    expect(verdict.reasons).toContain(
      'v1 itself fails more than 1 % of its calls: nothing can pass meanwhile.',
    );
  });

  test('does not blame a version that runs on one node', () => {
    const verdict = judgeRelease(
      inputOf(36, { canary: { calls: 30, failures: 2, nodes: 1 }, baseline: healthy }),
      acting,
    );
    expect(verdict).toMatchObject({ verdict: 'inconclusive', action: 'pause' });
    expect(verdict.reasons.join(' ')).toContain(
      'v2 runs on 1 node: the effect of a version cannot be told from a bad node before there are 2.',
    );
  });

  test('blames the node when only one of the version fails', () => {
    const canary = { calls: 30, failures: 2, nodes: 3, byNode: [0, 2, 0] };
    const verdict = judgeRelease(inputOf(36, { canary, baseline: healthy }), acting);
    expect(verdict).toMatchObject({ verdict: 'inconclusive', action: 'pause' });
    expect(verdict.reasons[0]).toBe(
      'cart-v2-1 has 72 failures of the 72 of v2: a bad node explains it, so the version is not blamed.',
    );
  });

  test('blames the version when one node is worst and the others are bad too', () => {
    const canary = { calls: 30, failures: 6, nodes: 3, byNode: [1, 4, 1] };
    expect(judgeRelease(inputOf(36, { canary, baseline: healthy }), acting).verdict).toBe('fail');
  });

  test('compares callers apart', () => {
    const windows = [0, 1, 2, 3, 4, 5].map((index) => ({
      epoch: 1000 + index,
      strata: [
        ...windowOf(0, {
          caller: 'a',
          canary: { calls: 90, failures: 9 },
          baseline: { calls: 10, failures: 1 },
        }).strata,
        ...windowOf(0, {
          caller: 'b',
          canary: { calls: 10, failures: 0 },
          baseline: { calls: 90, failures: 0 },
        }).strata,
      ],
    }));
    const verdict = judgeRelease(inputOf(6, { canary: healthy, baseline: healthy }, { windows }), acting);
    expect(verdict.evidence.strata).toBe(2);
    expect(verdict.verdict).toBe('inconclusive');
  });

  test('does not compare versions that have no caller in common', () => {
    const windows = [0, 1, 2].map((index) => ({
      epoch: 1000 + index,
      strata: [
        ...windowOf(0, {
          caller: 'a',
          canary: { calls: 90, failures: 90 },
          baseline: { calls: 0, failures: 0 },
        }).strata,
        ...windowOf(0, {
          caller: 'b',
          canary: { calls: 0, failures: 0 },
          baseline: { calls: 90, failures: 0 },
        }).strata,
      ],
    }));
    const verdict = judgeRelease(inputOf(3, { canary: healthy, baseline: healthy }, { windows }), acting);
    expect(verdict).toMatchObject({ verdict: 'inconclusive', action: 'pause' });
    expect(verdict.reasons).toContain('No caller has called both v2 and v1: they cannot be compared.');
  });

  test('leaves other versions and the time before the canary out of its sums', () => {
    const before = Array.from({ length: 20 }, (_, index) =>
      windowOf(980 + index, { canary: { calls: 0, failures: 0 }, baseline: { calls: 90, failures: 1 } }),
    );
    const v3 = {
      callerService: 'shop',
      calleeService: 'cart',
      version: 'v3',
      calls: 900,
      failures: 900,
      nodes: [],
    };
    const windows = [
      ...before,
      ...good.windows.map((window) => ({ ...window, strata: [...window.strata, v3] })),
    ];
    const verdict = judgeRelease({ ...good, windows }, acting);
    expect(verdict.verdict).toBe('pass');
    expect(verdict.evidence.baseline).toMatchObject({ calls: 3240, failures: 0 });
  });
});

describe('a release without a baseline', () => {
  const input = { ...good, baselineVersion: '' };

  test('passes by its own calls and never fails by comparison', () => {
    expect(judgeRelease(input, acting).verdict).toBe('pass');
    const alone = judgeRelease({ ...bad, baselineVersion: '' }, acting);
    expect(alone.verdict).toBe('inconclusive');
    expect(alone.reasons[0]).toContain('No evidence that v2 is worse than the baseline');
    expect(alone.reasons).toContain('v2 failed 6.7 % of 1,080 calls; the baseline had no calls.');
  });
});

describe('the action on a verdict', () => {
  test('is never more than to continue in a dry run, which is the default', () => {
    const verdict = judgeRelease(bad, defaultVerdictSettings);
    expect(verdict).toMatchObject({ verdict: 'fail', action: 'continue', wouldBe: 'rollback', dryRun: true });
    expect(verdict.reasons.at(-1)).toBe('Dry run: it would roll back, and does not.');
  });

  test('is only a pause where a rollback would touch too much of the fleet', () => {
    const most = judgeRelease({ ...bad, fleet: { nodes: 10, canaryNodes: 6, touched: 0 } }, acting);
    expect(most).toMatchObject({ verdict: 'fail', action: 'pause' });
    expect(most.reasons).toContain(
      "A rollback would bring automatic actions to 60 % of the service's nodes; 50 % are allowed without a person: it only pauses.",
    );
    expect(judgeRelease({ ...bad, fleet: { nodes: 10, canaryNodes: 2, touched: 4 } }, acting).action).toBe(
      'pause',
    );
    expect(judgeRelease({ ...bad, fleet: { nodes: 10, canaryNodes: 2, touched: 3 } }, acting).action).toBe(
      'rollback',
    );
    expect(judgeRelease({ ...bad, fleet: { nodes: 0, canaryNodes: 0, touched: 0 } }, acting).action).toBe(
      'pause',
    );
  });

  test('is a pause for a release that passes while one of its nodes is under suspicion', () => {
    const verdict = judgeRelease({ ...good, suspects: [suspectOf('v1'), suspectOf('v2')] }, acting);
    expect(verdict).toMatchObject({ verdict: 'pass', action: 'pause' });
    expect(verdict.suspects.map(({ version }) => version)).toEqual(['v2', 'v1']);
    expect(verdict.reasons).toContain('The inbound upstream module of cart-v2-0 breaks 5 % of its calls.');
    expect(judgeRelease({ ...good, suspects: [suspectOf('v1')] }, acting).action).toBe('continue');
  });

  test('does not concern suspects of another service', () => {
    const stranger = { ...suspectOf('v2'), service: 'payments' };
    expect(judgeRelease({ ...good, suspects: [stranger] }, acting)).toMatchObject({
      action: 'continue',
      suspects: [],
    });
  });
});

describe('the end of a step', () => {
  test('comes each so many epochs after the first call, calls or not', () => {
    const at = (lastEpoch: number): number | null => lastStepEnd({ ...good, lastEpoch }, 1000, 6);
    expect([at(1004), at(1005), at(1010), at(1011)]).toEqual([null, 1005, 1005, 1011]);
    expect(lastStepEnd(good, -1, 6)).toBeNull();
  });

  test('is the last that the pipeline names', () => {
    const at = (stepEnds: readonly number[]): number | null =>
      lastStepEnd({ ...good, lastEpoch: 1020, stepEnds }, 1000, 6);
    expect([at([1003, 1019, 1030]), at([900]), at([])]).toEqual([1019, null, null]);
  });
});
