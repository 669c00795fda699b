/** What can go wrong when an engine is asked for history: which of it, and in words what to do. Never holds a secret. */

export const HistoryProblem = [
  /** The address is none, or is not the engine's. */
  'address',
  /** Nobody answers there, or not in time. */
  'unreachable',
  'timeout',
  /** The engine wants a token, or does not take this one. */
  'denied',
  /** It does not take the query, or could not work it out. */
  'query',
  /** It is overloaded or broken; asking later may help. */
  'busy',
  /** More came than may be kept. */
  'too_large',
  /** What came is no answer of a PromQL engine. */
  'malformed',
] as const;
export type HistoryProblem = (typeof HistoryProblem)[number];

export class HistoryError extends Error {
  override readonly name: string = 'HistoryError';
  readonly problem: HistoryProblem;

  constructor(problem: HistoryProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}
