/** Kargo's rules for one answer to its `http` step. */
import type { HookAnswer } from '../../../../../health/verdict/contracts/hook-answer.ts';
import { evaluate } from './expression.ts';

export interface HttpStep {
  readonly successExpression?: string;
  readonly failureExpression?: string;
}

export function kargoStep(step: HttpStep, answer: HookAnswer | null): 'Succeeded' | 'Failed' | 'Running' {
  if (answer === null) return 'Running';
  const body = answer.contentType === 'application/json' ? JSON.parse(answer.body) : answer.body;
  const holds = (expression: string | undefined): boolean =>
    expression !== undefined && evaluate(expression, { response: { status: answer.status, body } }) === true;
  if (holds(step.failureExpression)) return 'Failed';
  if (holds(step.successExpression)) return 'Succeeded';
  if (step.successExpression === undefined && step.failureExpression === undefined) {
    return answer.status >= 200 && answer.status < 300 ? 'Succeeded' : 'Running';
  }
  return 'Running';
}
