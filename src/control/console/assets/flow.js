/**
 * Rates and latencies of one listener or cluster, from differences of its counters: over the last seconds, and as a line
 * of the last minutes. A counter alone says nothing about now.
 */

/** Long enough that ten requests a second make steady percentiles, short enough to see a fault come. */
const windowMs = 10_000;
/** Five minutes of a look every two seconds. */
const maxPoints = 150;
/** A page that was hidden or cut off for longer starts its rates again: their average over the gap would mislead. */
const maxGapMs = 8000;

export class Flow {
  /** Looks within the window, oldest first: `{ tick, requests, durations, ... }`. */
  #looks = [];
  /** `{ rate, errors, p99 }` per look, `null` for a gap. */
  points = [];
  /** Of the window; `null` before there are two looks. */
  now = null;

  /** `tick`: milliseconds of the process's clock that never jumps. `kind`: which answers count as errors. */
  add(tick, figures, bounds, isError) {
    const last = this.#looks.at(-1);
    if (last !== undefined && tick <= last.tick) return;
    if (last !== undefined && tick - last.tick > maxGapMs) {
      this.#looks = [];
      this.#point(null);
    }
    this.#looks.push({ tick, figures });
    while (this.#looks.length > 2 && this.#looks[1].tick <= tick - windowMs) this.#looks.shift();
    this.now = this.#looks.length < 2 ? null : between(this.#looks[0], this.#looks.at(-1), bounds, isError);
    if (this.#looks.length >= 2)
      this.#point(between(this.#looks.at(-2), this.#looks.at(-1), bounds, isError));
  }

  #point(point) {
    this.points.push(point);
    if (this.points.length > maxPoints) this.points.shift();
  }
}

/** Of two looks at the same counters, the first the older one. */
export function between(from, to, bounds, isError) {
  const seconds = (to.tick - from.tick) / 1000;
  const requests = minus(to.figures.requests, from.figures.requests);
  const durations = minus(to.figures.durations, from.figures.durations);
  const total = sum(requests);
  const errors = sum(requests.filter((_, i) => isError(i)));
  return {
    rate: total / seconds,
    errors: total === 0 ? null : errors / total,
    p50: quantile(0.5, bounds, durations),
    p90: quantile(0.9, bounds, durations),
    p99: quantile(0.99, bounds, durations),
    connections: (to.figures.connections - from.figures.connections) / seconds,
    received: (to.figures.bytesReceived - from.figures.bytesReceived) / seconds,
    sent: (to.figures.bytesSent - from.figures.bytesSent) / seconds,
  };
}

/**
 * In the unit of `bounds`, linear within the bucket that holds it, as Prometheus' `histogram_quantile`; beyond the last
 * bound `Infinity`. `counts` has one more than bounds, not cumulated. `null`: nothing was counted.
 */
export function quantile(share, bounds, counts) {
  const total = sum(counts);
  if (total === 0) return null;
  const rank = share * total;
  let below = 0;
  for (const [i, bound] of bounds.entries()) {
    const inside = counts[i];
    if (inside > 0 && below + inside >= rank) {
      const low = i === 0 ? 0 : bounds[i - 1];
      return low + ((bound - low) * (rank - below)) / inside;
    }
    below += inside;
  }
  return Number.POSITIVE_INFINITY;
}

/** Of all, as if they were one. They have the same counters. */
export function summed(list) {
  const add = (name) => list.reduce((total, figures) => total + figures[name], 0);
  const lengths = list[0] ?? { requests: [], durations: [] };
  const each = (name) =>
    lengths[name].map((_, i) => list.reduce((total, figures) => total + figures[name][i], 0));
  return {
    requests: each('requests'),
    durations: each('durations'),
    requestsActive: add('requestsActive'),
    connections: add('connections'),
    connectionsActive: add('connectionsActive'),
    bytesReceived: add('bytesReceived'),
    bytesSent: add('bytesSent'),
  };
}

/** What a counter lost (it cannot, but a stale answer might come late) counts as nothing. */
function minus(to, from) {
  return to.map((value, i) => Math.max(0, value - from[i]));
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
