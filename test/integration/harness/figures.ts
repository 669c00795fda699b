/** Reading the counters of a proxy by the names and labels that `/metrics` shows. */
import type { BreakerGauges } from '../../../src/cluster/index.ts';
import {
  clusterBlock,
  type CounterStore,
  type Entity,
  type Metric,
  type SlotDirectory,
  threadBlock,
} from '../../../src/telemetry/index.ts';

const thread: Entity = { block: threadBlock, labels: ['1'], base: 0 };

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Sum of the samples that have these labels. */
export function readCounter(
  directory: SlotDirectory,
  counters: CounterStore,
  name: string,
  labels: Readonly<Record<string, string>>,
): number {
  const samples: Sample[] = [];
  for (const entity of [thread, ...directory.entities()]) {
    for (const metric of entity.block.metrics) {
      if (metric.name === name) samples.push(...samplesOf(entity, metric, counters));
    }
  }
  const matching = samples.filter((sample) =>
    Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  if (matching.length === 0) throw new Error(`there is no metric ${name} ${JSON.stringify(labels)}`);
  return matching.reduce((sum, { value }) => sum + value, 0);
}

function samplesOf({ block, labels, base }: Entity, metric: Metric, counters: CounterStore): Sample[] {
  const own = Object.fromEntries(block.labels.map((label, i) => [label, labels[i]!]));
  const at = (offset: number): number => counters.get(base + metric.offset + offset);
  if (metric.type === 'summary') return [{ labels: own, value: at(0) }];
  if (metric.type === 'histogram') {
    let count = 0;
    for (let bucket = 0; bucket <= metric.buckets.length; bucket++) count += at(bucket);
    return [{ labels: own, value: count }];
  }
  if (metric.split === null) return [{ labels: own, value: at(0) }];
  const { label, values } = metric.split;
  return values.map((value, i) => ({ labels: { ...own, [label]: value }, value: at(i) }));
}

/** What should be zero when nothing is under way and is not. */
export function leakedGauges(
  directory: SlotDirectory,
  counters: CounterStore,
  breakers: BreakerGauges,
): string[] {
  const leaks: string[] = [];
  for (const entity of directory.entities()) {
    for (const metric of entity.block.metrics) {
      if (metric.type !== 'gauge') continue;
      for (const { labels, value } of samplesOf(entity, metric, counters)) {
        if (value !== 0) leaks.push(`${metric.name} ${JSON.stringify(labels)} = ${value}`);
      }
    }
  }
  // Also of clusters that a reload has taken away.
  for (const { block, labels } of directory.entities()) {
    if (block !== clusterBlock) continue;
    const use = Object.entries(breakers.useOf(labels[0]!)).filter(([, held]) => held !== 0);
    for (const [breaker, held] of use) leaks.push(`breaker ${labels[0]} ${breaker} = ${held}`);
  }
  return leaks;
}
