/** One row of the table: what holds before, what is planted, and which answer is right. */
import type { Viewpoint } from '../../../health/observe/viewpoint.ts';
import { both, type Condition } from './condition.ts';
import { answerTo, type Fault, type Listening, type Place, unique } from './oracle.ts';

/** Clocks of one mesh agree, or are up to 2 s apart. */
export type Clocks = 'even' | 'skewed';

export interface Case {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  readonly clocks: Clocks;
  /** Holds before and during the fault. */
  readonly before: Condition;
  /** `null`: nothing is planted, and the windows count as healthy. */
  readonly planted: { readonly condition: Condition; readonly faults: readonly Fault[] } | null;
  /** Windows that are looked at before the fault. */
  readonly healthyWindows: number;
  /** Windows that an answer is waited for. */
  readonly patience: number;
  /** Whether the new version is worse than the old one, and whether its verdict is waited for. */
  readonly release: { readonly isBad: boolean; readonly isAwaited: boolean };
}

/** What is right to say. */
export interface Truth {
  /** Whom it was done to: of several any one may be named first. */
  readonly culprits: readonly Place[];
  /** Who cannot be told apart from what is counted; empty: nobody is to be blamed. */
  readonly answer: readonly Place[];
}

export function truthOf({ before, planted }: Case): Truth {
  if (planted === null) return { culprits: [], answer: [] };
  const listening = listeningIn(both(before, planted.condition));
  return {
    culprits: unique(planted.faults.map(({ place }) => place)),
    answer: unique(planted.faults.flatMap((fault) => answerTo(fault, listening))),
  };
}

/** A killed node says nothing any more. */
export function listeningIn(condition: Condition): Listening {
  const proxies = new Set([...(condition.silentNodes ?? []), ...(condition.killed ?? [])]);
  const applications = new Set(condition.silentApplications ?? []);
  return (node: string, viewpoint: Viewpoint) =>
    !(viewpoint === 'caller' || viewpoint === 'callee' ? applications : proxies).has(node);
}
