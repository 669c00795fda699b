/**
 * The smallest set of causes that explains what failed. A call passes a piece of its way when neither the background nor
 * any cause on it breaks it: P(ok) = (1 - rate) * product(1 - theta). The cause that gains most in likelihood is taken,
 * then the next one beside it, until none gains enough. Calls that went well enter only by their number.
 */
import type { Background } from './background.ts';
import type { Candidate, Piece, PieceTable } from './piece-table.ts';
import { isCalleeSilent, ofCallee } from './segments.ts';

export interface FitSettings {
  /** Gain in nats that is asked for. */
  readonly threshold: number;
  readonly minTheta: number;
  /** Failures that a cause must explain. */
  readonly minExcess: number;
  /** Candidates that explain the same within so many nats are told together. */
  readonly ambiguityNats: number;
  readonly maxCauses: number;
}

export interface Cause {
  /** Index into the table's candidates. */
  readonly candidate: number;
  theta: number;
  gain: number;
  /** Failures that it explains, a fraction of each piece's. */
  explained: number;
  /** With the gain that each had when this one was chosen, this one among them, the best first. */
  readonly alternatives: readonly { readonly candidate: number; readonly gain: number }[];
}

interface Estimate {
  readonly theta: number;
  readonly gain: number;
  readonly explained: number;
}

/** How much a candidate's own failures come together. */
interface OwnScatter {
  /** How unevenly they lie on its edges. */
  readonly across: number;
  /** And, edge by edge, on the epochs of the window: a fault goes on, a burst is over in one of them. */
  readonly within: number;
}

const steps = 3;
/** Of each candidate's failures so many are taken to come singly, lest two that met by chance make a burst of it. */
const presumedSingle = 5;
const highestTheta = 0.999;
/**
 * Somebody who may have caused nine of ten of the same failures is an alternative, though a stray failure elsewhere speaks
 * for the other one: it weighs several nats and happens by chance.
 */
const sharedFailures = 0.9;
const sharedGain = 0.75;
/** Calls of a module to those of one edge from which the edge is one of several. */
const manyEdges = 1.5;

export class NoisyOr {
  readonly #table: PieceTable;
  readonly #background: Background;
  readonly #settings: FitSettings;
  /** P(ok) of each piece under the causes chosen so far. */
  readonly #ok: Float64Array;
  /** By candidate, so that only those are computed again that share a piece with the one chosen last. */
  readonly #estimates: (Estimate | null)[];
  readonly causes: Cause[] = [];

  constructor(table: PieceTable, background: Background, settings: FitSettings) {
    this.#table = table;
    this.#background = background;
    this.#settings = settings;
    this.#ok = background.rates.map((rate) => 1 - rate);
    this.#estimates = new Array<Estimate | null>(table.candidates.length).fill(null);
  }

  /** Share of calls that each piece loses under the model. To be called after `run`. */
  get fitted(): Float64Array {
    return this.#ok.map((ok) => 1 - ok);
  }

