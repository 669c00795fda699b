/** Time spent in garbage collection, summed up. Node tells it after each collection, only in the thread itself. */
import { PerformanceObserver } from 'node:perf_hooks';
import { guarded, type Part } from './guard.ts';

export class GcTotal implements Part {
  ms = 0;
  /** Observes only as long as somebody holds it. */
  #observer: PerformanceObserver | null = null;
  readonly #onCollection: () => void;

  /** `onCollection` is called after one or several, when the event loop turns. */
  constructor(onCollection: () => void) {
    this.#onCollection = onCollection;
  }

  install(): void {
    const observer = new PerformanceObserver(
      guarded((list) => {
        for (const { duration } of list.getEntries()) this.ms += duration;
        this.#onCollection();
      }),
    );
    observer.observe({ entryTypes: ['gc'] });
    this.#observer = observer;
  }

  remove(): void {
    this.#observer?.disconnect();
    this.#observer = null;
  }
}
