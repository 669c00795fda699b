/**
 * A block is the set of metrics that one kind of thing has (a listener, a cluster): a run of neighbouring slots with
 * one layout. An entity's slots are `base + offset`; the base comes from the `SlotDirectory`, the offset from here.
 */

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary';

export interface Metric {
  /** Full Prometheus name, counters with `_total`. */
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  /** First slot, relative to the block's base. */
  readonly offset: number;
  /** One slot per value of this label; `null` for a metric without a label of its own. */
  readonly split: { readonly label: string; readonly values: readonly string[] } | null;
  /** Histogram: upper bounds in seconds; slots are one count per bound, one for +Inf, then the sum in seconds. */
  readonly buckets: readonly number[];
}

export interface Block {
  readonly kind: string;
  /** Label names that every metric of the block carries. */
  readonly labels: readonly string[];
  readonly metrics: readonly Metric[];
  /** Slots that one entity takes. */
  readonly size: number;
}

/** Slots that a metric takes in its block. */
export function slotsOf(metric: Metric): number {
  if (metric.type === 'histogram') return metric.buckets.length + 2;
  if (metric.type === 'summary') return 2;
  return metric.split?.values.length ?? 1;
}

export interface Split {
  readonly label: string;
  readonly values: readonly string[];
}

/** Builds a block by declaring its metrics; each call returns the offset to count at. */
export class BlockBuilder {
  readonly #kind: string;
  readonly #labels: readonly string[];
  readonly #metrics: Metric[] = [];
  #size = 0;

  constructor(kind: string, labels: readonly string[]) {
    this.#kind = kind;
    this.#labels = labels;
  }

  counter(name: string, help: string, split: Split | null = null): number {
    return this.#add(name, help, 'counter', split, [], split?.values.length ?? 1);
  }

  gauge(name: string, help: string, split: Split | null = null): number {
    return this.#add(name, help, 'gauge', split, [], split?.values.length ?? 1);
  }

  /** Counted with `observe`. `buckets` in seconds, ascending. */
  histogram(name: string, help: string, buckets: readonly number[]): number {
    return this.#add(name, help, 'histogram', null, buckets, buckets.length + 2);
  }

  /** Two slots: count, then sum. */
  summary(name: string, help: string): number {
    return this.#add(name, help, 'summary', null, [], 2);
  }

  build(): Block {
    return { kind: this.#kind, labels: this.#labels, metrics: this.#metrics, size: this.#size };
  }

  #add(
    name: string,
    help: string,
    type: MetricType,
    split: Split | null,
    buckets: readonly number[],
    width: number,
  ): number {
    const offset = this.#size;
    this.#metrics.push({ name, help, type, offset, split, buckets });
    this.#size += width;
    return offset;
  }
}
