/** What the data threads' answers to a new configuration come to: accepted, or an error that says why not. */
import { MeshlockError, type Problem } from '../base/index.ts';
import type { ListenerFailure } from '../data/index.ts';
import type { ApplyOutcome } from './apply-round.ts';
import { addressError } from './port-reservation.ts';
import { describeExit } from './thread-exit.ts';

/**
 * `null` when accepted. A thread that is merely late or stuck does not stand in the way, unless it is the `first`
 * configuration: without it the process does not serve.
 */
export function refusalOf(outcome: ApplyOutcome, first: boolean): MeshlockError | null {
  if (outcome.failures.length > 0) return failuresError(outcome.failures);
  if (outcome.died.length > 0) {
    return threadsError(outcome.died.map(({ thread, exit }) => [thread, describeExit(exit)]));
  }
  if (first && outcome.unanswered.length > 0) {
    return threadsError(outcome.unanswered.map((thread) => [thread, 'did not answer in time']));
  }
  return null;
}

function failuresError(failures: readonly ListenerFailure[]): MeshlockError {
  const errors = failures.map(failureError);
  const [first] = errors;
  if (errors.length === 1) return first!;
  return new MeshlockError(
    first!.code,
    `${errors.length} listeners cannot be opened`,
    errors.flatMap(({ problems }) => problems),
  );
}

function failureError({ listener, address, code, message }: ListenerFailure): MeshlockError {
  const owner = `listener ${listener}`;
  // An errno name is about the socket; anything else came from making the filters ready.
  if (/^E[A-Z0-9]+$/.test(code)) return addressError(owner, address, { code, message });
  const problem: Problem = { path: owner, expected: 'filters that can be loaded', got: message };
  return new MeshlockError('MODULE_INVALID', `${owner}: ${message}`, [problem]);
}

function threadsError(reasons: readonly (readonly [number, string])[]): MeshlockError {
  const problems = reasons.map(([thread, reason]) => ({
    path: `data thread ${thread}`,
    expected: 'to apply the configuration',
    got: reason,
  }));
  const [first] = reasons;
  return new MeshlockError(
    'THREAD_FAILED',
    `data thread ${first![0]} ${first![1]} while applying it`,
    problems,
  );
}
