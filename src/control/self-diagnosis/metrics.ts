/** What holmes reads, decides and captures, as metrics. Everything is read from the monitor at the scrape. */
import type { CaptureRecord, MonitorFigures, Unit } from '../../../holmes/index.ts';
import { Collector, type CollectorOptions, type Exposition, type Sample } from '../../telemetry/control.ts';
import { type Counts, FigureTotals } from './figure-totals.ts';
import { type MeasuredMonitor, type ReadingSamples, readingSamples } from './reading-samples.ts';

/** One reading of everything, so that all lines of one answer agree. */
interface Look {
  readonly counts: Counts;
  /** `null`: nothing is watched. */
  readonly figures: MonitorFigures | null;
  readonly readings: ReadingSamples;
}

export class HolmesMetrics {
  readonly #totals = new FigureTotals();
  #measured: MeasuredMonitor | null = null;
  #look: Look | null = null;

  constructor(registry: Exposition['registry']) {
    const all = [...this.#readings(), this.#memoryLimit(), ...this.#counters(), ...this.#captures()];
    for (const options of all) {
      new Collector(options).registerIn(registry);
    }
  }

  /** From now on this one is read; the sums of the one before stay in the totals. `null`: none is. */
  measure(measured: MeasuredMonitor | null): void {
    if (this.#measured !== null) this.#totals.retire(this.#measured.monitor.figures());
    this.#measured = measured;
    this.#look = null;
  }

  /** A registry reads all its metrics in one go, so what one of them looked up serves the others. */
  #now(): Look {
    if (this.#look !== null) return this.#look;
    const figures = this.#measured?.monitor.figures() ?? null;
    const look = { counts: this.#totals.with(figures), figures, readings: readingSamples(this.#measured) };
    this.#look = look;
    queueMicrotask(() => {
      this.#look = null;
    });
    return look;
  }

  #readings(): CollectorOptions[] {
    const labelNames = ['subject', 'reading'];
    const ofUnit = (suffix: string, unit: Unit, what: string): CollectorOptions[] => {
      const one = (which: keyof ReadingSamples, help: string): CollectorOptions => ({
        name: `meshlock_holmes_${which}_${suffix}`,
        help,
        type: 'gauge',
        labelNames,
        read: () => this.#now().readings[which][unit],
      });
      return [
        one('reading', `Newest sample of each reading that is ${what}.`),
        one('average', `Average of the ten samples before the newest, of each reading that is ${what}.`),
        one('limit', `From this value on its rule captures, of each reading that is ${what}.`),
      ];
    };
    return [
      ...ofUnit('ratio', 'share', 'a share, 0 to 1'),
      ...ofUnit('bytes', 'bytes', 'a size'),
      ...ofUnit('seconds', 'ms', 'a duration'),
      ...ofUnit('number', 'count', 'a number of things'),
    ];
  }

  #memoryLimit(): CollectorOptions {
    return {
      name: 'meshlock_memory_limit_bytes',
      help: 'How much resident memory the process may have: the limit of its container, or else the machine.',
      type: 'gauge',
      read: () => {
        const limit = this.#measured?.memoryLimit() ?? Number.NaN;
        return Number.isFinite(limit) ? [{ value: limit, labels: {} }] : [];
      },
    };
  }

  #counters(): CollectorOptions[] {
    return [
      {
        name: 'meshlock_holmes_decisions_total',
        help: 'Decisions of the rules, also those not to capture, by verdict.',
        type: 'counter',
        labelNames: ['subject', 'rule', 'verdict'],
        read: () =>
          this.#now().counts.decisions.map(({ subject, rule, verdict, count }) => ({
            value: count,
            labels: { subject, rule, verdict },
          })),
      },
      {
        name: 'meshlock_holmes_captures_total',
        help: 'Captures, by what became of them.',
        type: 'counter',
        labelNames: ['subject', 'rule', 'kind', 'result'],
        read: () =>
          this.#now().counts.captures.map(({ subject, rule, kind, result, count }) => ({
            value: count,
            labels: { subject, rule, kind, result },
          })),
      },
      {
        name: 'meshlock_holmes_pushed_total',
        help: 'Captures pushed to Pyroscope, by what became of them.',
        type: 'counter',
        labelNames: ['result'],
        read: () =>
          Object.entries(this.#now().counts.pushed).map(([result, value]) => ({ value, labels: { result } })),
      },
      {
        name: 'meshlock_holmes_store_evicted_captures_total',
        help: 'Captures removed to stay within the limits of the store.',
        type: 'counter',
        read: () => [{ value: this.#now().counts.evicted, labels: {} }],
      },
      {
        name: 'meshlock_holmes_sample_cpu_seconds_total',
        help: 'CPU time of the control thread that sampling has taken.',
        type: 'counter',
        read: () => [{ value: this.#now().counts.sampleSeconds, labels: {} }],
      },
    ];
  }

  #captures(): CollectorOptions[] {
    const ofStore = (name: string, help: string, read: (figures: MonitorFigures) => number) => ({
      name: `meshlock_holmes_store_${name}`,
      help,
      type: 'gauge' as const,
      read: () => {
        const { figures } = this.#now();
        return figures === null ? [] : [{ value: read(figures), labels: {} }];
      },
    });
    return [
      {
        name: 'meshlock_holmes_last_capture_timestamp_seconds',
        help: 'When the newest capture of a subject, rule and kind was decided, Unix time; capture is its id.',
        type: 'gauge',
        labelNames: ['subject', 'rule', 'kind', 'capture'],
        read: () => (this.#now().figures?.latest ?? []).map(latestSample),
      },
      ofStore('captures', 'Captures in the store.', ({ store }) => store.captures),
      ofStore('bytes', 'Size of all captures in the store.', ({ store }) => store.bytes),
      ofStore('limit_bytes', 'Limit of their size.', ({ store }) => store.limits.maxBytes),
      ofStore(
        'unsaved_captures',
        'Captures that are in memory only because they could not be written.',
        ({ store }) => store.unsaved,
      ),
    ];
  }
}

function latestSample({ subject, rule, kind, id, at }: CaptureRecord): Sample {
  return { value: at / 1000, labels: { subject, rule, kind, capture: id } };
}
