/** The windows of a release, folded: sums of both arms, what the nodes had of them, and the two statistics over them. */
import type { PairedCount } from './e-process.ts';
import { EProcess } from './e-process.ts';
import { Dispersion } from './dispersion.ts';
import type { NodeCount, ReleaseInput, ReleaseWindow, StratumCount } from './release-input.ts';

interface MutableNode {
  readonly node: string;
  calls: number;
  failures: number;
}

/** One arm: the calls to one version. */
export class ArmTally {
  calls = 0;
  failures = 0;
  readonly #nodes = new Map<string, MutableNode>();

  add(stratum: StratumCount): void {
    this.calls += stratum.calls;
    this.failures += stratum.failures;
    for (const { node, calls, failures } of stratum.nodes) {
      const sum = this.#nodes.get(node);
      if (sum === undefined) this.#nodes.set(node, { node, calls, failures });
      else {
        sum.calls += calls;
        sum.failures += failures;
      }
    }
  }

  get nodes(): readonly NodeCount[] {
    return [...this.#nodes.values()];
  }
}

type Pair = { -readonly [Key in keyof PairedCount]: number };

export class ReleaseTally {
  /** From the canary's first call on; the time before only teaches the dispersion. */
  readonly canary: ArmTally = new ArmTally();
  readonly baseline: ArmTally = new ArmTally();
  readonly process: EProcess = new EProcess();
  readonly #dispersion = new Dispersion();
  #peak = 1;
  /** Calls of the canary that only its application counted. */
  applicationOnly = 0;
  readonly #strata = new Set<string>();
  readonly #versions: { readonly canary: string; readonly baseline: string };
  /** Of the canary's first call; -1: there was none. */
  firstEpoch = -1;

  constructor(versions: { readonly canary: string; readonly baseline: string }) {
    this.#versions = versions;
  }

  add({ epoch, strata }: ReleaseWindow): void {
    const pairs = this.#pair(strata);
    let moved = false;
    for (const [key, pair] of pairs) {
      const { canaryCalls, canaryFailures, baselineCalls, baselineFailures } = pair;
      if (this.firstEpoch < 0 && canaryCalls > 0) this.firstEpoch = epoch;
      this.#dispersion.add(`baseline\n${key}`, { epoch, calls: baselineCalls, failures: baselineFailures });
      this.#dispersion.add(`canary\n${key}`, { epoch, calls: canaryCalls, failures: canaryFailures });
      moved = this.process.add(key, pair) || moved;
      if (canaryCalls > 0 && baselineCalls > 0) this.#strata.add(key);
    }
    if (moved) this.#peak = Math.max(this.#peak, this.process.evidence(this.dispersion));
    if (this.firstEpoch < 0) return;
    for (const stratum of strata) {
      this.#arm(stratum.version)?.add(stratum);
      if (stratum.applicationOnly === true && stratum.version === this.#versions.canary)
        this.applicationOnly += stratum.calls;
    }
  }

  /** Those in which both arms had calls: only they compare. */
  get strata(): number {
    return this.#strata.size;
  }

  /**
   * The strongest that the evidence has been after any window: what was proven stays so, and the answer does not hang on
   * who asked when. At least 1.
   */
  get peak(): number {
    return this.#peak;
  }

  get dispersion(): number {
    return this.#dispersion.value;
  }

  /** What comes in several counts of one stratum is one count. */
  #pair(strata: readonly StratumCount[]): Map<string, Pair> {
    const pairs = new Map<string, Pair>();
    for (const stratum of strata) {
      const isCanary = stratum.version === this.#versions.canary;
      if (!isCanary && stratum.version !== this.#versions.baseline) continue;
      const key = `${stratum.callerService}\n${stratum.calleeService}`;
      let pair = pairs.get(key);
      if (pair === undefined) {
        pair = { canaryCalls: 0, canaryFailures: 0, baselineCalls: 0, baselineFailures: 0 };
        pairs.set(key, pair);
      }
      if (isCanary) {
        pair.canaryCalls += stratum.calls;
        pair.canaryFailures += stratum.failures;
      } else {
        pair.baselineCalls += stratum.calls;
        pair.baselineFailures += stratum.failures;
      }
    }
    return pairs;
  }

  #arm(version: string): ArmTally | null {
    if (version === this.#versions.canary) return this.canary;
    return version === this.#versions.baseline ? this.baseline : null;
  }
}

/** All windows, folded. */
export function tallyOf(input: ReleaseInput): ReleaseTally {
  const tally = new ReleaseTally({ canary: input.release.version, baseline: input.baselineVersion });
  for (const window of input.windows) if (window.epoch <= input.lastEpoch) tally.add(window);
  return tally;
}

/** The canary's sums as they stood at the end of an epoch, of all calls or of those that a proxy counted. */
export function canaryUntil(
  input: ReleaseInput,
  lastEpoch: number,
  applicationsSuffice: boolean,
): { readonly calls: number; readonly failures: number } {
  let calls = 0;
  let failures = 0;
  for (const { epoch, strata } of input.windows) {
    if (epoch > lastEpoch) continue;
    for (const stratum of strata) {
      if (stratum.version !== input.release.version) continue;
      if (stratum.applicationOnly === true && !applicationsSuffice) continue;
      calls += stratum.calls;
      failures += stratum.failures;
    }
  }
  return { calls, failures };
}
