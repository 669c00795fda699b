/**
 * Outlier detection as the control thread does it, for one cluster: decides on the failures that data threads report,
 * compares success rates once an interval, ejects, and lets ejected endpoints return. Envoy's rules and defaults; one
 * difference: an ejection ends at its own time, not at the next interval.
 */
import type { Clock, Random, Timer } from '../../base/index.ts';
import type { OutlierDetectionConfig } from '../../config/index.ts';
import { durationText } from '../duration-text.ts';
import type { OutlierFailure } from '../outcome.ts';
import { type RateSample, successRateOutliers } from './success-rate.ts';

/** Running totals of one endpoint over all threads; they never fall. */
export interface EndpointTotals {
  readonly successes: number;
  readonly failures: number;
}

export type OutlierChange =
  | {
      readonly kind: 'ejected';
      readonly key: string;
      /** For people, with the numbers that led to it. */
      readonly reason: string;
      readonly forMs: number;
      /** How often it was ejected lately: what the duration is multiplied by. */
      readonly count: number;
    }
  | { readonly kind: 'returned'; readonly key: string; readonly reason: string };

export interface Ejection {
  readonly reason: string;
  /** Unix milliseconds. */
  readonly untilMs: number;
  readonly count: number;
}

export interface OutlierDetectorOptions {
  readonly config: OutlierDetectionConfig;
  readonly clock: Clock;
  readonly random: Random;
  totalsOf(key: string): EndpointTotals;
  onChange(change: OutlierChange): void;
}

interface Watched {
  readonly key: string;
  /** Multiplies the ejection time; rises with each ejection, falls by one for each interval without. */
  count: number;
  ejection: Ejection | null;
  timer: Timer | null;
  totals: EndpointTotals;
  /** Why a detection did not eject it, at the last detection. */
  spared: string | null;
}

export class OutlierDetector {
  readonly #options: OutlierDetectorOptions;
  readonly #watched = new Map<string, Watched>();
  #config: OutlierDetectionConfig;
  #interval: Timer;

  constructor(options: OutlierDetectorOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#interval = this.#startInterval();
  }

  /** Takes a changed configuration over. Ejections under way keep their end. */
  configure(config: OutlierDetectionConfig): void {
    const before = this.#config;
    this.#config = config;
    if (before.intervalMs === config.intervalMs) return;
    this.#interval.cancel();
    this.#interval = this.#startInterval();
  }

