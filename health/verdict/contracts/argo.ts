/**
 * Argo Rollouts, `web` metric: it gets a URL, takes one value out of the JSON and asks two conditions about it.
 *
 * What it does with an answer (argo-rollouts, `webmetric.go` and `analysis.go`):
 * - a status outside 200-299, no answer in 10 s, or no such path in the JSON is an Error; more than 4 of them in a row end
 *   the metric as Error, and the rollout is aborted. So a bad release is told with status 200;
 * - `failureCondition` true is Failed, else `successCondition` true is Successful, both false is Inconclusive;
 * - more than `failureLimit` (0) Failed: aborted. More than `inconclusiveLimit` (0) Inconclusive: paused;
 * - otherwise the metric is *Successful* once `count` measurements are done, even if all of them were inconclusive and the
 *   limit was as large as the count. Then "nothing known" promotes. `consecutiveSuccessLimit` closes that hole: without so
 *   many passes in a row, the metric ends Inconclusive after `count`, and the rollout pauses;
 * - an analysis in the background ends Successful when it is terminated, so only a step of its own keeps the pause.
 */
import type { ReleaseVerdict } from '../verdict.ts';
import { type HookAnswer, jsonAnswer } from './hook-answer.ts';

/** What a template says to read the answer; `examples/release/argo-rollouts.yaml` does. */
export const argoReading = {
  jsonPath: '{$.verdict}',
  successCondition: 'result == "pass"',
  failureCondition: 'result == "fail"',
} as const;

/** Limits of a metric under which nothing known ends in a pause; `looks` is how often it asks before that. */
export function argoLimits(looks: number): {
  readonly count: number;
  readonly failureLimit: number;
  readonly inconclusiveLimit: number;
  readonly consecutiveSuccessLimit: number;
} {
  return { count: looks, failureLimit: 0, inconclusiveLimit: looks, consecutiveSuccessLimit: 2 };
}

/** For `GET /v1/releases/{release}/verdict`: always 200, whatever the verdict. Dry run or not: who asks decides. */
export function verdictAnswer(verdict: ReleaseVerdict): HookAnswer {
  return jsonAnswer(200, verdict);
}
