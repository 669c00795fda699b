import { describe, expect, test } from 'vitest';
import {
  type JudgeRequest,
  judgeRelated,
  parseJudgeRequest,
  releaseInputOf,
  windowsOf,
} from '../../../../../health/verdict/contracts/judge-request.ts';
import { judgeAnswer, type JudgeResult } from '../../../../../health/verdict/contracts/kayenta.ts';
import { judgeRelease } from '../../../../../health/verdict/judge-release.ts';
import { acting, bad, good, quiet } from '../release.ts';

const minutes = 60;

function pair(
  name: string,
  values: { control: readonly unknown[]; experiment: readonly unknown[] },
  tags = {},
): object {
  const scope = {
    startTimeIso: '2026-11-20T09:00:00Z',
    startTimeMillis: Date.UTC(2026, 10, 20, 9),
    stepMillis: 60_000,
  };
  return {
    name,
    id: `${name}-1`,
    tags,
    values,
    scopes: { control: scope, experiment: scope },
    attributes: {},
  };
}

const each = (value: unknown): unknown[] => Array.from({ length: minutes }, () => value);

function requestOf(
  failures: number,
  more: { judge?: object; pairs?: object[]; calls?: number } = {},
): unknown {
  return {
    canaryConfig: {
      name: 'cart',
      configVersion: '1',
      judge: more.judge ?? { name: 'meshlock-v1', judgeConfigurations: {} },
      metrics: [
        { name: 'calls', groups: ['mesh'] },
        { name: 'failures', groups: ['mesh'] },
        { name: 'latency', groups: ['feel'] },
      ],
    },
    scoreThresholds: { pass: 95, marginal: 75 },
    metricSetPairList: more.pairs ?? [
      pair('calls', { control: each(100), experiment: each(more.calls ?? 20) }),
      pair('failures', { control: each(0), experiment: each(failures) }),
      pair('latency', { control: each(7), experiment: each(7000) }),
    ],
  };
}

function parsed(input: unknown): JudgeRequest {
  const request = parseJudgeRequest(input);
  if (request === null) throw new Error('it is a request');
  return request;
}

function judged(input: unknown): JudgeResult {
  const request = parsed(input);
  return judgeAnswer(request, judgeRelease(releaseInputOf(request, 0), acting));
}

/** What the pipeline does with scores: one below marginal ends it, the last must reach pass. */
function pipeline(results: readonly JudgeResult[], { pass, marginal } = { pass: 95, marginal: 75 }): string {
  for (const { score } of results) if (score.score < marginal) return 'stopped';
  return (results.at(-1)?.score.score ?? 0) >= pass ? 'passed' : 'not passed';
}

describe('the judge for Kayenta', () => {
  test('stops a bad canary and passes a good one by the counts of the request', () => {
    expect(judged(requestOf(1))).toMatchObject({ score: { score: 0, classification: 'Fail' } });
    expect(pipeline([judged(requestOf(1))])).toBe('stopped');
    expect(judged(requestOf(0))).toMatchObject({
      judgeName: 'meshlock-v1',
      score: { score: 100, classification: 'Pass' },
      groupScores: [{ name: 'mesh', score: 100, classification: 'Pass' }],
    });
    expect(pipeline([judged(requestOf(0))])).toBe('passed');
  });

  test('neither ends nor passes what it does not know', () => {
    const nothing = judged(requestOf(0, { pairs: [] }));
    expect(nothing.score).toMatchObject({ score: 85, classification: 'Marginal' });
    expect(pipeline([nothing])).toBe('not passed');
    expect(pipeline([nothing, judged(requestOf(0))])).toBe('passed');
    const strict = parsed({
      ...(requestOf(0, { pairs: [] }) as object),
      scoreThresholds: { pass: 90, marginal: 90 },
    });
    const unknown = judgeAnswer(strict, judgeRelease(quiet, acting));
    expect(pipeline([unknown], strict.scoreThresholds)).toBe('stopped');
    const gaps = requestOf(0, {
      pairs: [
        pair('calls', { control: each('NaN'), experiment: each('NaN') }),
        pair('failures', { control: [], experiment: [] }),
      ],
    });
    expect(judged(gaps).score.classification).toBe('Marginal');
  });

  test('names each series, and does not pretend to have weighed what it has not', () => {
    const { results } = judged(requestOf(1));
    expect(results.map(({ name, classification }) => [name, classification])).toEqual([
      ['calls', 'Pass'],
      ['failures', 'High'],
      ['latency', 'Nodata'],
    ]);
    expect(results[2]?.classificationReason).toContain('does not weigh');
    expect(results[1]?.experimentMetadata).toEqual({ calls: 1200, failures: 60 });
  });

  test('answers by the mesh where the configuration names a release', () => {
    const judge = { name: 'meshlock-v1', judgeConfigurations: { release: '2026-11-20.3', service: 'cart' } };
    const request = parsed(requestOf(0, { judge, pairs: [] }));
    expect(judgeRelated(request)).toEqual({ release: '2026-11-20.3', service: 'cart' });
    expect(judgeRelated(parsed(requestOf(0)))).toBeNull();
    const scores = [good, quiet, bad].map((input) => judgeAnswer(request, judgeRelease(input, acting)).score);
    expect(scores.map(({ score, classification }) => [score, classification])).toEqual([
      [100, 'Pass'],
      [85, 'Marginal'],
      [0, 'Fail'],
    ]);
    expect(scores[2]?.classificationReason).toContain('v2 fails at least');
  });

  test('judges callers apart when the series say who called', () => {
    const pairs = ['a', 'b'].flatMap((caller) => [
      pair('calls', { control: each(10), experiment: each(10) }, { caller, service: 'cart' }),
      pair('failures', { control: each(0), experiment: each(0) }, { caller, service: 'cart' }),
    ]);
    const windows = windowsOf(parsed(requestOf(0, { pairs })));
    expect(windows).toHaveLength(minutes);
    expect(new Set(windows[0]?.strata.map(({ callerService }) => callerService))).toEqual(
      new Set(['a', 'b']),
    );
  });

  test('writes what JSON can hold', () => {
    const text = JSON.stringify(judged(requestOf(20)));
    expect(text).not.toContain('null');
    expect(JSON.parse(text)).toEqual(judged(requestOf(20)));
  });

  test('refuses what is no request, and too much', () => {
    const whole = requestOf(0) as Record<string, unknown>;
    for (const input of [null, [], 'x', {}, { ...whole, scoreThresholds: { pass: 50, marginal: 75 } }]) {
      expect(parseJudgeRequest(input)).toBeNull();
    }
    expect(
      parseJudgeRequest({
        ...whole,
        metricSetPairList: Array.from({ length: 1001 }, () => pair('a', { control: [], experiment: [] })),
      }),
    ).toBeNull();
    const long = Array.from({ length: 10_081 }, () => 1);
    expect(
      parseJudgeRequest({ ...whole, metricSetPairList: [pair('calls', { control: long, experiment: [] })] }),
    ).toBeNull();
    expect(parseJudgeRequest({ ...whole, metricSetPairList: [{ name: 'calls' }] })).toBeNull();
  });
});
