/**
 * What the rings have shown since the page was opened. A ring holds ten samples, less than a minute; the page adds them
 * up to a longer line.
 */

/** Per subject: 20 minutes at the usual 5 s. */
const maxSamples = 240;
/** The average that rules compare with. */
const averagedSamples = 10;

export class RingHistory {
  /** Unix milliseconds, ascending. */
  times = [];
  /** By reading, one value per time; `null` where it could not be had. */
  values = {};

  /** Takes over what is newer than what is here. A ring that ends earlier belongs to another life or clock: starts again. */
  add(ring) {
    const newest = ring.times.at(-1) ?? -Infinity;
    if (newest < (this.times.at(-1) ?? -Infinity)) {
      this.times = [];
      this.values = {};
    }
    const known = this.times.at(-1) ?? -Infinity;
    for (const [i, at] of ring.times.entries()) if (at > known) this.#push(at, ring.values, i);
  }

  #push(at, values, index) {
    const before = this.times.length;
    this.times.push(at);
    for (const name of Object.keys(values)) this.values[name] ??= Array.from({ length: before }, () => null);
    for (const [name, line] of Object.entries(this.values)) line.push(values[name]?.[index] ?? null);
    if (this.times.length <= maxSamples) return;
    this.times.shift();
    for (const line of Object.values(this.values)) line.shift();
  }
}

/**
 * For each of `values` and for the one that comes next, the average of the ten good ones before it; `null` where there
 * are fewer.
 */
export function averagesBefore(values) {
  const window = [];
  const averages = [];
  for (const value of [...values, null]) {
    const full = window.length === averagedSamples;
    averages.push(full ? window.reduce((sum, other) => sum + other, 0) / averagedSamples : null);
    if (value === null) continue;
    window.push(value);
    if (window.length > averagedSamples) window.shift();
  }
  return averages;
}
