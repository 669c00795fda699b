/** The controllers' rules, fed with our answers: a bad release is stopped, a good one goes through, and no data does neither. */
import { describe, expect, test } from 'vitest';
import { argoLimits, argoReading, verdictAnswer } from '../../../../../health/verdict/contracts/argo.ts';
import { FlaggerHook, flaggerAnswer } from '../../../../../health/verdict/contracts/flagger.ts';
import { jsonAnswer } from '../../../../../health/verdict/contracts/hook-answer.ts';
import { kargoReading } from '../../../../../health/verdict/contracts/kargo.ts';
import { judgeRelease } from '../../../../../health/verdict/judge-release.ts';
import type { ReleaseVerdict } from '../../../../../health/verdict/verdict.ts';
import { defaultVerdictSettings } from '../../../../../health/verdict/verdict-settings.ts';
import { acting, bad, good, quiet } from '../release.ts';
import { AnalysisRun, type Answered, rolloutAfter, type WebMetric } from './argo-controller.ts';
import { Canary, type CanarySpec } from './flagger-controller.ts';
import { kargoStep } from './kargo-step.ts';

const verdicts = {
  good: judgeRelease(good, acting),
  bad: judgeRelease(bad, acting),
  quiet: judgeRelease(quiet, acting),
};
/** No node has reported it: no version to compare, no windows. */
const unknown = judgeRelease({ ...quiet, baselineVersion: '', windows: [] }, acting);
/** The plane itself is broken. */
const broken = jsonAnswer(500, { error: 'no' });

describe('Argo Rollouts', () => {
  const safe: WebMetric = { ...argoReading, ...argoLimits(10) };

  function rollout(metric: WebMetric, answers: readonly Answered[]): string {
    const run = new AnalysisRun(metric);
    for (const answer of answers) run.take(answer);
    return rolloutAfter(run.phase);
  }
  const times = (count: number, verdict: ReleaseVerdict): Answered[] =>
    Array.from({ length: count }, () => verdictAnswer(verdict));

  test('promotes a good release, also after a while of not knowing', () => {
    expect(rollout(safe, times(2, verdicts.good))).toBe('promoted');
    expect(rollout(safe, [...times(5, verdicts.quiet), ...times(2, verdicts.good)])).toBe('promoted');
  });

  test('aborts a bad release at once', () => {
    expect(rollout(safe, times(1, verdicts.bad))).toBe('aborted');
    expect(rollout(safe, [...times(3, verdicts.quiet), verdictAnswer(verdicts.bad)])).toBe('aborted');
  });

  test('pauses when nothing is known, and neither promotes nor aborts', () => {
    expect(rollout(safe, times(10, verdicts.quiet))).toBe('paused');
    expect(rollout(safe, times(10, unknown))).toBe('paused');
    expect(rollout(safe, [...times(9, verdicts.quiet), verdictAnswer(verdicts.good)])).toBe('paused');
  });

  test('would promote what nobody knows anything of without `consecutiveSuccessLimit`', () => {
    expect(rollout({ ...safe, consecutiveSuccessLimit: 0 }, times(10, verdicts.quiet))).toBe('promoted');
  });

  test('outlives four answers in a row that fail, and aborts at the fifth', () => {
    const four: Answered[] = [broken, null, broken, null];
    expect(rollout(safe, [...four, ...times(2, verdicts.good)])).toBe('promoted');
    expect(rollout(safe, [...four, broken])).toBe('aborted');
  });

  test('would take a bad release told by its status for an error of ours', () => {
    const answer = { ...verdictAnswer(verdicts.bad), status: 503 };
    expect(rollout(safe, [answer])).toBe('waiting');
    expect(verdictAnswer(verdicts.bad).status).toBe(200);
  });
});

