/** Argo Rollouts' rules for a `web` metric in a step of a rollout, as its documentation and sources give them. */
import type { HookAnswer } from '../../../../../health/verdict/contracts/hook-answer.ts';
import { evaluate, jsonPath } from './expression.ts';

export interface WebMetric {
  readonly jsonPath: string;
  readonly successCondition: string;
  readonly failureCondition: string;
  readonly count: number;
  readonly failureLimit: number;
  readonly inconclusiveLimit: number;
  /** 0: does not matter. */
  readonly consecutiveSuccessLimit: number;
}

export type Phase = 'Successful' | 'Failed' | 'Error' | 'Inconclusive' | 'Running';

/** null: no answer in 10 s. */
export type Answered = HookAnswer | null;

const consecutiveErrorLimit = 4;

function measure(metric: WebMetric, answer: Answered): Phase {
  if (answer === null || answer.status < 200 || answer.status >= 300) return 'Error';
  try {
    const result = jsonPath(metric.jsonPath, JSON.parse(answer.body));
    if (evaluate(metric.failureCondition, { result }) === true) return 'Failed';
    return evaluate(metric.successCondition, { result }) === true ? 'Successful' : 'Inconclusive';
  } catch {
    return 'Error';
  }
}

export class AnalysisRun {
  readonly #metric: WebMetric;
  readonly #counts = { Successful: 0, Failed: 0, Error: 0, Inconclusive: 0, Running: 0 };
  #inARow = 0;
  #errorsInARow = 0;
  phase: Phase = 'Running';

  constructor(metric: WebMetric) {
    this.#metric = metric;
  }

  take(answer: Answered): Phase {
    if (this.phase !== 'Running') return this.phase;
    const measured = measure(this.#metric, answer);
    this.#counts[measured] += 1;
    this.#inARow = measured === 'Successful' ? this.#inARow + 1 : 0;
    this.#errorsInARow = measured === 'Error' ? this.#errorsInARow + 1 : 0;
    this.phase = this.#assess();
    return this.phase;
  }

  #assess(): Phase {
    const { failureLimit, inconclusiveLimit, consecutiveSuccessLimit, count } = this.#metric;
    if (this.#counts.Failed > failureLimit) return 'Failed';
    if (this.#counts.Inconclusive > inconclusiveLimit) return 'Inconclusive';
    if (this.#errorsInARow > consecutiveErrorLimit) return 'Error';
    if (consecutiveSuccessLimit > 0 && this.#inARow >= consecutiveSuccessLimit) return 'Successful';
    // Errors do not use up the count.
    const done = this.#counts.Successful + this.#counts.Failed + this.#counts.Inconclusive;
    if (done < count) return 'Running';
    return consecutiveSuccessLimit > 0 ? 'Inconclusive' : 'Successful';
  }
}

/** What becomes of the rollout when a step's analysis ends so. */
export function rolloutAfter(phase: Phase): 'promoted' | 'paused' | 'aborted' | 'waiting' {
  if (phase === 'Successful') return 'promoted';
  if (phase === 'Inconclusive') return 'paused';
  return phase === 'Running' ? 'waiting' : 'aborted';
}
