/** Medians over rounds, and ratios between two proxies taken round by round, so that a slow minute hits both sides. */
import type { PeerName } from '../peers/peer.ts';
import type { ScenarioName } from '../scenarios.ts';
import type { Cell, Metric, Results } from './results.ts';

export interface Summary {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly count: number;
}

/** `null` of nothing. The median of an even count is the mean of the two in the middle. */
export function summarize(values: readonly number[]): Summary | null {
  const sorted = [...values].sort((a, b) => a - b);
  const lowest = sorted[0];
  const highest = sorted.at(-1);
  if (lowest === undefined || highest === undefined) return null;
  const upper = sorted[Math.floor(sorted.length / 2)] as number;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] as number;
  return { median: (lower + upper) / 2, lowest, highest, count: sorted.length };
}

export function cellsOf(results: Results, scenario: ScenarioName, peer: PeerName): Cell[] {
  return results.cells.filter((cell) => cell.scenario === scenario && cell.peer === peer);
}

/** Why a proxy has no figures in a scenario: the first failure of any round, or why it is not here. */
export function problemOf(results: Results, scenario: ScenarioName, peer: PeerName): string | null {
  for (const { outcome, round } of cellsOf(results, scenario, peer)) {
    if (outcome.status === 'failed') return `FAILED in round ${round}: ${outcome.reason}`;
    if (outcome.status === 'unavailable') return outcome.reason;
  }
  return null;
}

/** Value per round. Empty when any round of the proxy failed: the rounds left over would flatter it. */
function valuesOf(
  results: Results,
  scenario: ScenarioName,
  peer: PeerName,
  metric: Metric,
): Map<number, number> {
  const values = new Map<number, number>();
  if (problemOf(results, scenario, peer) !== null) return values;
  for (const { outcome, round } of cellsOf(results, scenario, peer)) {
    const value = outcome.status === 'measured' ? outcome.figures[metric] : undefined;
    if (value !== undefined) values.set(round, value);
  }
  return values;
}

export interface Reading {
  readonly scenario: ScenarioName;
  readonly peer: PeerName;
  readonly metric: Metric;
}

export function reading(results: Results, { scenario, peer, metric }: Reading): Summary | null {
  return summarize([...valuesOf(results, scenario, peer, metric).values()]);
}

/** `peer / other`, pairwise per round. */
export function ratio(
  results: Results,
  { scenario, peer, metric }: Reading,
  other: PeerName,
): Summary | null {
  const divisors = valuesOf(results, scenario, other, metric);
  const quotients: number[] = [];
  for (const [round, value] of valuesOf(results, scenario, peer, metric)) {
    const divisor = divisors.get(round);
    if (divisor !== undefined && divisor > 0) quotients.push(value / divisor);
  }
  return summarize(quotients);
}
