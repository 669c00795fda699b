/** What holmes reads, decides and captures, as metrics. Everything is read from the monitor at the scrape. */
import type { CaptureRecord, MonitorFigures, MonitorView, ReadingName, Unit } from '../../../holmes/index.ts';
import { Collector, type CollectorOptions, type Exposition, type Sample } from '../../telemetry/control.ts';
import { type Counts, FigureTotals } from './figure-totals.ts';

/** What is watched now, for the metrics. */
export interface MeasuredMonitor {
  readonly monitor: Pick<MonitorView, 'figures' | 'rings' | 'subjects'>;
  unitOf(name: ReadingName): Unit;
}

/** One reading of everything, so that all lines of one answer agree. */
interface Look {
  readonly counts: Counts;
  /** `null`: nothing is watched. */
  readonly figures: MonitorFigures | null;
  readonly readings: Readonly<Record<Unit, readonly Sample[]>>;
}

export class HolmesMetrics {
  readonly #totals = new FigureTotals();
  #measured: MeasuredMonitor | null = null;
  #look: Look | null = null;

  constructor(registry: Exposition['registry']) {
    for (const options of [...this.#readings(), ...this.#counters(), ...this.#captures()]) {
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
    const look = { counts: this.#totals.with(figures), figures, readings: readingsOf(this.#measured) };
    this.#look = look;
    queueMicrotask(() => {
      this.#look = null;
    });
    return look;
  }

  #readings(): CollectorOptions[] {
    const labelNames = ['subject', 'reading'];
    const one = (suffix: string, unit: Unit, what: string): CollectorOptions => ({
      name: `meshlock_holmes_reading_${suffix}`,
      help: `Newest sample of each reading that is ${what}.`,
      type: 'gauge',
      labelNames,
      read: () => this.#now().readings[unit],
    });
    return [
      one('ratio', 'share', 'a share, 0 to 1'),
      one('bytes', 'bytes', 'a size'),
      one('seconds', 'ms', 'a duration'),
      one('number', 'count', 'a number of things'),
    ];
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

function readingsOf(measured: MeasuredMonitor | null): Look['readings'] {
  const samples: Record<Unit, Sample[]> = { share: [], bytes: [], count: [], ms: [] };
  if (measured === null) return samples;
  const { monitor } = measured;
  const gone = new Set(monitor.subjects().flatMap(({ name, state }) => (state === 'ended' ? [name] : [])));
  for (const { subject, values } of monitor.rings()) {
    if (gone.has(subject)) continue;
    for (const [reading, series] of Object.entries(values)) {
      const newest = series.at(-1) ?? Number.NaN;
      // Could not be had this time.
      if (Number.isNaN(newest)) continue;
      const unit = measured.unitOf(reading as ReadingName);
      samples[unit].push({ value: unit === 'ms' ? newest / 1000 : newest, labels: { subject, reading } });
    }
  }
  return samples;
}
