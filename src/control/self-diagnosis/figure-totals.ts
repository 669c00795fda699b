/**
 * The sums of all monitors of this process: one that is replaced, because the configuration changed what is fixed in it,
 * leaves its sums behind, so that no counter runs backwards. Gauges are those of the monitor that runs.
 */
import type { MonitorFigures } from '../../../holmes/index.ts';

export type Counts = Pick<MonitorFigures, 'decisions' | 'captures' | 'sampleSeconds' | 'pushed'> & {
  readonly evicted: number;
};

const nothing: Counts = {
  decisions: [],
  captures: [],
  sampleSeconds: 0,
  pushed: { sent: 0, failed: 0, dropped: 0 },
  evicted: 0,
};

export class FigureTotals {
  #retired: Counts = nothing;

  /** `figures`: of the monitor that runs; `null`: none does. */
  with(figures: MonitorFigures | null): Counts {
    return figures === null ? this.#retired : sum(this.#retired, countsOf(figures));
  }

  /** The last figures of a monitor. */
  retire(figures: MonitorFigures): void {
    this.#retired = this.with(figures);
  }
}

function countsOf({ decisions, captures, sampleSeconds, pushed, store }: MonitorFigures): Counts {
  return { decisions, captures, sampleSeconds, pushed, evicted: store.evicted };
}

function sum(a: Counts, b: Counts): Counts {
  return {
    decisions: sumBy([...a.decisions, ...b.decisions], (one) => [one.subject, one.rule, one.verdict]),
    captures: sumBy([...a.captures, ...b.captures], (one) => [one.subject, one.rule, one.kind, one.result]),
    sampleSeconds: a.sampleSeconds + b.sampleSeconds,
    pushed: {
      sent: a.pushed.sent + b.pushed.sent,
      failed: a.pushed.failed + b.pushed.failed,
      dropped: a.pushed.dropped + b.pushed.dropped,
    },
    evicted: a.evicted + b.evicted,
  };
}

/** One entry for each key. The labels come from small sets, so this stays small. */
function sumBy<T extends { readonly count: number }>(
  counts: readonly T[],
  keyOf: (one: T) => readonly string[],
): readonly T[] {
  const sums = new Map<string, T>();
  for (const one of counts) {
    const key = keyOf(one).join('\n');
    const before = sums.get(key);
    sums.set(key, before === undefined ? one : { ...one, count: before.count + one.count });
  }
  return [...sums.values()];
}
