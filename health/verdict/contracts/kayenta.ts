/**
 * Kayenta's remote judge: `POST /judge` with what it has collected, and a score comes back. It compares the score with two
 * thresholds: below `marginal` the canary fails at once, below `pass` it is not promoted in the end. What is not known is
 * put between the two, so that it neither ends the analysis nor passes it.
 *
 * Two ways to judge: by the mesh's own counts when the configuration names a release
 * (`judge.judgeConfigurations.release`), else by the counts in the request: series named `calls` and `failures`, each
 * value a window. Other series (latency, memory) are reported as not judged and do not touch the score.
 */
import type { ReleaseVerdict, Verdict } from '../verdict.ts';
import type { JudgeRequest, MetricSetPair } from './judge-request.ts';

/** As Kayenta writes them, per series and for the whole. */
export type MetricClassification = 'Pass' | 'High' | 'Nodata';
export type SummaryClassification = 'Pass' | 'Marginal' | 'Fail';

export interface MetricResult {
  readonly name: string;
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly classification: MetricClassification;
  readonly classificationReason: string;
  readonly groups: readonly string[];
  readonly experimentMetadata: Readonly<Record<string, unknown>>;
  readonly controlMetadata: Readonly<Record<string, unknown>>;
  readonly resultMetadata: Readonly<Record<string, unknown>>;
  readonly critical: boolean;
  readonly muted: boolean;
}

export interface JudgeResult {
  readonly judgeName: string;
  readonly results: readonly MetricResult[];
  readonly groupScores: readonly {
    readonly name: string;
    readonly score: number;
    readonly classification: string;
    readonly classificationReason: string;
  }[];
  readonly score: {
    readonly score: number;
    readonly classification: SummaryClassification;
    readonly classificationReason: string;
  };
}

const judgeName = 'meshlock-v1';

/** The answer to a request by a verdict, whichever way that was found. */
export function judgeAnswer(request: JudgeRequest, verdict: ReleaseVerdict): JudgeResult {
  const reason = verdict.reasons.join(' ');
  const score = scoreFor(verdict.verdict, request.scoreThresholds);
  const results = request.metricSetPairList.map((pair) => metricResult(pair, { request, verdict }));
  const groups = [...new Set(results.filter(isJudged).flatMap((result) => result.groups))];
  return {
    judgeName,
    results,
    groupScores: groups.map((name) => ({
      name,
      score,
      classification: summaryOf[verdict.verdict],
      classificationReason: reason,
    })),
    score: { score, classification: summaryOf[verdict.verdict], classificationReason: reason },
  };
}

const summaryOf: Readonly<Record<Verdict, SummaryClassification>> = {
  pass: 'Pass',
  fail: 'Fail',
  inconclusive: 'Marginal',
};

/** 0 to 100. Equal thresholds leave nothing between them: then what is not known ends the analysis, lest it pass. */
function scoreFor(verdict: Verdict, { pass, marginal }: JudgeRequest['scoreThresholds']): number {
  if (verdict === 'pass') return 100;
  if (verdict === 'fail') return 0;
  return marginal < pass ? (marginal + pass) / 2 : Math.max(0, marginal - 1);
}

function isJudged(result: MetricResult): boolean {
  return result.classification !== 'Nodata';
}

function metricResult(
  pair: MetricSetPair,
  { request, verdict }: { readonly request: JudgeRequest; readonly verdict: ReleaseVerdict },
): MetricResult {
  const { canary, baseline } = verdict.evidence;
  const isCount = pair.name === 'calls' || pair.name === 'failures';
  const known = isCount && canary.calls > 0;
  return {
    name: pair.name,
    id: pair.id,
    tags: pair.tags,
    classification: known
      ? verdict.verdict === 'fail' && pair.name === 'failures'
        ? 'High'
        : 'Pass'
      : 'Nodata',
    classificationReason: known ? (verdict.reasons[0] ?? '') : noReason(isCount),
    groups: request.canaryConfig.metrics.find(({ name }) => name === pair.name)?.groups ?? [],
    experimentMetadata: { calls: canary.calls, failures: canary.failures },
    controlMetadata: { calls: baseline.calls, failures: baseline.failures },
    resultMetadata: { eValue: verdict.evidence.eValue, needRequests: verdict.evidence.needRequests },
    critical: false,
    muted: false,
  };
}

function noReason(isCount: boolean): string {
  return isCount ? 'There were no calls.' : 'Neither `calls` nor `failures`: this judge does not weigh it.';
}
