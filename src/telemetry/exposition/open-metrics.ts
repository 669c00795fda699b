/**
 * A registry's metrics seen as OpenMetrics 1.0. prom-client's registry renames counters in place when it writes
 * OpenMetrics, which would spoil the plain text of the next scrape, so each is wrapped; and bucket bounds get the
 * canonical form that OpenMetrics asks for (`1.0`, not `1`).
 */
import { type Metric as PromMetric, type OpenMetricsContentType, Registry } from 'prom-client';
import type { CollectedMetric, Sample } from './collector.ts';

export function openMetricsOf(source: Registry): Registry<OpenMetricsContentType> {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  for (const metric of source.getMetricsAsArray()) {
    registry.registerMetric(new OpenMetricsView(metric as unknown as Source) as unknown as PromMetric);
  }
  return registry;
}

interface Source {
  readonly name: string;
  readonly type: CollectedMetric['type'];
  get(): Promise<CollectedMetric>;
}

class OpenMetricsView {
  /** Written by the registry. */
  name: string;
  readonly type: CollectedMetric['type'];
  readonly #source: Source;

  constructor(source: Source) {
    this.name = source.name;
    this.type = source.type;
    this.#source = source;
  }

  async get(): Promise<CollectedMetric> {
    const collected = await this.#source.get();
    if (collected.type === 'counter') return { ...collected, name: collected.name.replace(/_total$/, '') };
    if (collected.type === 'histogram') return { ...collected, values: collected.values.map(canonicalBound) };
    return collected;
  }
}

function canonicalBound(sample: Sample): Sample {
  const { le } = sample.labels;
  if (typeof le !== 'number' || !Number.isInteger(le)) return sample;
  return { ...sample, labels: { ...sample.labels, le: `${le}.0` } };
}
