/** A run in Markdown: one row for each case, and the sums over all of them. */
import type { Suspect } from '../../../health/infer/evidence.ts';
import type { Case, Truth } from './case.ts';
import { isSame, type Place, placeText } from './oracle.ts';
import type { RunResults } from './results.ts';
import { scoreOf, type TrialScore } from './score.ts';
import type { Reading, Trial } from './trial.ts';

interface Row {
  readonly entry: RunResults['cases'][number];
  readonly trials: readonly Trial[];
  readonly scores: readonly TrialScore[];
}

const head = [
  '| case | right answer | first word | right | innocents | right after | new version |',
  '|---|---|---|---:|---:|---:|---|',
];

export function renderMarkdown(results: RunResults): string {
  const rows = rowsOf(results);
  const lines = [...head, ...rows.map(line), '', ...sums(rows)];
  for (const { name, reason } of results.broken) lines.push(`- NOT RUN: ${name}: ${reason}`);
  return lines.join('\n');
}

function rowsOf({ cases, trials }: RunResults): readonly Row[] {
  return cases.map((entry): Row => {
    const own = trials.filter(({ name }) => name === entry.case.name);
    return {
      entry,
      trials: own,
      scores: own.map((trial) => scoreOf(trial, entry.case, entry.truth)),
    };
  });
}

function line({ entry, trials, scores }: Row): string {
  const isHealthy = entry.case.planted === null;
  const cells = [
    entry.case.title,
    answerText(entry.truth),
    wordsOf(trials.map((trial) => firstWord(isHealthy ? trial.healthy : trial.watched))),
    isHealthy ? '' : of(scores, ({ right }) => right),
    isHealthy
      ? windows(scores, 'healthyBlamed', 'healthyWindows')
      : windows(scores, 'innocentWindows', 'watchedWindows'),
    secondsText(scores.map(({ rightAfterSeconds }) => rightAfterSeconds)),
    verdictText(entry.case, trials),
  ];
  return `| ${cells.join(' | ')} |`;
}

function sums(rows: readonly Row[]): readonly string[] {
  const scores = rows.flatMap((row) => row.scores);
  const seen = rows.filter(({ entry }) => entry.truth.answer.length > 0).flatMap((row) => row.scores);
  const windowCount = sum(scores, ({ healthyWindows }) => healthyWindows);
  const blamed = sum(scores, ({ healthyBlamed }) => healthyBlamed);
  const good = rows.filter(({ entry }) => !entry.case.release.isBad).flatMap((row) => row.scores);
  const bad = rows.filter(({ entry }) => entry.case.release.isBad);
  const found = bad.flatMap((row) => row.trials).filter(({ verdict }) => verdict.verdict === 'fail');
  const watched = sum(scores, ({ watchedWindows }) => watchedWindows);
  const hidden = rows.filter(({ entry }) => isHidden(entry.truth)).flatMap((row) => row.scores);
  const others = hidden.filter(({ firstWord: word }) => word !== null && !word.covered);
  return [
    `- Faults that can be seen: right ${of(seen, ({ right }) => right)}; node ${of(seen, ({ firstWord: word }) => word?.node)}; ` +
      `module ${of(seen, ({ firstWord: word }) => word?.module)}; covered ${of(seen, ({ firstWord: word }) => word?.covered)}; ` +
      `time to the right answer ${secondsText(seen.map(({ rightAfterSeconds }) => rightAfterSeconds))}`,
    `- Not to be known from what is counted: ${hidden.length} of all; somebody else is named for ${others.length} of them`,
    `- Windows with a fault in which somebody innocent is blamed: ${sum(scores, (one) => one.innocentWindows)} of ${watched}`,
    `- Healthy windows blamed: ${blamed} of ${windowCount} (${perThousand(blamed, windowCount)} per 1,000` +
      `${blamed === 0 ? `; with 95 % certainty below ${perThousand(3, windowCount)}` : ''})`,
    `- Good releases called bad: ${sum(good, ({ falseAlarm }) => (falseAlarm ? 1 : 0))} of ${good.length}; ` +
      `bad ones found: ${found.length} of ${bad.flatMap((row) => row.trials).length}, after ` +
      secondsText(found.map(({ verdictSeconds }) => verdictSeconds)),
  ];
}

/** Says so where what was planted is not what can be known. */
function answerText({ culprits, answer }: Truth): string {
  const told = answer.length === 0 ? 'nobody' : answer.map(placeText).join(' or ');
  const hidden = culprits.filter((culprit) => !isAmong(culprit, answer));
  return hidden.length === 0 ? told : `${told} (planted: ${hidden.map(placeText).join(', ')})`;
}

/** What was planted is not among those that can be known. */
function isHidden({ culprits, answer }: Truth): boolean {
  return culprits.some((culprit) => !isAmong(culprit, answer));
}

function isAmong(culprit: Place, places: readonly Place[]): boolean {
  return places.some((place) => isSame(place, culprit));
}

function suspectText({ node, kind, link, ambiguity }: Suspect): string {
  if (link !== undefined) return `${link.caller} to ${link.callee}`;
  const others = ambiguity.filter((other) => other.node !== node || other.kind !== kind);
  const doubt = others.length === 0 ? '' : ` (or ${others.map((other) => placeText(other)).join(', ')})`;
  return `${placeText({ node, kind })}${doubt}`;
}

/** Of the first window in which anybody is blamed. */
function firstWord(readings: readonly Reading[]): string {
  const said = readings.find(({ suspects }) => suspects.length > 0)?.suspects ?? [];
  return said.length === 0 ? 'nobody' : said.map(suspectText).join('; ');
}

function wordsOf(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .map(([word, count]) => (count === words.length ? word : `${count}× ${word}`))
    .join(' / ');
}

function windows(
  scores: readonly TrialScore[],
  part: 'healthyBlamed' | 'innocentWindows',
  whole: 'healthyWindows' | 'watchedWindows',
): string {
  return `${sum(scores, (score) => score[part])} of ${sum(scores, (score) => score[whole])}`;
}

/** Where nobody waits for it there is only something to be said when it came by itself. */
function verdictText({ release }: Case, trials: readonly Trial[]): string {
  const words = trials.map(({ verdict }) => verdict.verdict);
  return wordsOf(release.isAwaited ? words : words.filter((word) => word !== 'inconclusive'));
}

function of(scores: readonly TrialScore[], test: (score: TrialScore) => boolean | undefined): string {
  return `${scores.filter((score) => test(score) === true).length} of ${scores.length}`;
}

/** The median, and the range where there are several. */
function secondsText(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  const middle = known[Math.floor((known.length - 1) / 2)];
  const [least, most] = [known[0], known.at(-1)];
  if (middle === undefined || least === undefined || most === undefined) return '';
  const range = known.length === 1 ? '' : ` (${least.toFixed(0)} to ${most.toFixed(0)})`;
  return `${middle.toFixed(0)} s${range}`;
}

function perThousand(count: number, all: number): string {
  return ((count / Math.max(1, all)) * 1000).toFixed(1);
}

function sum<T>(list: readonly T[], count: (one: T) => number): number {
  return list.reduce((total, one) => total + count(one), 0);
}
