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
  /** One per time: whether what is watched began anew with it, such as a thread that was replaced. */
  begins = [];
  #ringLength = 0;
  #isNew = false;

  /** Takes over what is newer than what is here. A ring that ends earlier belongs to another life or clock: starts again. */
  add(ring) {
    const newest = ring.times.at(-1) ?? Infinity;
    if (newest < (this.times.at(-1) ?? -Infinity)) {
      this.times = [];
      this.values = {};
      this.begins = [];
    }
    // A ring that is shorter than it was is another one.
    this.#isNew ||= ring.times.length < this.#ringLength;
    this.#ringLength = ring.times.length;
    const known = this.times.at(-1) ?? -Infinity;
    for (const [i, at] of ring.times.entries()) if (at > known) this.#push(at, ring.values, i);
  }

  #push(at, values, index) {
    const before = this.times.length;
    this.times.push(at);
    this.begins.push(this.#isNew);
    this.#isNew = false;
    for (const name of Object.keys(values)) this.values[name] ??= Array.from({ length: before }, () => null);
    for (const [name, line] of Object.entries(this.values)) line.push(values[name]?.[index] ?? null);
    if (this.times.length <= maxSamples) return;
    this.times.shift();
    this.begins.shift();
    for (const line of Object.values(this.values)) line.shift();
  }
}

/**
 * For each of `values` and for the one that comes next, the average of the ten good ones before it; `null` where there
 * are fewer. With a value for which `begins` holds the counting starts again: holmes compares nothing with the readings of a
 * thread that is gone.
 */
export function averagesBefore(values, begins = []) {
  const window = [];
  const averages = [];
  for (const [i, value] of [...values, null].entries()) {
    if (begins[i] === true) window.length = 0;
    const full = window.length === averagedSamples;
    averages.push(full ? window.reduce((sum, other) => sum + other, 0) / averagedSamples : null);
    if (value === null) continue;
    window.push(value);
    if (window.length > averagedSamples) window.shift();
  }
  return averages;
}
