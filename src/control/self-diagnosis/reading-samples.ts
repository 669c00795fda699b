/** The readings of holmes as samples of metrics, with what each is compared with and from where on it is captured. */
import type { Monitor, ReadingName, Unit } from '../../../holmes/index.ts';
import type { Sample } from '../../telemetry/control.ts';

/** What is watched now, for the metrics. */
export interface MeasuredMonitor {
  readonly monitor: Pick<Monitor, 'comparisons' | 'figures' | 'rings' | 'subjects'>;
  unitOf(name: ReadingName): Unit;
  /** What the process may have of memory, in bytes. */
  memoryLimit(): number;
}

/** In base units. A reading is a share, a size, a duration or a number of things, and each of these has metrics of its own. */
type ByUnit = Readonly<Record<Unit, readonly Sample[]>>;

export interface ReadingSamples {
  readonly reading: ByUnit;
  readonly average: ByUnit;
  readonly limit: ByUnit;
}

/** Of subjects that are still there; `null`: nothing is watched. */
export function readingSamples(measured: MeasuredMonitor | null): ReadingSamples {
  const [reading, average, limit] = [noSamples(), noSamples(), noSamples()];
  if (measured === null) return { reading, average, limit };
  const { monitor } = measured;
  const gone = new Set(monitor.subjects().flatMap(({ name, state }) => (state === 'ended' ? [name] : [])));
  const add = (samples: ReturnType<typeof noSamples>, subject: string, name: ReadingName, value: number) => {
    // What could not be had this time is no number, and a limit that is none is infinite.
    if (gone.has(subject) || !Number.isFinite(value)) return;
    const unit = measured.unitOf(name);
    samples[unit].push({
      value: unit === 'ms' ? inSeconds(value) : value,
      labels: { subject, reading: name },
    });
  };
  for (const { subject, values } of monitor.rings()) {
    for (const [name, series] of Object.entries(values)) {
      add(reading, subject, name as ReadingName, series.at(-1) ?? Number.NaN);
    }
  }
  for (const comparison of monitor.comparisons()) {
    add(average, comparison.subject, comparison.reading, comparison.average);
    add(limit, comparison.subject, comparison.reading, comparison.limit);
  }
  return { reading, average, limit };
}

/** The limit of what has always been nothing is the smallest number there is, and must not become nothing. */
function inSeconds(ms: number): number {
  return ms > 0 ? Math.max(ms / 1000, Number.MIN_VALUE) : ms / 1000;
}

function noSamples(): Record<Unit, Sample[]> {
  return { share: [], bytes: [], count: [], ms: [] };
}
