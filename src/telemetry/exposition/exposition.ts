/**
 * What a scrape gets: every metric of the catalogue, read from the threads' shared memory at the moment it is asked
 * for (so also while every data thread is stuck), the process's own figures, and whatever the control thread has
 * registered beside them.
 */
import { Registry } from 'prom-client';
import { type Clock, systemClock } from '../../base/index.ts';
import type { Block } from '../block.ts';
import { clusterBlock, endpointBlock, listenerBlock, routeBlock, threadBlock } from '../catalogue.ts';
import type { CounterStore } from '../counter-store.ts';
import type { SlotDirectory } from '../slot-directory.ts';
import { chooseFormat } from './accept.ts';
import { type Row, rowsOf, samplerOf, threadRows } from './block-samples.ts';
import { Collector } from './collector.ts';
import { CounterTotals } from './counter-totals.ts';
import { openMetricsOf } from './open-metrics.ts';
import { processCollectors } from './process-metrics.ts';
import { formatStats, type NameFilter, type Stat, statsOf } from './stats.ts';

interface ExpositionOptions {
  readonly directory: SlotDirectory;
  /** Holds the control thread's own metrics, too; all of it is exposed. */
  readonly registry?: Registry;
  readonly clock?: Clock;
}

export interface Rendered {
  readonly contentType: string;
  readonly body: string;
}

const summedBlocks: readonly Block[] = [listenerBlock, routeBlock, clusterBlock, endpointBlock];

export class Exposition {
  readonly registry: Registry;
  readonly #directory: SlotDirectory;
  readonly #totals: CounterTotals;
  #rows = new Map<string, Row[]>();

  constructor(options: ExpositionOptions) {
    this.registry = options.registry ?? new Registry();
    this.#directory = options.directory;
    this.#totals = new CounterTotals(options.directory);
    for (const block of [...summedBlocks, threadBlock]) this.#register(block);
    for (const collector of this.#directoryCollectors()) collector.registerIn(this.registry);
    for (const collector of processCollectors(options.clock ?? systemClock)) {
      collector.registerIn(this.registry);
    }
  }

  /** `thread` is the number that stays the same over replacements. Retire its predecessor first. */
  addThread(thread: number, store: CounterStore): void {
    this.#totals.add(thread, store);
  }

  /**
   * Call it once the thread has ended. Its counters are kept in the totals and its gauges vanish. A number that has no
   * thread is ignored.
   */
  retireThread(thread: number): void {
    this.#totals.retire(thread);
  }

  /** `accept` as the request had it; empty for none. */
  async render(accept: string): Promise<Rendered> {
    this.#read();
    const registry = chooseFormat(accept) === 'openmetrics' ? openMetricsOf(this.registry) : this.registry;
    return { contentType: registry.contentType, body: await registry.metrics() };
  }

  /** The data path's figures under Envoy's names, sorted by name. `usedOnly`: only of entities that have counted. */
  stats(filter: NameFilter | null = null, usedOnly: boolean = false): Stat[] {
    this.#read();
    return statsOf([...summedBlocks, threadBlock], this.#rows, filter, usedOnly);
  }

  /** `stats` as lines `name: value`. */
  renderStats(filter: NameFilter | null = null, usedOnly: boolean = false): string {
    return formatStats(this.stats(filter, usedOnly));
  }

  /** Takes one reading of everything, so that all lines of one answer agree with each other. */
  #read(): void {
    this.#totals.refresh();
    this.#rows = rowsOf(this.#directory.liveEntities(), this.#totals.totals);
    this.#rows.set(threadBlock.kind, threadRows(this.#totals.threads));
  }

  #register(block: Block): void {
    for (const metric of block.metrics) {
      const sample = samplerOf(metric);
      const labelNames = metric.split === null ? block.labels : [...block.labels, metric.split.label];
      new Collector({
        name: metric.name,
        help: metric.help,
        type: metric.type,
        labelNames,
        read: () => sample(this.#rows.get(block.kind) ?? []),
      }).registerIn(this.registry);
    }
  }

  #directoryCollectors(): Collector[] {
    const directory = this.#directory;
    return [
      new Collector({
        name: 'meshlock_metric_slots_used',
        help: 'Slots of the counter store that belong to an entity, also to one that is gone.',
        type: 'gauge',
        read: () => [{ value: directory.used, labels: {} }],
      }),
      new Collector({
        name: 'meshlock_metric_slots_limit',
        help: 'Slots of the counter store.',
        type: 'gauge',
        read: () => [{ value: directory.capacity, labels: {} }],
      }),
      new Collector({
        name: 'meshlock_metric_slots_refused_total',
        help: 'Times an entity found no free slots and was counted under _other.',
        type: 'counter',
        read: () => [{ value: directory.overflowed, labels: {} }],
      }),
    ];
  }
}
