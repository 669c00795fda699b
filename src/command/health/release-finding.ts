/**
 * What an aggregator's verdict on a release comes to. Pure; the part of the answer that is needed is read here with
 * suspicion, because another process made it, perhaps of another version.
 */
import { isObject, numberOf, objectOf, objectsOf, textOf } from '../admin/json.ts';
import type { Outcome } from './outcome.ts';

export interface ReleaseFinding {
  readonly outcome: Outcome;
  /** Sentences, the most important first; none of them is that of a suspect. */
  readonly reasons: readonly string[];
  /** A sentence for each part under suspicion. */
  readonly suspects: readonly string[];
  /** Without a failure, for a pass; `null`: not said. */
  readonly needCalls: number | null;
}

/** More is no text for people; `--json` has all of it. */
const maxReasons = 20;
const maxSuspects = 10;

/** `null`: not the verdict of an aggregator. */
export function releaseFindingOf(answer: unknown): ReleaseFinding | null {
  if (!isObject(answer) || !isObject(answer['evidence']) || !isObject(answer['release'])) return null;
  const outcome = outcomeOf(answer['verdict']);
  if (outcome === null) return null;
  const suspects = objectsOf(answer['suspects'])
    .map(({ sentence }) => textOf(sentence))
    .filter((sentence) => sentence !== '');
  const reasons = textsOf(answer['reasons']).filter((reason) => !suspects.includes(reason));
  const needCalls = numberOf(objectOf(answer['evidence'])['needRequests']);
  return {
    outcome,
    reasons,
    suspects,
    needCalls: Number.isFinite(needCalls) && needCalls >= 0 ? Math.ceil(needCalls) : null,
  };
}

export function releaseText({ outcome, reasons, suspects, needCalls }: ReleaseFinding): string {
  const [first, ...others] = reasons;
  const lines = [
    ...others.slice(0, maxReasons),
    ...suspects.slice(0, maxSuspects).map((sentence) => `suspect: ${sentence}`),
  ];
  if (suspects.length > maxSuspects) lines.push(`and ${suspects.length - maxSuspects} more suspects`);
  // Calls do not mend what has failed, and a pass has had enough of them.
  if (outcome === 'inconclusive' && needCalls !== null)
    lines.push(`calls still needed for a pass: ${needCalls}`);
  const head = first === undefined ? outcome : `${outcome}: ${first}`;
  return `${[head, ...lines.map((line) => `  ${line}`)].join('\n')}\n`;
}

function outcomeOf(word: unknown): Outcome | null {
  return word === 'pass' || word === 'fail' || word === 'inconclusive' ? word : null;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(textOf).filter((text) => text !== '') : [];
}
