/** What the answers of a trial are worth, given what is right. Pure: a saved run is scored again by it. */
import type { Suspect } from '../../../health/infer/evidence.ts';
import type { Case, Truth } from './case.ts';
import { isSame, type Place } from './oracle.ts';
import type { Trial } from './trial.ts';

export interface Judgement {
  readonly blamed: boolean;
  /** The first suspect is right: it is one of those that cannot be told apart; nobody, where there is nothing to be seen. */
  readonly right: boolean;
  /** The first suspect is on the node where it was planted; it is the module; the module is among those that it is told with. */
  readonly node: boolean;
  readonly module: boolean;
  readonly covered: boolean;
  /** Suspects that could not have done it. */
  readonly innocents: readonly string[];
}

export interface TrialScore {
  readonly healthyWindows: number;
  readonly healthyBlamed: number;
  /** Of the first window in which anybody is blamed, by which one would act; `null`: nobody ever was. */
  readonly firstWord: Judgement | null;
  /** The first word is right; or nobody was blamed, and nobody was to be. */
  readonly right: boolean;
  /** From the fault to the first window whose answer is right, seconds; `null`: none was. */
  readonly rightAfterSeconds: number | null;
  readonly watchedWindows: number;
  readonly innocentWindows: number;
  /** The verdict calls a new version bad that is not; or a bad one good. */
  readonly falseAlarm: boolean;
  readonly falsePass: boolean;
}

export function judge(suspects: readonly Suspect[], { culprits, answer }: Truth): Judgement {
  const innocents = suspects
    .filter((suspect) => !isIn(named(suspect), [...answer, ...culprits]))
    .map(({ sentence }) => sentence);
  const [first] = suspects;
  if (first === undefined) {
    const right = answer.length === 0;
    return { blamed: false, right, node: false, module: false, covered: false, innocents };
  }
  const place = named(first);
  return {
    blamed: true,
    right: isIn(place, answer),
    node: culprits.some(({ node, callee }) => node === place.node && callee === place.callee),
    module: isIn(place, culprits),
    covered: told(first).some((one) => isIn(one, culprits)),
    innocents,
  };
}

export function scoreOf(trial: Trial, one: Case, truth: Truth): TrialScore {
  const judgements = trial.watched.map(({ suspects }) => judge(suspects, truth));
  const firstWord = judgements.find(({ blamed }) => blamed) ?? null;
  const isNobody = truth.answer.length === 0;
  const rightAt = trial.watched.find((_, index) => judgements[index]?.blamed && judgements[index].right)?.at;
  const { verdict } = trial.verdict;
  return {
    healthyWindows: trial.healthy.length,
    healthyBlamed: trial.healthy.filter(({ suspects }) => suspects.length > 0).length,
    firstWord,
    right: isNobody ? firstWord === null : (firstWord?.right ?? false),
    rightAfterSeconds:
      rightAt === undefined || trial.plantedAt === null ? null : (rightAt - trial.plantedAt) / 1000,
    watchedWindows: trial.watched.length,
    innocentWindows: judgements.filter(({ innocents }) => innocents.length > 0).length,
    falseAlarm: verdict === 'fail' && !one.release.isBad,
    falsePass: verdict === 'pass' && one.release.isBad,
  };
}

/** Whom a suspect names. */
function named({ node, kind, link }: Suspect): Place {
  return link === undefined ? { node, kind } : { node: link.caller, kind: 'link', callee: link.callee };
}

/** Whom it names, and whom it says it cannot be told from. */
function told(suspect: Suspect): readonly Place[] {
  return [named(suspect), ...suspect.ambiguity.map(({ node, kind }) => ({ node, kind }))];
}

function isIn(place: Place, places: readonly Place[]): boolean {
  return places.some((other) => isSame(place, other));
}
