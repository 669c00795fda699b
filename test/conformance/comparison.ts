/** One message as two parsers judge it: llhttp, and ours. */
import type { AnsweredMethod, Verdict } from './reading.ts';

export interface Comparison {
  readonly name: string;
  readonly bytes: string;
  /** Of the request, where this is an answer. */
  readonly method: AnsweredMethod;
  readonly llhttp: Verdict;
  readonly ours: Verdict;
  /** Why we differ; `null` where we do not. */
  readonly why: string | null;
}

interface Difference {
  readonly llhttp: Verdict;
  readonly ours: Verdict;
  readonly why: string;
}

type Agreed = (name: string, bytes: string, method?: AnsweredMethod) => Comparison;

function agreed(verdict: Verdict): Agreed {
  return (name, bytes, method = 'GET') => ({
    name,
    bytes,
    method,
    llhttp: verdict,
    ours: verdict,
    why: null,
  });
}

/** Both read it, and read the same. */
export const accepted: Agreed = agreed('accepts');
export const refused: Agreed = agreed('refuses');
/** Both wait for more. */
export const waiting: Agreed = agreed('waits');

export function differing(name: string, bytes: string, difference: Difference): Comparison {
  return { name, bytes, method: 'GET', ...difference };
}
