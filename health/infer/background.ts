/**
 * What is lost everywhere without anybody to blame, by segment, and how much it comes in bursts. Both are measured on the
 * fleet itself: a rate that one fleet would call a fault is another one's ordinary day.
 */
import type { Evidence, ModuleKind } from './evidence.ts';
import { Bursts } from './bursts.ts';
import type { PieceTable } from './piece-table.ts';
import type { Segment } from './segments.ts';

export interface Background {
  /** Share of calls that a piece loses anyway, by index of the piece. */
  readonly rates: Float64Array;
  readonly bursts: Bursts;
}

/**
 * Three calls in ten thousand are lost anywhere: connections end, processes restart. Less is not believed: a module shows
 * on several segments, and at 1e-4 each, five stray failures that met by chance blamed 2 of 900 healthy windows.
 */
const lowestRate = 3e-4;
const highestRate = 0.5;
const splitRounds = 4;

/** Whose calls pass each of the six segments. */
const passers: readonly ModuleKind[] = [
  'outbound_downstream',
  'outbound_downstream',
  'outbound_upstream',
  'inbound_downstream',
  'inbound_upstream',
  'application',
];

/** Who may lose calls in each of the six segments. */
const losers: readonly (readonly ModuleKind[])[] = [
  ['outbound_downstream'],
  ['outbound_downstream', 'outbound_upstream'],
  ['outbound_upstream', 'inbound_downstream'],
  ['inbound_downstream', 'inbound_upstream'],
  ['inbound_upstream', 'application'],
  ['application'],
];

/**
 * Before anybody is blamed. In a small fleet a culprit's failures are many of all, and two culprits' may be half: so what
 * is lost everywhere is the rate of the middle module, and bursts are looked for within a module, not between modules.
 */
export function firstBackground(evidence: Evidence, table: PieceTable): Background {
  const base = middleRates(evidence, table);
  const rates = Float64Array.from(table.pieces, ({ segment }) =>
    Math.min(highestRate, rateOf(segment, base)),
  );
  const own = Float64Array.from(table.pieces, ({ candidates }, index) =>
    candidates.reduce((most, candidate) => {
      const { excess, calls, kind } = table.candidates[candidate]!;
      return kind === 'link' ? most : Math.max(most, excess / calls);
    }, rates[index] ?? 0),
  );
  return { rates, bursts: new Bursts(table, own) };
}

/** `excess`: failures of each piece that nobody is blamed for; `fitted`: the share of its calls that is expected to fail. */
export function measureBackground(
  evidence: Evidence,
  table: PieceTable,
  excess: Float64Array,
  fitted: Float64Array,
): Background {
  return { rates: measureRates(evidence, table, excess), bursts: new Bursts(table, fitted) };
}

/**
 * By part: the rate of the module in the middle, of all modules of a kind that calls pass there, healthy ones included. Of
 * the two kinds that may lose calls in a segment the quieter one counts: with two callers, what one called node loses is
 * lost to both of them, and would be an ordinary day of callers.
 */
function middleRates(evidence: Evidence, table: PieceTable): Float64Array {
  const modules = new Map<string, number>();
  for (const key of evidence.calls.keys()) {
    const kind = key.slice(key.lastIndexOf('\n') + 1);
    modules.set(kind, (modules.get(kind) ?? 0) + 1);
  }
  const failures = losers.flatMap((kinds) => [lossesOf(kinds), lossesOf(kinds)]);
  for (const { segment, candidates } of table.pieces) {
    for (let at = segment.from; at < segment.to; at++) {
      for (const candidate of candidates) {
        const among = failures[baseOf(at, segment)]?.get(table.candidates[candidate]!.kind);
        among?.set(candidate, (among.get(candidate) ?? 0) + segment.excess);
      }
    }
  }
  return Float64Array.from(failures, (kinds) => {
    let lowest = highestRate;
    for (const [kind, among] of kinds) {
      const rates = [...among].map(([candidate, count]) => count / table.candidates[candidate]!.calls);
      const all = Math.max(rates.length, modules.get(kind) ?? 0);
      if (all > 0) lowest = Math.min(lowest, middleOf(rates, all));
    }
    return Math.max(lowestRate, lowest);
  });
}

function lossesOf(kinds: readonly ModuleKind[]): Map<string, Map<number, number>> {
  return new Map(kinds.map((kind) => [kind, new Map<number, number>()]));
}

/** Of `all` rates, those that are not given being 0. */
function middleOf(rates: readonly number[], all: number): number {
  const middle = Math.floor((all - 1) / 2) - (all - rates.length);
  return middle < 0 ? 0 : (rates.toSorted((a, b) => a - b)[middle] ?? 0);
}

/** Own failures and those of others are told apart by the viewpoint, so they have rates of their own. */
function baseOf(at: number, segment: Segment): number {
  return at * 2 + (segment.local ? 1 : 0);
}

function measureRates(evidence: Evidence, table: PieceTable, excess: Float64Array): Float64Array {
  const passed = passersCalls(evidence, table);
  let base = new Float64Array(passed.length).fill(lowestRate);
  // A joined segment's failures belong to its parts in the proportion of their rates, which are what is looked for.
  for (let round = 0; round < splitRounds; round++) {
    const failures = new Float64Array(passed.length);
    for (const [index, { segment }] of table.pieces.entries()) {
      const whole = rateOf(segment, base);
      for (let at = segment.from; at < segment.to; at++) {
        const part = baseOf(at, segment);
        failures[part] = (failures[part] ?? 0) + ((excess[index] ?? 0) * (base[part] ?? 0)) / whole;
      }
    }
    base = failures.map((count, part) =>
      Math.min(highestRate, Math.max(lowestRate, count / Math.max(1, passed[part] ?? 0))),
    );
  }
  return Float64Array.from(table.pieces, ({ segment }) => Math.min(highestRate, rateOf(segment, base)));
}

function rateOf(segment: Segment, base: Float64Array): number {
  let rate = 0;
  for (let at = segment.from; at < segment.to; at++) rate += base[baseOf(at, segment)] ?? 0;
  return rate;
}

function passersCalls(evidence: Evidence, table: PieceTable): Float64Array {
  const byKind = new Map<string, number>();
  for (const [key, calls] of evidence.calls) {
    const kind = key.slice(key.lastIndexOf('\n') + 1);
    byKind.set(kind, (byKind.get(kind) ?? 0) + calls);
  }
  // Where totals are missing, the failing rows' calls are better than nothing.
  const ofRows = new Map(table.pieces.map(({ row, calls }) => [row, calls]));
  const least = ofRows.values().reduce((sum, calls) => sum + calls, 0);
  return Float64Array.from({ length: passers.length * 2 }, (_, part) =>
    Math.max(least, byKind.get(passers[part >> 1] ?? 'application') ?? 0),
  );
}
