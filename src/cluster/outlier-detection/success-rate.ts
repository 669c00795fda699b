/** Which endpoints answer with success far less often than their peers: Envoy's success-rate outlier rule. */
import type { OutlierDetectionConfig } from '../../config/index.ts';

/** What an endpoint did within one interval. */
export interface RateSample {
  readonly key: string;
  readonly successes: number;
  readonly failures: number;
}

export interface SuccessRateVerdict {
  /** Endpoints with enough requests to be compared. */
  readonly compared: number;
  /** 0..1; all three only mean something when enough endpoints were compared. */
  readonly mean: number;
  readonly stdev: number;
  readonly threshold: number;
  readonly outliers: readonly { readonly key: string; readonly rate: number }[];
}

/** `samples`: of the endpoints that are not ejected. */
export function successRateOutliers(
  samples: readonly RateSample[],
  config: OutlierDetectionConfig,
): SuccessRateVerdict {
  const rates = samples
    .filter(({ successes, failures }) => successes + failures >= Math.max(1, config.successRateRequestVolume))
    .map(({ key, successes, failures }) => ({ key, rate: successes / (successes + failures) }));
  const compared = rates.length;
  if (compared === 0 || compared < config.successRateMinimumEndpoints) {
    return { compared, mean: 0, stdev: 0, threshold: 0, outliers: [] };
  }
  const mean = rates.reduce((sum, { rate }) => sum + rate, 0) / compared;
  const variance = rates.reduce((sum, { rate }) => sum + (rate - mean) ** 2, 0) / compared;
  const stdev = Math.sqrt(variance);
  const threshold = mean - config.successRateStdevFactor * stdev;
  return { compared, mean, stdev, threshold, outliers: rates.filter(({ rate }) => rate < threshold) };
}