  /** The endpoints there are now. One that is new starts with a clean record. */
  setEndpoints(keys: Iterable<string>): void {
    const next = new Set(keys);
    for (const [key, watched] of this.#watched) {
      if (next.has(key)) continue;
      watched.timer?.cancel();
      this.#watched.delete(key);
    }
    for (const key of next) {
      if (this.#watched.has(key)) continue;
      const totals = this.#options.totalsOf(key);
      this.#watched.set(key, { key, count: 0, ejection: null, timer: null, totals, spared: null });
    }
  }

  ejectionOf(key: string): Ejection | null {
    return this.#watched.get(key)?.ejection ?? null;
  }

  /** Why the last detection did not eject this endpoint; `null` when there was none or it did. */
  sparedBecause(key: string): string | null {
    return this.#watched.get(key)?.spared ?? null;
  }

  /** A data thread saw a run of failures. */
  report(key: string, failure: OutlierFailure): void {
    const watched = this.#watched.get(key);
    if (watched === undefined || watched.ejection !== null) return;
    const { reason, enforce } = runOf(failure, this.#config);
    this.#detected(watched, reason, enforce);
  }

  /** An active health check passed: an ejected endpoint returns at once. */
  healthCheckPassed(key: string): void {
    const watched = this.#watched.get(key);
    if (watched?.ejection) this.#return(watched, 'an active health check passed');
  }

  close(): void {
    this.#interval.cancel();
    for (const { timer } of this.#watched.values()) timer?.cancel();
    this.#watched.clear();
  }

  #detected(watched: Watched, reason: string, enforce: number): void {
    const full = this.#limitReached();
    if (full !== null) {
      watched.spared = `${reason}; not ejected: ${full}`;
    } else if (this.#options.random.next() >= enforce) {
      watched.spared = `${reason}; not ejected: enforced for ${percent(enforce)} of detections`;
    } else {
      this.#eject(watched, reason);
    }
  }

  /** Says so when no more endpoints may be ejected. One always may. */
  #limitReached(): string | null {
    const total = this.#watched.size;
    let ejected = 0;
    for (const watched of this.#watched.values()) if (watched.ejection !== null) ejected++;
    if (ejected === 0 || ejected / total < this.#config.maxEjectionRatio) return null;
    return `${ejected} of ${total} endpoints are ejected, the limit is ${percent(this.#config.maxEjectionRatio)}`;
  }

  #eject(watched: Watched, reason: string): void {
    const { clock } = this.#options;
    const { baseEjectionMs, maxEjectionMs } = this.#config;
    if (watched.count * baseEjectionMs < maxEjectionMs + baseEjectionMs) watched.count++;
    const forMs = Math.min(Math.max(baseEjectionMs, maxEjectionMs), baseEjectionMs * watched.count);
    const count = watched.count;
    watched.spared = null;
    watched.ejection = { reason, untilMs: clock.wall() + forMs, count };
    watched.timer = clock.after(forMs, () => {
      this.#return(watched, `${durationText(forMs)} of ejection are over`);
    });
    this.#options.onChange({ kind: 'ejected', key: watched.key, reason, forMs, count });
  }

  #return(watched: Watched, reason: string): void {
    watched.timer?.cancel();
    watched.timer = null;
    watched.ejection = null;
    this.#options.onChange({ kind: 'returned', key: watched.key, reason });
  }

  #startInterval(): Timer {
    return this.#options.clock.every(this.#config.intervalMs, () => this.#onInterval());
  }

  #onInterval(): void {
    const samples: RateSample[] = [];
    for (const watched of this.#watched.values()) {
      const sample = this.#sample(watched);
      if (watched.ejection !== null) continue;
      if (watched.count > 0) watched.count--;
      samples.push(sample);
    }
    if (this.#config.enforceSuccessRate > 0) this.#compare(samples);
  }

  /** What the endpoint did since the interval before. */
  #sample(watched: Watched): RateSample {
    const { key, totals: before } = watched;
    const now = this.#options.totalsOf(key);
    watched.totals = now;
    return {
      key,
      successes: Math.max(0, now.successes - before.successes),
      failures: Math.max(0, now.failures - before.failures),
    };
  }

  #compare(samples: readonly RateSample[]): void {
    const config = this.#config;
    const { compared, mean, stdev, threshold, outliers } = successRateOutliers(samples, config);
    for (const { key, rate } of outliers) {
      const watched = this.#watched.get(key);
      if (watched === undefined || watched.ejection !== null) continue;
      const reason =
        `success rate ${percent(rate)} is below ${percent(threshold)} ` +
        `(mean ${percent(mean)} - ${config.successRateStdevFactor} x ${percent(stdev)}, ${compared} endpoints)`;
      this.#detected(watched, reason, config.enforceSuccessRate);
    }
  }
}

/** A reported run in words, and how often such a run ejects. */
function runOf(
  failure: OutlierFailure,
  config: OutlierDetectionConfig,
): { readonly reason: string; readonly enforce: number } {
  switch (failure) {
    case 'consecutive-5xx':
      return {
        reason: `${config.consecutive5xx} consecutive answers with 5xx, or none`,
        enforce: config.enforceConsecutive5xx,
      };
    case 'consecutive-gateway':
      return {
        reason: `${config.consecutiveGatewayFailure} consecutive answers with 502, 503 or 504, or none`,
        enforce: config.enforceConsecutiveGatewayFailure,
      };
    case 'consecutive-local-origin':
      return {
        reason: `${config.consecutiveLocalOriginFailure} consecutive failed connects, timeouts or resets`,
        enforce: config.enforceConsecutiveLocalOriginFailure,
      };
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))}%`;
}
