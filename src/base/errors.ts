/** The one error shape of the control thread: a code for machines, and for people what is wrong, where, and what to do. */

/** One thing that is wrong with an input. Problems are collected and reported together. */
export interface Problem {
  /** Where, as a path into the input: `listeners[0].routes[2].cluster`. Empty means the input as a whole. */
  readonly path: string;
  /** What was expected there. */
  readonly expected: string;
  /** What was found, never a secret. */
  readonly got: string;
  /** What to do about it, such as the nearest valid name. */
  readonly hint?: string;
}

export type ErrorCode =
  | 'CONFIG_INVALID'
  | 'CONFIG_UNREADABLE'
  | 'USAGE'
  | 'ADDRESS_IN_USE'
  | 'ADDRESS_UNAVAILABLE'
  | 'THREAD_FAILED'
  | 'ADMIN_UNPROTECTED'
  | 'MODULE_INVALID';

export class MeshlockError extends Error {
  override readonly name = 'MeshlockError';
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, message: string, problems: readonly Problem[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.problems = problems;
  }
}

/** One problem on one line: `path: expected X, got Y (hint)`. */
export function formatProblem(problem: Problem): string {
  const where = problem.path === '' ? '' : `${problem.path}: `;
  const hint = problem.hint === undefined ? '' : ` (${problem.hint})`;
  return `${where}expected ${problem.expected}, got ${problem.got}${hint}`;
}
