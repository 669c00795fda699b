/**
 * How much failures come in bursts. Those that come one by one scatter around their expectation as much as they are many;
 * those that come in bursts scatter more, and prove so much less. Rows without failures add nothing to either sum, so
 * they need not be known.
 */
import type { Candidate, PieceTable } from './piece-table.ts';
import type { Segment } from './segments.ts';

interface Scatter {
  scatter: number;
  count: number;
}

/** Failures that count as seen before: singly for the fleet, as in the fleet for one segment. A few do not make a burst. */
const prior = 20;

export class Bursts {
  readonly #table: PieceTable;
  readonly #all: Scatter = { scatter: 0, count: 0 };
  readonly #groups = new Map<number, Scatter>();
  /** What each piece adds. */
  readonly #own: Float64Array;

  /** `fitted`: share of its calls that each piece is expected to lose. */
  constructor(table: PieceTable, fitted: Float64Array) {
    this.#table = table;
    this.#own = Float64Array.from(table.pieces, ({ segment, calls }, index) => {
      return segment.excess * (segment.excess - calls * (fitted[index] ?? 0));
    });
    for (const [index, { segment }] of table.pieces.entries()) {
      const group = this.#groups.get(groupOf(segment)) ?? { scatter: 0, count: 0 };
      this.#groups.set(groupOf(segment), group);
      for (const sum of [group, this.#all]) {
        sum.scatter += this.#own[index] ?? 0;
        sum.count += segment.excess;
      }
    }
  }

  /**
   * Scatter of the fleet's failures over their number, at least 1: by what a candidate's gain is to be divided. Measured on
   * the failures of others, because a fault looks like one long burst.
   */
  dispersion(candidate: Candidate): number {
    const own: Scatter = { scatter: 0, count: 0 };
    const groups = new Map<number, Scatter>();
    for (const index of candidate.pieces) {
      const segment = this.#table.pieces[index]?.segment;
      if (segment === undefined) continue;
      const group = groups.get(groupOf(segment)) ?? { scatter: 0, count: 0 };
      groups.set(groupOf(segment), group);
      for (const sum of [group, own]) {
        sum.scatter += this.#own[index] ?? 0;
        sum.count += segment.excess;
      }
    }
    const fleet = ratio(this.#all, own, 1);
    let weighted = 0;
    for (const [key, group] of groups) {
      weighted += ratio(this.#groups.get(key) ?? group, group, fleet) * group.count;
    }
    return Math.max(1, weighted / Math.max(1, own.count));
  }
}

function ratio(all: Scatter, without: Scatter, expected: number): number {
  const scatter = all.scatter - without.scatter + prior * expected;
  return Math.max(1, scatter / (all.count - without.count + prior));
}

/** Whether the viewpoint calls them its own makes no difference to how they come. */
function groupOf({ from, to }: Segment): number {
  return from * 8 + to;
}
