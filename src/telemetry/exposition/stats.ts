/**
 * The same figures for people without a Prometheus at hand: `name: value` lines as Envoy's `/stats` has them.
 * Histograms show quantiles estimated from their buckets, in milliseconds as Envoy does.
 */
import type { Block, Metric } from '../block.ts';
import type { Row } from './block-samples.ts';
import { statName, statPrefix } from './stat-name.ts';

/** A compiled pattern, such as a `RegExp`. */
export interface NameFilter {
  test(name: string): boolean;
}

/** `used`: its entity has counted something. */
export type Stat =
  | {
      readonly name: string;
      readonly type: 'counter' | 'gauge';
      readonly used: boolean;
      readonly value: number;
    }
  | {
      readonly name: string;
      readonly type: 'histogram';
      readonly used: boolean;
      readonly histogram: HistogramStat;
    };

export interface HistogramStat {
  readonly count: number;
  readonly sumMs: number;
  /** `null` where there is nothing to estimate from: no count, or a metric without buckets. */
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
}

export function statsOf(
  blocks: readonly Block[],
  rows: ReadonlyMap<string, readonly Row[]>,
  filter: NameFilter | null,
  usedOnly: boolean,
): Stat[] {
  const stats: Stat[] = [];
  for (const block of blocks) {
    for (const row of rows.get(block.kind) ?? []) {
      if (usedOnly && !row.busy) continue;
      const prefix = statPrefix(block.kind, row.labels);
      for (const metric of block.metrics) {
        if (metric.type === 'gauge' && !row.gauges) continue;
        for (const stat of metricStats(block.kind, prefix, metric, row)) {
          if (filter === null || filter.test(stat.name)) stats.push(stat);
        }
      }
    }
  }
  return stats.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

export function formatStats(stats: readonly Stat[]): string {
  return stats
    .map((stat) => `${stat.name}: ${'value' in stat ? stat.value : formatHistogram(stat.histogram)}\n`)
    .join('');
}

function formatHistogram({ count, sumMs, p50Ms, p90Ms, p99Ms }: HistogramStat): string {
  const mean = count === 0 ? 'nan' : rounded(sumMs / count);
  const quantile = (value: number | null): string => (value === null ? 'nan' : rounded(value));
  return `P50(${quantile(p50Ms)}) P90(${quantile(p90Ms)}) P99(${quantile(p99Ms)}) mean(${mean}) count(${count})`;
}

function rounded(ms: number): string {
  return String(Number(ms.toPrecision(4)));
}

function metricStats(kind: string, prefix: string, metric: Metric, row: Row): Stat[] {
  const first = row.base + metric.offset;
  const used = row.busy;
  const nameOf = (splitValue: string | null): string =>
    `${prefix}.${statName(kind, metric.name, splitValue)}`;
  if (metric.type === 'histogram' || metric.type === 'summary') {
    const histogram = histogramAt(metric, row.values, first);
    return [{ name: nameOf(null), type: 'histogram', used, histogram }];
  }
  const { type, split } = metric;
  const values = (split?.values ?? [null]).map((splitValue, i) => ({
    name: nameOf(splitValue),
    type,
    used,
    value: row.values[first + i]!,
  }));
  if (split?.label !== 'code_class') return values;
  const value = values.reduce((sum, stat) => sum + stat.value, 0);
  return [...values, { name: nameOf('total'), type, used, value }];
}

function histogramAt(metric: Metric, values: Float64Array, first: number): HistogramStat {
  if (metric.type === 'summary') {
    const count = values[first]!;
    return { count, sumMs: values[first + 1]! * 1000, p50Ms: null, p90Ms: null, p99Ms: null };
  }
  const { buckets } = metric;
  const counts = values.subarray(first, first + buckets.length + 1);
  const at = (q: number): number | null => quantileMs(q, buckets, counts);
  return {
    count: counts.reduce((sum, count) => sum + count, 0),
    sumMs: values[first + buckets.length + 1]! * 1000,
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    p99Ms: at(0.99),
  };
}

/**
 * Linear within the bucket that holds the quantile, as Prometheus' `histogram_quantile`; beyond the last bound, that
 * bound. `counts` has one entry per bound and one for +Inf, not cumulated.
 */
function quantileMs(q: number, bounds: readonly number[], counts: ArrayLike<number>): number | null {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  if (total === 0) return null;
  const rank = q * total;
  let below = 0;
  for (let i = 0; i < bounds.length; i++) {
    const inBucket = counts[i]!;
    if (below + inBucket >= rank) {
      const low = i === 0 ? 0 : bounds[i - 1]!;
      return (low + (bounds[i]! - low) * (inBucket === 0 ? 0 : (rank - below) / inBucket)) * 1000;
    }
    below += inBucket;
  }
  return (bounds.at(-1) ?? 0) * 1000;
}
