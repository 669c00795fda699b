/**
 * What a counter grew by between the points of a range query. The engines' own `increase()` extrapolates to the edges of
 * its window and answers 4.8 for five calls; a verdict counts calls, so they are subtracted here. Pure.
 */
import type { Series } from './query-answer.ts';

export interface Growth {
  /** Unix milliseconds: the end of the step in which it grew. */
  readonly atMs: number;
  readonly by: number;
}

/** Whether a series that has no earlier point begins at zero there: its node was asked before and had none. */
export type BeginsAtZero = (previousMs: number) => boolean;

/**
 * Steps in which it grew, ascending. A fall is a restart: it counts from zero again. The first point is where counting
 * starts, unless `beginsAtZero`. After a gap the growth belongs to the step in which the counter is back.
 */
export function growthOf(series: Series, stepMs: number, beginsAtZero: BeginsAtZero): readonly Growth[] {
  const growth: Growth[] = [];
  let last: number | null = null;
  for (const [atMs, value] of series.points) {
    if (!Number.isFinite(value) || value < 0) continue;
    let by = 0;
    if (last === null) by = beginsAtZero(atMs - stepMs) ? value : 0;
    else by = value >= last ? value - last : value;
    last = value;
    if (by > 0) growth.push({ atMs, by });
  }
  return growth;
}
