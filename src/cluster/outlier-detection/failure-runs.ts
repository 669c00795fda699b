/**
 * Outlier detection as a data thread does it: counts each endpoint's consecutive failures and reports a run that
 * reaches its threshold. Whether the endpoint is then ejected is for the control thread (`OutlierDetector`) to say.
 * The rules are Envoy's; runs are counted per data thread.
 */
import type { Clock } from '../../base/index.ts';
import type { OutlierDetectionConfig } from '../../config/index.ts';
import type { Endpoint } from '../endpoint.ts';
import { Outcome, type OutlierFailure } from '../outcome.ts';

/** What a finished try counts as in the endpoint's success rate. */
export const TryVerdict = { Success: 0, Failure: 1, Uncounted: 2 } as const;
export type TryVerdict = (typeof TryVerdict)[keyof typeof TryVerdict];

/** An endpoint that fails on and on is reported at most this often, so that reports cannot flood the control thread. */
const reportPauseMs = 100;

/** A failure of the local side counts as this answer unless it is told apart. */
const localOriginStatus = 503;

export class FailureRuns {
  readonly #clock: Clock;
  readonly #report: (endpoint: Endpoint, failure: OutlierFailure) => void;
  #config: OutlierDetectionConfig | null;

  constructor(
    config: OutlierDetectionConfig | null,
    clock: Clock,
    report: (endpoint: Endpoint, failure: OutlierFailure) => void,
  ) {
    this.#config = config;
    this.#clock = clock;
    this.#report = report;
  }

  configure(config: OutlierDetectionConfig | null): void {
    this.#config = config;
  }

  /** Counts a finished try. `status` 0: no answer. */
  record(endpoint: Endpoint, outcome: Outcome, status: number): TryVerdict {
    if (outcome === Outcome.Cancelled) return TryVerdict.Uncounted;
    const failedHere = outcome === Outcome.LocalOriginFailure;
    const config = this.#config;
    if (config === null) {
      return failedHere || is5xx(status) ? TryVerdict.Failure : TryVerdict.Success;
    }
    if (!config.splitLocalOrigin)
      return this.#answer(endpoint, config, failedHere ? localOriginStatus : status);
    if (failedHere) {
      this.#localOriginFailure(endpoint, config);
      return TryVerdict.Uncounted;
    }
    endpoint.consecutiveLocalOrigin = 0;
    return this.#answer(endpoint, config, status);
  }

  #answer(endpoint: Endpoint, config: OutlierDetectionConfig, status: number): TryVerdict {
    if (!is5xx(status)) {
      endpoint.consecutive5xx = 0;
      endpoint.consecutiveGateway = 0;
      return TryVerdict.Success;
    }
    if (status >= 502 && status <= 504) this.#gatewayFailure(endpoint, config);
    else endpoint.consecutiveGateway = 0;
    endpoint.consecutive5xx++;
    if (
      reached(endpoint.consecutive5xx, config.consecutive5xx) &&
      this.#mayReport(endpoint, endpoint.reported5xxAtMs)
    ) {
      endpoint.consecutive5xx = 0;
      endpoint.reported5xxAtMs = this.#clock.now();
      this.#report(endpoint, 'consecutive-5xx');
    }
    return TryVerdict.Failure;
  }

  #gatewayFailure(endpoint: Endpoint, config: OutlierDetectionConfig): void {
    endpoint.consecutiveGateway++;
    if (
      reached(endpoint.consecutiveGateway, config.consecutiveGatewayFailure) &&
      this.#mayReport(endpoint, endpoint.reportedGatewayAtMs)
    ) {
      endpoint.consecutiveGateway = 0;
      endpoint.reportedGatewayAtMs = this.#clock.now();
      this.#report(endpoint, 'consecutive-gateway');
    }
  }

  #localOriginFailure(endpoint: Endpoint, config: OutlierDetectionConfig): void {
    endpoint.consecutiveLocalOrigin++;
    if (
      reached(endpoint.consecutiveLocalOrigin, config.consecutiveLocalOriginFailure) &&
      this.#mayReport(endpoint, endpoint.reportedLocalOriginAtMs)
    ) {
      endpoint.consecutiveLocalOrigin = 0;
      endpoint.reportedLocalOriginAtMs = this.#clock.now();
      this.#report(endpoint, 'consecutive-local-origin');
    }
  }

  #mayReport(endpoint: Endpoint, lastMs: number): boolean {
    return endpoint.live && !endpoint.state.ejected && this.#clock.now() - lastMs >= reportPauseMs;
  }
}

/** For an endpoint that returns from ejection: a run that had nearly reached its threshold must not eject it again. */
export function forgetRuns(endpoint: Endpoint): void {
  endpoint.consecutive5xx = 0;
  endpoint.consecutiveGateway = 0;
  endpoint.consecutiveLocalOrigin = 0;
}

function reached(count: number, threshold: number): boolean {
  return threshold > 0 && count >= threshold;
}

function is5xx(status: number): boolean {
  return status >= 500 && status < 600;
}
