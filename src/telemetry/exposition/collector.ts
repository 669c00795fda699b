/**
 * A metric of prom-client's registry whose samples are made when it is read, from wherever the figures live. The
 * registry asks a metric for nothing but these fields, so no figure is kept twice.
 */
import type { Metric as PromMetric, Registry } from 'prom-client';
import type { MetricType } from '../block.ts';

/** One line of the exposition. */
export interface Sample {
  readonly value: number;
  /** Labels of this line alone. */
  readonly labels: Readonly<Record<string, string | number>>;
  /** Labels shared by many lines; the registry formats each such object once. */
  readonly sharedLabels?: Readonly<Record<string, string>>;
  /** Only where it differs from the metric's, such as `_bucket`. */
  readonly metricName?: string;
}

export interface CollectorOptions {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labelNames?: readonly string[];
  readonly read: () => readonly Sample[];
}

export class Collector {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labelNames: readonly string[];
  readonly aggregator = 'sum';
  readonly #read: () => readonly Sample[];

  constructor(options: CollectorOptions) {
    this.name = options.name;
    this.help = options.help;
    this.type = options.type;
    this.labelNames = options.labelNames ?? [];
    this.#read = options.read;
  }

  /** Called by the registry for each exposition. */
  async get(): Promise<CollectedMetric> {
    return {
      name: this.name,
      help: this.help,
      type: this.type,
      aggregator: this.aggregator,
      values: this.#read(),
    };
  }

  /** The registry's `resetMetrics` does nothing here: counters never run backwards. */
  reset(): void {}

  /** prom-client declares its registry for its own four classes, but documents `get` as all it reads. */
  registerIn(registry: Registry): void {
    registry.registerMetric(this as unknown as PromMetric);
  }
}

/** What a registry reads from a metric. */
export interface CollectedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly aggregator: string;
  readonly values: readonly Sample[];
}
