/** Half an hour of a canary with a tenth of the traffic, made up from a seed and looked at every ten seconds. */
import { Dispersion } from '../../../../health/verdict/dispersion.ts';
import { EProcess } from '../../../../health/verdict/e-process.ts';

/** Numbers from 0 up to, not including, 1: the same for the same seed (a 32-bit mixing counter). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** How many of `n` calls fail: walks from failure to failure, so that rare ones cost little. */
export function binomial(n: number, chance: number, random: () => number): number {
  if (chance <= 0) return 0;
  const scale = Math.log1p(-chance);
  let failures = 0;
  for (let at = 0; ; failures += 1) {
    at += Math.floor(Math.log1p(-random()) / scale) + 1;
    if (at > n) return failures;
  }
}

function poisson(mean: number, random: () => number): number {
  // Busy traffic is even enough, and drawing it call by call is most of a run's time.
  if (mean > 20) return Math.round(mean);
  const end = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > end; product *= random()) count += 1;
  return count;
}

/** Failures that come in bursts of geometric length. */
function bursty(
  n: number,
  { chance, mean, random }: { chance: number; mean: number; random: () => number },
): number {
  let failures = 0;
  for (let bursts = poisson((n * chance) / mean, random); bursts > 0; bursts -= 1) {
    failures += 1;
    while (random() < 1 - 1 / mean) failures += 1;
  }
  return Math.min(n, failures);
}

export interface Run {
  /** Of the canary; the baseline gets nine times as many. */
  readonly callsPerSecond: number;
  /** Share of failing calls; the baseline's is 0.1 %. */
  readonly canaryRate?: number;
  /** Five minutes in which both arms fail 5 %. */
  readonly outage?: boolean;
  readonly burst?: number;
  /** Windows of the baseline before the canary starts. */
  readonly history?: number;
  readonly corrected?: boolean;
}

const baseRate = 0.001;

/** Canary calls until the alarm at 100 to 1; null: there was none in half an hour. */
function callsToAlarm(run: Run, random: () => number): number | null {
  const process = new EProcess();
  const dispersion = new Dispersion();
  const failuresOf = (calls: number, chance: number): number =>
    run.burst === undefined
      ? binomial(calls, chance, random)
      : bursty(calls, { chance, mean: run.burst, random });
  let canaryTotal = 0;
  for (let epoch = -(run.history ?? 0); epoch < 180; epoch += 1) {
    const outage = run.outage === true && epoch >= 60 && epoch < 90 ? 0.05 : 0;
    const baselineCalls = poisson(run.callsPerSecond * 90, random);
    const canaryCalls = epoch < 0 ? 0 : poisson(run.callsPerSecond * 10, random);
    const baselineFailures = failuresOf(baselineCalls, Math.max(outage, baseRate));
    const canaryFailures = failuresOf(canaryCalls, Math.max(outage, run.canaryRate ?? baseRate));
    dispersion.add('baseline', { epoch, calls: baselineCalls, failures: baselineFailures });
    dispersion.add('canary', { epoch, calls: canaryCalls, failures: canaryFailures });
    process.add('all', { canaryCalls, canaryFailures, baselineCalls, baselineFailures });
    canaryTotal += canaryCalls;
    if (canaryFailures + baselineFailures === 0) continue;
    const { value } = dispersion;
    if (process.evidence(run.corrected === false ? 1 : value) >= 100) return canaryTotal;
  }
  return null;
}

export interface Figures {
  /** Runs with an alarm, of all. */
  readonly alarmed: number;
  readonly median: number;
}

export function repeat(run: Run, { runs, seed }: { readonly runs: number; readonly seed: number }): Figures {
  const random = randomOf(seed);
  const alarms: number[] = [];
  for (let index = 0; index < runs; index += 1) {
    const calls = callsToAlarm(run, random);
    if (calls !== null) alarms.push(calls);
  }
  alarms.sort((a, b) => a - b);
  return { alarmed: alarms.length / runs, median: alarms[Math.floor(alarms.length / 2)] ?? Number.NaN };
}
