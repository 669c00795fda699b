/**
 * Kargo, promotion step `http`: it repeats a request until one of two expressions over the response is true. It reads the
 * same answer as Argo (`verdictAnswer`), and a stage's verification is Argo's AnalysisTemplate as it is.
 *
 * What it does with an answer:
 * - `failureExpression` true ends the step for good, also when the other one is true as well;
 * - else `successExpression` true ends it well; everything else, an error of ours included, is asked again after
 *   `pollInterval` (30 s, at least 10 s), until `retry.timeout` is over;
 * - with neither expression, any 2xx is a success: then every verdict would be, so both must be given.
 */

/** Expressions for the step; they stand in it without `${{ }}`, which would be evaluated before there is a response. */
export const kargoReading = {
  successExpression: "response.status == 200 && response.body.verdict == 'pass'",
  failureExpression: "response.status == 200 && response.body.verdict == 'fail'",
  errorExpression: 'response.body.reasons[0]',
} as const;