  /** Failures of each piece that are left to the background. */
  get unexplained(): Float64Array {
    return Float64Array.from(this.#table.pieces, ({ segment }, index) => {
      const failing = 1 - (this.#ok[index] ?? 1);
      return failing > 0 ? Math.min(segment.excess, (segment.excess * this.#rate(index)) / failing) : 0;
    });
  }

  run(): readonly Cause[] {
    while (this.causes.length < this.#settings.maxCauses) {
      const found = this.#best();
      if (found === null) break;
      this.causes.push(found);
      this.#multiply(found.candidate, 1 - found.theta);
      this.#refit();
      this.#forget(found.candidate);
    }
    this.#prune();
    return this.causes;
  }

  #best(): Cause | null {
    const chosen = new Set(this.causes.map(({ candidate }) => candidate));
    let best = -1;
    for (const [index, candidate] of this.#table.candidates.entries()) {
      if (candidate.excess < this.#settings.minExcess || chosen.has(index)) continue;
      const estimate = this.#estimate(index);
      if (this.#enough(estimate) && (best === -1 || estimate.gain > this.#estimate(best).gain)) best = index;
    }
    if (best === -1) return null;
    const alternatives = this.#alternatives(best, chosen);
    const candidate = this.#mostLikely(alternatives);
    const { theta, gain, explained } = this.#estimate(candidate);
    return { candidate, theta, gain, explained, alternatives };
  }

  #enough({ gain, theta, explained }: Estimate): boolean {
    const { threshold, minTheta, minExcess } = this.#settings;
    return gain > threshold && theta >= minTheta && explained >= minExcess;
  }

  /** Those that gain nearly as much from the same failures. */
  #alternatives(best: number, chosen: ReadonlySet<number>): readonly { candidate: number; gain: number }[] {
    const { pieces } = this.#table;
    const { gain: most } = this.#estimate(best);
    const near = most - this.#settings.ambiguityNats;
    const same = this.#candidate(best).excess * sharedFailures;
    const shared = new Map<number, number>();
    for (const index of this.#candidate(best).pieces) {
      const piece = pieces[index];
      for (const other of piece?.candidates ?? []) {
        shared.set(other, (shared.get(other) ?? 0) + (piece?.segment.excess ?? 0));
      }
    }
    return [...shared]
      .filter(([other, excess]) => !chosen.has(other) && excess * 2 >= this.#candidate(other).excess)
      .filter(([other, excess]) => {
        const { gain } = this.#estimate(other);
        return gain >= near || (excess >= same && gain >= most * sharedGain);
      })
      .map(([other]) => ({ candidate: other, gain: this.#estimate(other).gain }))
      .filter(({ candidate }) => this.#enough(this.#estimate(candidate)))
      .sort((a, b) => b.gain - a.gain || a.candidate - b.candidate);
  }

  /** Among those that explain as much, the one for which the viewpoints' words speak; a module rather than a link, unless only one of its edges fails. */
  #mostLikely(alternatives: readonly { candidate: number; gain: number }[]): number {
    const isLink = alternatives.some(({ candidate }) => this.#candidate(candidate).kind === 'link');
    let best = -1;
    let most = -1;
    for (const { candidate } of alternatives) {
      if (isLink && this.#mayBeLink(this.#candidate(candidate))) continue;
      let spoken = 0;
      for (const index of this.#candidate(candidate).pieces) {
        const piece = this.#table.pieces[index];
        if (piece !== undefined && speaksFor(piece, candidate, this.#candidate(candidate)))
          spoken += piece.segment.excess;
      }
      if (spoken > most || (spoken === most && this.#candidate(best).kind === 'link')) {
        best = candidate;
        most = spoken;
      }
    }
    return best;
  }

  #estimate(index: number): Estimate {
    const known = this.#estimates[index];
    if (known !== null && known !== undefined) return known;
    const estimate = this.#estimateAfresh(this.#candidate(index), 1);
    this.#estimates[index] = estimate;
    return estimate;
  }

  /** `inModel`: its own share of P(ok) when it is among the causes already, else 1. */
  #estimateAfresh(candidate: Candidate, inModel: number): Estimate {
    const { pieces } = this.#table;
    const { calls, excess } = candidate;
    let theta = Math.min(highestTheta, excess / calls);
    let explained = 0;
    for (let step = 0; step < steps; step++) {
      explained = 0;
      for (const index of candidate.pieces) {
        const ok = (this.#ok[index] ?? 1) / inModel;
        explained += ((pieces[index]?.segment.excess ?? 0) * theta) / (1 - ok * (1 - theta));
      }
      theta = Math.min(highestTheta, explained / calls);
    }
    let gain = Math.max(0, calls - excess) * Math.log1p(-theta);
    let scatter = 0;
    let together = 0;
    for (const index of candidate.pieces) {
      const ok = (this.#ok[index] ?? 1) / inModel;
      const failures = pieces[index]?.segment.excess ?? 0;
      if (!isSilent(pieces[index], candidate))
        scatter += failures * (failures - (pieces[index]?.calls ?? 0) * theta);
      together += failures * (pieces[index]?.burst ?? 1);
      gain += failures * Math.log((1 - ok * (1 - theta)) / (1 - ok));
    }
    const dispersion = this.#dispersion(candidate, {
      across: scatter / excess,
      within: (together + presumedSingle) / (excess + presumedSingle),
    });
    return { theta, explained, gain: gain / dispersion };
  }

  /** By how much of the gain is to be believed: failures that come together count as one witness. */
  #dispersion(candidate: Candidate, { across, within }: OwnScatter): number {
    const measured = Math.max(within, this.#background.bursts.dispersion(candidate));
    // One edge cannot show whether what failed on it was one burst.
    if (candidate.kind === 'link' || this.#mayBeLink(candidate)) return Math.max(3, 2 * measured);
    // An application may well fail for one caller only; a proxy's module has all its edges in common.
    return candidate.kind === 'application' ? measured : Math.max(measured, across);
  }

  /**
   * Everything that failed was on one of its edges, between the two nodes, and the others are well: it is not asked for less
   * than the way between them, or an innocent node would be named until the link is.
   */
  #mayBeLink({ pieces, calls }: Candidate): boolean {
    const { pieces: all, candidates } = this.#table;
    const [first] = pieces;
    const one = first === undefined ? undefined : all[first];
    if (one === undefined || isCalleeSilent(one.segment) || calls < manyEdges * one.calls) return false;
    return pieces.every(
      (index) =>
        all[index]?.row === one.row &&
        all[index].candidates.some((other) => candidates[other]?.kind === 'link'),
    );
  }

  /** A cause chosen early took what a later one explains better: all are weighed once more beside one another. */
  #refit(): void {
    for (let sweep = 0; sweep < steps; sweep++) {
      for (const cause of this.causes) {
        const { theta, gain, explained } = this.#estimateAfresh(
          this.#candidate(cause.candidate),
          1 - cause.theta,
        );
        this.#multiply(cause.candidate, (1 - theta) / (1 - cause.theta));
        cause.theta = theta;
        cause.gain = gain;
        cause.explained = explained;
      }
    }
  }

  /** Takes out what the later causes made superfluous, the weakest first. */
  #prune(): void {
    for (;;) {
      let weakest = -1;
      for (const [index, cause] of this.causes.entries()) {
        if (this.#enough(cause)) continue;
        if (weakest === -1 || cause.gain < (this.causes[weakest]?.gain ?? 0)) weakest = index;
      }
      const [gone] = weakest === -1 ? [] : this.causes.splice(weakest, 1);
      if (gone === undefined) return;
      this.#multiply(gone.candidate, 1 / (1 - gone.theta));
      this.#refit();
    }
  }

  #multiply(candidate: number, by: number): void {
    for (const index of this.#candidate(candidate).pieces) {
      this.#ok[index] = Math.min(1 - this.#rate(index), (this.#ok[index] ?? 1) * by);
    }
  }

  /** All causes were weighed again, so whoever shares a piece with one of them has changed. */
  #forget(added: number): void {
    const { pieces } = this.#table;
    const touched = [added, ...this.causes.map(({ candidate }) => candidate)];
    for (const cause of touched) {
      for (const index of this.#candidate(cause).pieces) {
        for (const other of pieces[index]?.candidates ?? []) this.#estimates[other] = null;
      }
    }
  }

  #rate(piece: number): number {
    return this.#background.rates[piece] ?? 0;
  }

  #candidate(index: number): Candidate {
    const candidate = this.#table.candidates[index];
    if (candidate === undefined) throw new Error(`no candidate ${index} of ${this.#table.candidates.length}`);
    return candidate;
  }
}

/**
 * Whether this is of a time in which the candidate's node said nothing: such a piece has all that failed and only the calls
 * of that time, so it says nothing of how evenly the node fails.
 */
function isSilent(piece: Piece | undefined, { kind }: Candidate): boolean {
  return piece !== undefined && ofCallee(kind) && isCalleeSilent(piece.segment);
}

/** Whether the viewpoint's word speaks for it; where it can only say that it was not itself, for all of the called node. */
function speaksFor(piece: Piece, index: number, candidate: Candidate): boolean {
  return piece.likely === -1 ? isSilent(piece, candidate) : piece.likely === index;
}
