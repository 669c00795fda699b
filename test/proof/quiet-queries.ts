/**
 * What has nothing to show in the proof, reviewed one by one: why none of its faults makes it speak. Plant a fault rather
 * than add a line.
 */
import type { QuietQuery } from './query-findings.ts';

export const quietQueries: readonly QuietQuery[] = [];

/** Recorded metrics that rules read and that are there only now and then. */
export const rareMetrics: Readonly<Record<string, string>> = {
  'service:mesh_errors:ratio_rate6h': 'of every fifth minute of the clock: the proof is shorter',
  'service:mesh_errors:ratio_rate1d': 'of every fifth minute of the clock: the proof is shorter',
  'service:mesh_errors:ratio_rate3d': 'of every fifth minute of the clock: the proof is shorter',
};
