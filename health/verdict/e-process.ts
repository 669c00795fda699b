/**
 * Does the canary fail more often than the baseline? A bet against "no", whose stake is the evidence: it may be looked at
 * after every window, and whoever starts with 1 sees 1 / alpha with a chance of at most alpha when the answer is "no"
 * (Ville's inequality). Given how many calls failed in a window, which arm they hit follows from the arms' shares alone,
 * so what breaks both arms alike is no evidence, and weights may shift at any time.
 */

/** Odds ratios that are bet on: from barely worse to broken. */
export const oddsRatios: readonly number[] = [1.5, 2, 3, 5, 10, 20, 50, 100];

/** Calls of both arms in one window of one stratum. */
export interface PairedCount {
  readonly canaryCalls: number;
  readonly canaryFailures: number;
  readonly baselineCalls: number;
  readonly baselineFailures: number;
}

/** Beyond this `exp` is no finite number, and JSON knows no infinity. */
const maxLogEvidence = 690;

/** `ln(sum(exp(values)) / values.length)` without leaving the range of numbers. */
function logMean(values: readonly number[]): number {
  const largest = Math.max(...values);
  if (largest === -Infinity) return -Infinity;
  return (
    largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0) / values.length)
  );
}

/**
 * Gain in log likelihood, in nats, by which a window speaks for each of the odds ratios against 1. None where an arm has
 * no calls: then its failures say nothing about the other.
 */
export function logGains(count: PairedCount): readonly number[] | null {
  const { canaryCalls, canaryFailures, baselineCalls, baselineFailures } = count;
  if (!(canaryCalls > 0) || !(baselineCalls > 0) || canaryFailures + baselineFailures === 0) return null;
  const share = canaryCalls / (canaryCalls + baselineCalls);
  return oddsRatios.map((ratio) => {
    const spread = ratio * share + 1 - share;
    return canaryFailures * Math.log(ratio / spread) - baselineFailures * Math.log(spread);
  });
}

export class EProcess {
  /** By stratum, the gains of all its windows for each odds ratio; its memory does not grow with time. */
  readonly #strata = new Map<string, number[]>();

  /** True: the window said something. */
  add(stratum: string, count: PairedCount): boolean {
    const gains = logGains(count);
    if (gains === null) return false;
    const sums = this.#strata.get(stratum);
    if (sums === undefined) this.#strata.set(stratum, [...gains]);
    else for (const [index, gain] of gains.entries()) sums[index] = (sums[index] ?? 0) + gain;
    return true;
  }

  /**
   * Natural logarithm of the evidence, at most 690. `dispersion` is how many failures come together, 1 and more.
   *
   * Half of the stake goes on one odds ratio in all strata at once (their evidence multiplies), half is spread over the
   * strata singly: a fault that only one caller meets is not outvoted by the healthy ones. With one stratum both are the
   * same bet.
   */
  logEvidence(dispersion: number): number {
    if (this.#strata.size === 0) return 0;
    const together = logMean(this.#pooled(dispersion));
    const singly = [...this.#strata.values()].map((sums) => logMean(sums.map((sum) => sum / dispersion)));
    return Math.min(maxLogEvidence, logMean([together, logMean(singly)]));
  }

  /** Evidence to one: finite. */
  evidence(dispersion: number): number {
    return Math.exp(this.logEvidence(dispersion));
  }

  /**
   * The largest of the odds ratios that the truth is not below, as sure as a fail is: each smaller one was bet against
   * by those above it and lost. 1: not even "as good as the baseline" lost.
   */
  oddsRatioAtLeast(dispersion: number, alpha: number): number {
    const sums = this.#pooled(dispersion);
    const enough = Math.log(1 / alpha);
    let sure = 1;
    for (let index = 0; index < oddsRatios.length - 1; index += 1) {
      const null_ = sums[index] ?? 0;
      const gain = logMean(sums.slice(index + 1)) - null_;
      if (gain < enough) break;
      sure = oddsRatios[index] ?? sure;
    }
    return sure;
  }

  #pooled(dispersion: number): readonly number[] {
    return oddsRatios.map((_, index) => {
      let sum = 0;
      for (const sums of this.#strata.values()) sum += sums[index] ?? 0;
      return sum / dispersion;
    });
  }
}
