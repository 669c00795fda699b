/** The manifests in examples/release/, read as a controller reads them and run against our answers. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { argoLimits, argoReading, verdictAnswer } from '../../../../../health/verdict/contracts/argo.ts';
import {
  FlaggerHook,
  flaggerAnswer,
  flaggerRelease,
  parseFlaggerCall,
} from '../../../../../health/verdict/contracts/flagger.ts';
import { judgeRelated, parseJudgeRequest } from '../../../../../health/verdict/contracts/judge-request.ts';
import { kargoReading } from '../../../../../health/verdict/contracts/kargo.ts';
import { judgeAnswer } from '../../../../../health/verdict/contracts/kayenta.ts';
import { judgeRelease } from '../../../../../health/verdict/judge-release.ts';
import type { ReleaseVerdict } from '../../../../../health/verdict/verdict.ts';
import { acting, bad, good, quiet } from '../release.ts';
import { AnalysisRun, rolloutAfter, type WebMetric } from './argo-controller.ts';
import { evaluate, jsonPath } from './expression.ts';
import { Canary, type HookType } from './flagger-controller.ts';
import { kargoStep } from './kargo-step.ts';

const verdicts = {
  good: judgeRelease(good, acting),
  bad: judgeRelease(bad, acting),
  quiet: judgeRelease(quiet, acting),
};

/** The documents of a manifest, as loose as YAML is. */
function documentsOf(name: string): readonly unknown[] {
  const text = readFileSync(new URL(`../../../../../examples/release/${name}`, import.meta.url), 'utf8');
  return parseAllDocuments(text, { merge: true }).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as unknown;
  });
}

function at(document: unknown, path: string): unknown {
  return jsonPath(`{$${path}}`, document);
}

/** `http://host:port/path`: the aggregator's name and its default port. */
function pathOf(url: unknown): string {
  const { host, pathname } = new URL(String(url));
  expect(host).toBe('meshlock-aggregate.mesh:9921');
  return pathname;
}

describe('examples/release/argo-rollouts.yaml', () => {
  const [template, rollout] = documentsOf('argo-rollouts.yaml');
  const metric = at(template, '.spec.metrics[0]');
  const web = at(metric, '.provider.web') as { url: string; jsonPath: string };

  test('asks for the verdict with the arguments that the rollout gives', () => {
    const args = at(template, '.spec.args') as { name: string }[];
    const given = at(rollout, '.spec.strategy.canary.steps[1].analysis.args') as { name: string }[];
    const used = [...web.url.matchAll(/\{\{args\.(\w+)\}\}/g)].map(([, name]) => name);
    expect(used).toEqual(['release', 'service']);
    expect(given.map(({ name }) => name)).toEqual(used);
    expect(args.map(({ name }) => name)).toEqual([...used, 'token']);
    expect(pathOf(web.url.replaceAll(/\{\{args\.(\w+)\}\}/g, '$1'))).toBe('/v1/releases/release/verdict');
    expect(at(rollout, '.spec.strategy.canary.steps[1].analysis.templates[0].templateName')).toBe(
      at(template, '.metadata.name'),
    );
    const labels = at(rollout, '.metadata.labels') as Record<string, string>;
    expect(labels['release']).toBe('2026-11-20.3');
  });

  test('reads it as the contract says, with the safe limits', () => {
    const { successCondition, failureCondition, count } = metric as Omit<WebMetric, 'jsonPath'>;
    expect({ jsonPath: web.jsonPath, successCondition, failureCondition }).toEqual(argoReading);
    expect(metric).toMatchObject(argoLimits(count));
  });

  test.each([
    ['promotes a good release', verdicts.good, 'promoted'],
    ['aborts a bad one', verdicts.bad, 'aborted'],
    ['pauses when nothing is known', verdicts.quiet, 'paused'],
  ])('%s', (_, verdict, end) => {
    const run = new AnalysisRun({ ...(metric as WebMetric), jsonPath: web.jsonPath });
    for (let look = 0; look < (metric as WebMetric).count; look += 1) run.take(verdictAnswer(verdict));
    expect(rolloutAfter(run.phase)).toBe(end);
  });

  test('has the analysis as a step, not beside the steps, and enough pods to tell a version from a node', () => {
    expect(at(rollout, '.spec.strategy.canary')).not.toHaveProperty('analysis');
    const steps = at(rollout, '.spec.strategy.canary.steps') as { setWeight?: number }[];
    const first = steps.find(({ setWeight }) => setWeight !== undefined)?.setWeight ?? 0;
    const pods = (Number(at(rollout, '.spec.replicas')) * first) / 100;
    expect(pods).toBeGreaterThanOrEqual(acting.minNodesPerArm);
  });
});

