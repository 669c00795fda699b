/**
 * How many calls may fail at most, judged by those that were seen: the upper end of Jeffreys' interval. "No evidence
 * against it" is not "good": a pass needs enough calls to say that the failures stay below a margin.
 */

/** `ln(gamma(x))` for x > 0: Stirling's series above 10, and the recurrence down to it; right to 1e-13. */
function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  while (at < 10) {
    shift += Math.log(at);
    at += 1;
  }
  const square = 1 / (at * at);
  const series =
    (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / at;
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** The continued fraction of the incomplete beta function, by Lentz's method. Converges fast for x < (a + 1) / (a + b + 2). */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const away = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let value = d;
  // The steps needed grow with the root of the larger parameter: 10,000 are enough for 1e8 calls.
  for (let m = 1; m <= 10_000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return value;
}

/** Chance that a Beta(a, b) variable is at most x: the regularised incomplete beta function; a, b > 0. */
export function betaCumulative(x: number, a: number, b: number): number {
  if (!(x > 0)) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** The x below which a Beta(a, b) variable lies with the given chance: the inverse of `betaCumulative`. */
export function betaQuantile(chance: number, a: number, b: number): number {
  if (!(chance > 0)) return 0;
  if (chance >= 1) return 1;
  let low = 0;
  let high = 1;
  // Halving never leaves the bracket, and 60 of them use up a double: no slope, nothing to tune.
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (betaCumulative(middle, a, b) < chance) low = middle;
    else high = middle;
  }
  return high;
}

/** Calls and failures of the canary; of several that failed together, `dispersion` count as one. */
export interface BoundInput {
  readonly calls: number;
  readonly failures: number;
  /** 1 and more. */
  readonly dispersion: number;
}

/** Share of failing calls, 0 to 1, that the truth is below with the given confidence. */
export function failureBound(input: BoundInput, confidence: number): number {
  const { calls, failures, dispersion } = input;
  return betaQuantile(confidence, failures / dispersion + 0.5, (calls - failures) / dispersion + 0.5);
}

/** How sure it is, 0 to 1, that fewer calls fail than the margin. */
export function chanceBelow(input: BoundInput, margin: number): number {
  const { calls, failures, dispersion } = input;
  return betaCumulative(margin, failures / dispersion + 0.5, (calls - failures) / dispersion + 0.5);
}

/** More than this is not worth waiting for, and keeps the search finite. */
const mostRequests = 1e9;

/**
 * Calls that are still needed until the bound is below the margin, if no more of them fail; 0: it is below. At most 1e9.
 */
export function needRequests(input: BoundInput, margin: number, confidence: number): number {
  const enough = (calls: number): boolean => chanceBelow({ ...input, calls }, margin) > confidence;
  if (enough(input.calls)) return 0;
  let low = input.calls;
  let high = Math.max(16, input.calls * 2);
  while (!enough(high)) {
    if (high >= mostRequests) return mostRequests;
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return Math.ceil(high - input.calls);
}
