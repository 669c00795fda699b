/**
 * The segments of all rows as flat arrays, and who may have caused which: what the likelihood is computed over. Holds
 * nothing for a row without failures, so its size goes by what fails, not by the fleet.
 */
import { type EdgeRow, type Evidence, moduleKey } from './evidence.ts';
import { type CauseKind, ofCallee, type Segment, segmentsOf } from './segments.ts';

/** Who may be to blame. */
export interface Candidate {
  readonly node: string;
  readonly kind: CauseKind;
  /** Only for a link: the called node; empty text otherwise. */
  readonly callee: string;
  /** Calls that went through it. At least the failures that it may have caused. */
  calls: number;
  /** Sum of the excess of its pieces. */
  excess: number;
  /** Indices into the table's pieces. */
  readonly pieces: number[];
}

/** One segment of one row. */
export interface Piece {
  /** Index into the evidence's rows. */
  readonly row: number;
  readonly segment: Segment;
  readonly calls: number;
  /** How many of the row's failures come together within an epoch, beyond chance; about 1 when they come singly. */
  readonly burst: number;
  /** Indices into the table's candidates, in the order of `segment.causes`. */
  readonly candidates: readonly number[];
  /** Of these, the one that the viewpoint's word speaks for; -1: none. */
  readonly likely: number;
}

export interface PieceTable {
  readonly pieces: readonly Piece[];
  readonly candidates: readonly Candidate[];
  /** How many could have been blamed, whether anything speaks against them or not. */
  readonly choices: number;
}

export function pieceTable(evidence: Evidence, skewTolerance: number): PieceTable {
  const pieces: Piece[] = [];
  const candidates: Candidate[] = [];
  const indexOf = new Map<string, number>();
  const edges = new Set<string>();
  const rows = evidence.rows;
  const epochs = evidence.to - evidence.from + 1;
  const order = rows.map((_, index) => index).sort((a, b) => compareRows(evidence, a, b));
  for (const index of order) {
    const row = rows[index];
    if (row === undefined) continue;
    edges.add(`${row.caller}\n${row.callee}`);
    // Several kinds of a row's segments may name the same module: its calls count once.
    const named = new Set<number>();
    for (const segment of segmentsOf(row, skewTolerance)) {
      const among = segment.causes.map((kind) => {
        const key = keyOf(row.caller, row.callee, kind);
        let at = indexOf.get(key);
        if (at === undefined) {
          at = candidates.length;
          indexOf.set(key, at);
          const node = ofCallee(kind) ? row.callee : row.caller;
          candidates.push({
            node,
            kind,
            callee: kind === 'link' ? row.callee : '',
            calls: 0,
            excess: 0,
            pieces: [],
          });
        }
        const candidate = candidates[at];
        if (candidate !== undefined) {
          candidate.excess += segment.excess;
          candidate.pieces.push(pieces.length);
          if (!named.has(at)) candidate.calls += row.calls;
        }
        named.add(at);
        return at;
      });
      const likely = segment.likely === null ? -1 : (among[segment.causes.indexOf(segment.likely)] ?? -1);
      const burst = burstOf(row, segment.from, epochs);
      pieces.push({ row: index, segment, calls: row.calls, burst, candidates: among, likely });
    }
  }
  for (const candidate of candidates) {
    const known =
      candidate.kind === 'link' ? 0 : (evidence.calls.get(moduleKey(candidate.node, candidate.kind)) ?? 0);
    candidate.calls = Math.max(candidate.calls, candidate.excess, known);
  }
  return { pieces, candidates, choices: Math.max(1, evidence.calls.size + edges.size) };
}

function burstOf({ failures, squares }: EdgeRow, viewpoint: number, epochs: number): number {
  const count = failures[viewpoint] ?? 0;
  const square = squares[viewpoint] ?? 0;
  if (epochs < 2 || count <= 0) return 1;
  // Variance over mean of the epochs, of which one degree of freedom went into the mean.
  return ((square - count ** 2 / epochs) / count) * (epochs / (epochs - 1));
}

function keyOf(caller: string, callee: string, kind: CauseKind): string {
  if (kind === 'link') return `${caller}\n${callee}\nlink`;
  return moduleKey(ofCallee(kind) ? callee : caller, kind);
}

/** Sums of fractions depend on their order, so the order must not depend on how the evidence came together. */
function compareRows({ rows }: Evidence, a: number, b: number): number {
  const one = rows[a];
  const other = rows[b];
  if (one === undefined || other === undefined) return 0;
  if (one.caller !== other.caller) return one.caller < other.caller ? -1 : 1;
  if (one.callee !== other.callee) return one.callee < other.callee ? -1 : 1;
  const byFailures = one.failures.join();
  const others = other.failures.join();
  return byFailures < others ? -1 : byFailures > others ? 1 : one.calls - other.calls;
}