describe('examples/release/flagger.yaml', () => {
  const [document] = documentsOf('flagger.yaml');
  const analysis = at(document, '.spec.analysis') as {
    stepWeight: number;
    maxWeight: number;
    threshold: number;
  };
  const webhooks = (
    at(document, '.spec.analysis.webhooks') as { type: HookType; url: string; metadata: object }[]
  ).map(({ type, url, metadata }) => ({
    type,
    metadata,
    path: pathOf(url),
    hook: url.slice(url.lastIndexOf('/') + 1) as FlaggerHook,
  }));

  test('calls each hook where its polarity fits', () => {
    expect(webhooks.map(({ type, path }) => [type, path])).toEqual([
      ['rollback', '/hooks/flagger/rollback'],
      ['rollout', '/hooks/flagger/check'],
      ['confirm-traffic-increase', '/hooks/flagger/gate'],
      ['confirm-promotion', '/hooks/flagger/gate'],
      ['event', '/hooks/flagger/event'],
    ]);
    expect(webhooks.every(({ hook }) => FlaggerHook.includes(hook))).toBe(true);
  });

  test('tells with each call which release it is about', () => {
    for (const { metadata } of webhooks) {
      const call = parseFlaggerCall({
        name: 'cart',
        namespace: 'shop',
        phase: 'Progressing',
        checksum: 'c',
        metadata,
      });
      expect(call === null ? null : flaggerRelease(call)).toEqual({
        release: '2026-11-20.3',
        service: 'cart',
      });
    }
  });

  test.each([
    ['promotes a good release', verdicts.good, 'Succeeded'],
    ['rolls a bad one back', verdicts.bad, 'Failed'],
    ['holds one that nobody knows anything of', verdicts.quiet, 'Progressing'],
  ])('%s', (_, verdict: ReleaseVerdict, phase) => {
    const canary = new Canary({ ...analysis, webhooks });
    for (let interval = 0; interval < 100; interval += 1)
      canary.advance((hook) => flaggerAnswer(hook, verdict));
    expect(canary.phase).toBe(phase);
  });
});

describe('examples/release/kargo.yaml', () => {
  const [stage] = documentsOf('kargo.yaml');
  const config = at(stage, '.spec.promotionTemplate.spec.steps[1].config') as {
    url: string;
    successExpression: string;
    failureExpression: string;
    errorExpression: string;
    outputs: { fromExpression: string }[];
  };

  test('asks for the verdict and reads it as the contract says', () => {
    expect(pathOf(config.url.replace(/\$\{\{.*?\}\}/, '1.4.2'))).toBe('/v1/releases/1.4.2/verdict');
    expect(config).toMatchObject(kargoReading);
    expect(at(stage, '.spec.promotionTemplate.spec.steps[1].uses')).toBe('http');
  });

  test('goes on with a good release, ends at a bad one and asks again while nothing is known', () => {
    const steps = [verdicts.good, verdicts.bad, verdicts.quiet].map((verdict) =>
      kargoStep(config, verdictAnswer(verdict)),
    );
    expect(steps).toEqual(['Succeeded', 'Failed', 'Running']);
  });

  test('finds its outputs and its error in the answer', () => {
    const { status, body } = verdictAnswer(verdicts.bad);
    const response = { status, body: JSON.parse(body) as unknown };
    const found = [config.errorExpression, ...config.outputs.map(({ fromExpression }) => fromExpression)].map(
      (expression) => evaluate(expression, { response }),
    );
    expect(found).toEqual([verdicts.bad.reasons[0], verdicts.bad.reasons[0], verdicts.bad.score]);
  });

  test("verifies with Argo's template and its arguments", () => {
    const [template] = documentsOf('argo-rollouts.yaml');
    expect(at(stage, '.spec.verification.analysisTemplates[0].name')).toBe(at(template, '.metadata.name'));
    const args = at(stage, '.spec.verification.args') as { name: string }[];
    expect(args.map(({ name }) => name)).toEqual(['release', 'service']);
  });
});

describe('examples/release/kayenta.yaml', () => {
  const [settings, canaryConfig] = documentsOf('kayenta.yaml');

  test('sends its judgements to the aggregator', () => {
    const remote = (
      at(settings, '.kayenta') as Record<string, { enabled: boolean; endpoint: { baseUrl: string } }>
    )['remote-judge'];
    expect(remote?.enabled).toBe(true);
    expect(pathOf(remote?.endpoint.baseUrl)).toBe('/');
  });

  test('asks Prometheus for the metrics that the recording rules read', () => {
    const metrics = at(canaryConfig, '.metrics') as {
      name: string;
      query: { customInlineTemplate: string };
    }[];
    const rules = readFileSync(new URL('../../../../../alerts/recording.yaml', import.meta.url), 'utf8');
    expect(metrics).toHaveLength(2);
    for (const { query } of metrics) {
      const [name] = /meshlock_\w+/.exec(query.customInlineTemplate) ?? [''];
      expect(name).not.toBe('');
      expect(rules).toContain(name);
    }
  });

  test('is understood by the judge, and leaves room between its thresholds', () => {
    const scoreThresholds = at(canaryConfig, '.classifier.scoreThresholds');
    const request = parseJudgeRequest({ canaryConfig, scoreThresholds, metricSetPairList: [] });
    if (request === null) throw new Error('it is a request');
    expect(judgeRelated(request)).toEqual({ release: '2026-11-20.3', service: 'cart' });
    expect(request.canaryConfig.metrics).toEqual([
      { name: 'calls', groups: ['mesh'] },
      { name: 'failures', groups: ['mesh'] },
    ]);
    const { pass, marginal } = request.scoreThresholds;
    const scores = [verdicts.good, verdicts.quiet, verdicts.bad].map(
      (verdict) => judgeAnswer(request, verdict).score.score,
    );
    expect(scores[0]).toBeGreaterThanOrEqual(pass);
    expect(scores[1]).toBeLessThan(pass);
    expect(scores[1]).toBeGreaterThanOrEqual(marginal);
    expect(scores[2]).toBeLessThan(marginal);
  });
});
