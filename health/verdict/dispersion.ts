/**
 * How many failures come together. A connection that breaks fails all the calls on it, and a test that takes them for as
 * many witnesses raises false alarms. Learned from how much neighbouring windows of one arm differ beyond chance: an
 * outage of minutes lifts both neighbours alike and is no burst. For bursts of geometric length with mean B it is 2 B - 1.
 *
 * Mostly the baseline teaches it, before and while the canary runs, since it has most of the calls; the canary's windows
 * count too, so that the first burst of all does not count as proof where it hits the canary (with bursts of mean 3 and no
 * history: 0.8 % false alarms instead of 7 %).
 */

export interface WindowCount {
  readonly epoch: number;
  readonly calls: number;
  /** At most `calls`. */
  readonly failures: number;
}

/** Windows further apart than this, in epochs, are no neighbours: the world may have changed between them. */
const maxGapEpochs = 6;
/** Above this hardly any evidence is left, and a single freak window must not blind the test for good. */
const maxDispersion = 50;
/** So many independent failures are taken for seen, lest the first two of all decide. */
const presumed = 2;

export class Dispersion {
  readonly #last = new Map<string, WindowCount>();
  /** Squared differences of neighbours, and what chance alone makes of them; both in failures. */
  #observed: number = presumed;
  #expected: number = presumed;

  /** Windows of a series (an arm of a stratum) by epoch, ascending; those without calls are left out. */
  add(series: string, window: WindowCount): void {
    if (!(window.calls > 0)) return;
    const last = this.#last.get(series);
    this.#last.set(series, window);
    if (last === undefined || window.epoch - last.epoch > maxGapEpochs) return;
    const calls = last.calls + window.calls;
    const share = (last.failures + window.failures) / calls;
    if (share === 0 || share === 1) return;
    const apart = last.failures * window.calls - window.failures * last.calls;
    this.#observed += apart ** 2 / (last.calls * window.calls);
    // Two windows with a common share have one degree of freedom less than calls.
    this.#expected += (share * (1 - share) * calls ** 2) / (calls - 1);
  }

  /** 1 (independent, or nothing known) to 50. */
  get value(): number {
    return Math.min(maxDispersion, Math.max(1, this.#observed / this.#expected));
  }
}
