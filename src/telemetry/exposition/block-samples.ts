/**
 * The samples of one catalogue metric. How many there are is bounded like this: an entity that has never counted
 * anything shows one line for each counter and gauge that is not split, and nothing else; once it has counted, it
 * shows everything, zeros included, so that the first 5xx of a busy cluster is an increase from zero and not the birth
 * of a series that `rate()` cannot see. Overflow entities are shown only when they have counted.
 */
import type { Block, Metric } from '../block.ts';
import { type Entity, overflowLabel } from '../slot-directory.ts';
import type { Sample } from './collector.ts';
import type { ThreadReading } from './counter-totals.ts';

/** One entity's labels and slots. */
export interface Row {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: Float64Array;
  readonly base: number;
  /** It has counted something. */
  readonly busy: boolean;
  /** False: a thread that is gone, which has no gauges. */
  readonly gauges: boolean;
}

/** Label objects live as long as their entity, because the registry caches their text by identity. */
const labelCache = new WeakMap<Entity, Readonly<Record<string, string>>>();

/** Rows by block kind. */
export function rowsOf(entities: Iterable<Entity>, totals: Float64Array): Map<string, Row[]> {
  const rows = new Map<string, Row[]>();
  for (const entity of entities) {
    const { block, base } = entity;
    const busy = anyOf(totals, base, block.size);
    if (!busy && entity.labels[0] === overflowLabel) continue;
    const row = { labels: labelsOf(entity), values: totals, base, busy, gauges: true };
    const list = rows.get(block.kind);
    if (list === undefined) rows.set(block.kind, [row]);
    else list.push(row);
  }
  return rows;
}

export function threadRows(threads: readonly ThreadReading[]): Row[] {
  return threads.map(({ thread, live, values }) => ({
    labels: { thread: String(thread) },
    values,
    base: 0,
    busy: true,
    gauges: live,
  }));
}

/** Makes the samples of `metric`; prepared once, because its label objects are the same in every exposition. */
export function samplerOf(metric: Metric): (rows: readonly Row[]) => Sample[] {
  const { name, offset, split, buckets } = metric;
  switch (metric.type) {
    case 'histogram':
      return histogramSampler(name, offset, buckets);
    case 'summary':
      return summarySampler(name, offset);
    default: {
      const own = split === null ? [{}] : split.values.map((value) => ({ [split.label]: value }));
      return scalarSampler(offset, own, split !== null, metric.type === 'gauge');
    }
  }
}

type OwnLabels = Readonly<Record<string, string | number>>;

function scalarSampler(offset: number, own: readonly OwnLabels[], isSplit: boolean, isGauge: boolean) {
  return (rows: readonly Row[]): Sample[] => {
    const samples: Sample[] = [];
    for (const row of rows) {
      if ((isSplit && !row.busy) || (isGauge && !row.gauges)) continue;
      for (let i = 0; i < own.length; i++) {
        samples.push({
          value: row.values[row.base + offset + i]!,
          labels: own[i]!,
          sharedLabels: row.labels,
        });
      }
    }
    return samples;
  };
}

function histogramSampler(name: string, offset: number, buckets: readonly number[]) {
  const bucketName = `${name}_bucket`;
  const own: OwnLabels[] = [...buckets.map((le) => ({ le })), { le: '+Inf' }];
  return (rows: readonly Row[]): Sample[] => {
    const samples: Sample[] = [];
    for (const { busy, base, values, labels } of rows) {
      if (!busy) continue;
      let count = 0;
      for (let i = 0; i < own.length; i++) {
        count += values[base + offset + i]!;
        samples.push({ value: count, labels: own[i]!, sharedLabels: labels, metricName: bucketName });
      }
      const sum = values[base + offset + own.length]!;
      samples.push({ value: sum, labels: {}, sharedLabels: labels, metricName: `${name}_sum` });
      samples.push({ value: count, labels: {}, sharedLabels: labels, metricName: `${name}_count` });
    }
    return samples;
  };
}

function summarySampler(name: string, offset: number) {
  return (rows: readonly Row[]): Sample[] => {
    const samples: Sample[] = [];
    for (const { busy, base, values, labels } of rows) {
      if (!busy) continue;
      const count = values[base + offset]!;
      const sum = values[base + offset + 1]!;
      samples.push({ value: sum, labels: {}, sharedLabels: labels, metricName: `${name}_sum` });
      samples.push({ value: count, labels: {}, sharedLabels: labels, metricName: `${name}_count` });
    }
    return samples;
  };
}

function labelsOf(entity: Entity): Readonly<Record<string, string>> {
  let labels = labelCache.get(entity);
  if (labels === undefined) {
    labels = namedLabels(entity.block, entity.labels);
    labelCache.set(entity, labels);
  }
  return labels;
}

function namedLabels(block: Block, values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(block.labels.map((name, i) => [name, values[i] ?? '']));
}

function anyOf(values: Float64Array, base: number, size: number): boolean {
  for (let slot = base; slot < base + size; slot++) if (values[slot] !== 0) return true;
  return false;
}
