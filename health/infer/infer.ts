/**
 * Who in the fleet breaks calls. From joined counts to a ranked list of suspects, each with what speaks for it; an empty
 * list when nothing does beyond what is lost everywhere. Pure, and independent of the order of the rows.
 */
import type { Peer } from '../observe/viewpoint.ts';
import { firstBackground, measureBackground } from './background.ts';
import type { Evidence, Suspect } from './evidence.ts';
import { type FitSettings, NoisyOr } from './noisy-or.ts';
import { pieceTable } from './piece-table.ts';
import { suspectsOf } from './suspects.ts';

export interface InferOptions {
  /** Chance of blaming anybody in a healthy window, over all candidates. Default 0.01. */
  readonly alpha?: number;
  /** Less than this share of its calls is nobody's fault. Default 0.003. */
  readonly minTheta?: number;
  /** Fewer failures than this are nobody's fault. Default 5. */
  readonly minExcess?: number;
  /** Candidates that explain the same within so many nats are told together. Default 3. */
  readonly ambiguityNats?: number;
  /** Share of failures that pass between two nodes which their clocks may put into different windows. Default 0.2: 2 s of an epoch. */
  readonly skewTolerance?: number;
  /** Default 50. */
  readonly maxSuspects?: number;
}

/** `peerOf`: what is known of a node; without it a suspect has no service, version and release. */
export function infer(
  evidence: Evidence,
  options: InferOptions & { readonly peerOf?: (node: string) => Peer } = {},
): readonly Suspect[] {
  const table = pieceTable(evidence, options.skewTolerance ?? 0.2);
  if (table.pieces.length === 0) return [];
  const settings: FitSettings = {
    threshold: Math.log(table.choices / (options.alpha ?? 0.01)),
    minTheta: options.minTheta ?? 0.003,
    minExcess: options.minExcess ?? 5,
    ambiguityNats: options.ambiguityNats ?? 3,
    maxCauses: options.maxSuspects ?? 50,
  };
  // What a culprit breaks must not count as everybody's: the background is measured again without what was blamed.
  const first = new NoisyOr(table, firstBackground(evidence, table), settings);
  first.run();
  const background = measureBackground(evidence, table, first.unexplained, first.fitted);
  const second = new NoisyOr(table, background, settings);
  return suspectsOf(second.run(), {
    evidence,
    table,
    fitted: second.fitted,
    threshold: settings.threshold,
    minTheta: settings.minTheta,
    minExcess: settings.minExcess,
    peerOf: options.peerOf ?? ((node) => ({ node, service: '', version: '', release: '' })),
  });
}