describe('Flagger', () => {
  const spec: CanarySpec = {
    stepWeight: 10,
    maxWeight: 50,
    threshold: 3,
    webhooks: [
      { type: 'rollback', hook: 'rollback' },
      { type: 'rollout', hook: 'check' },
      { type: 'confirm-traffic-increase', hook: 'gate' },
      { type: 'confirm-promotion', hook: 'gate' },
    ],
  };

  function canary(intervals: number, verdict: ReleaseVerdict | null, start = new Canary(spec)): Canary {
    for (let index = 0; index < intervals; index += 1) start.advance((hook) => flaggerAnswer(hook, verdict));
    return start;
  }

  test('promotes a good release step by step', () => {
    expect(canary(5, verdicts.good)).toMatchObject({ phase: 'Progressing', weight: 50 });
    expect(canary(6, verdicts.good)).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
  });

  test('rolls a bad release back at the next interval', () => {
    const started = canary(3, verdicts.good);
    expect(canary(1, verdicts.bad, started)).toMatchObject({ phase: 'Failed', weight: 0 });
  });

  test('rolls a bad release back by failed checks too, where there is no rollback hook', () => {
    const webhooks = spec.webhooks.filter(({ type }) => type !== 'rollback');
    expect(canary(4, verdicts.bad, new Canary({ ...spec, webhooks })).phase).toBe('Failed');
  });

  test.each([
    ['without calls', verdicts.quiet],
    ['that is unknown', null],
  ])('holds a release %s for as long as it takes, and counts nothing against it', (_, verdict) => {
    expect(canary(500, verdict)).toMatchObject({ phase: 'Progressing', weight: 0, failedChecks: 0 });
    expect(canary(6, verdicts.good, canary(500, verdict)).phase).toBe('Succeeded');
  });

  test('waits with the promotion while nothing is known', () => {
    const full = canary(5, verdicts.good);
    expect(canary(100, verdicts.quiet, full)).toMatchObject({ phase: 'WaitingPromotion', failedChecks: 0 });
    expect(canary(1, verdicts.good, full).phase).toBe('Succeeded');
  });

  test('only holds a bad release that is too large a part of the fleet to roll back by itself', () => {
    const capped = judgeRelease({ ...bad, fleet: { nodes: 10, canaryNodes: 9, touched: 0 } }, acting);
    expect(capped).toMatchObject({ verdict: 'fail', action: 'pause' });
    expect(canary(100, capped)).toMatchObject({ phase: 'Progressing', weight: 0, failedChecks: 0 });
  });

  test('is not stopped by a dry run, which says what it would do', () => {
    const dry = judgeRelease(bad, defaultVerdictSettings);
    expect(canary(6, dry).phase).toBe('Succeeded');
    expect(flaggerAnswer('gate', dry).body).toMatch(/^fail \(dry run: would roll back\): v2 fails at least/);
  });

  test('does not roll back or promote while the plane does not answer', () => {
    const lost = new Canary({ ...spec, threshold: 1000 });
    for (let index = 0; index < 100; index += 1) lost.advance(() => (index % 2 === 0 ? null : broken));
    expect(lost).toMatchObject({ phase: 'Progressing', weight: 0 });
  });

  test('gets statuses that it takes for what they mean', () => {
    const statuses = (verdict: ReleaseVerdict | null): number[] =>
      FlaggerHook.map((hook) => flaggerAnswer(hook, verdict).status);
    expect(statuses(verdicts.good)).toEqual([200, 200, 403, 202]);
    expect(statuses(verdicts.quiet)).toEqual([403, 200, 403, 202]);
    expect(statuses(verdicts.bad)).toEqual([403, 403, 200, 202]);
    expect(statuses(null)).toEqual([403, 200, 403, 202]);
  });

  test('gets a body of one bounded line', () => {
    const wordy = { ...verdicts.bad, reasons: [`a\nb\r\n${'c'.repeat(5000)}`] };
    const { body } = flaggerAnswer('check', wordy);
    expect(body).toMatch(/^fail: a b c+\.\.\.$/);
    expect(body.length).toBe(400);
  });
});

describe('Kargo', () => {
  const step = (verdict: ReleaseVerdict): string => kargoStep(kargoReading, verdictAnswer(verdict));

  test('goes on with a good release, ends at a bad one and asks again while nothing is known', () => {
    expect(step(verdicts.good)).toBe('Succeeded');
    expect(step(verdicts.bad)).toBe('Failed');
    expect(step(verdicts.quiet)).toBe('Running');
    expect(step(unknown)).toBe('Running');
  });

  test('asks again while the plane is broken', () => {
    expect(kargoStep(kargoReading, broken)).toBe('Running');
    expect(kargoStep(kargoReading, null)).toBe('Running');
  });

  test('would take every verdict for a success without expressions', () => {
    expect(kargoStep({}, verdictAnswer(verdicts.bad))).toBe('Succeeded');
  });
});
