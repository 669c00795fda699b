/** Counts captures for metrics and remembers the newest of each sort. Bounded by the table of sorts. */
import type { CaptureRecord } from '../capture/capture.ts';
import type { MonitorFigures } from './view.ts';

type CaptureCount = MonitorFigures['captures'][number];
export type CaptureResult = CaptureCount['result'];

export class CaptureCounts {
  readonly #counts = new Map<string, CaptureCount>();
  readonly #latest = new Map<string, CaptureRecord>();

  add(sort: Omit<CaptureCount, 'count'>, record: CaptureRecord | undefined): void {
    const place = `${sort.subject} ${sort.rule} ${sort.kind}`;
    const key = `${place} ${sort.result}`;
    this.#counts.set(key, { ...sort, count: (this.#counts.get(key)?.count ?? 0) + 1 });
    if (record !== undefined) this.#latest.set(place, record);
  }

  get counts(): MonitorFigures['captures'] {
    return [...this.#counts.values()];
  }

  get latest(): readonly CaptureRecord[] {
    return [...this.#latest.values()];
  }
}
