/**
 * Earliest deadline first: who is next when everyone's turn comes in proportion to its weight. Whoever is served is
 * put back one period (1 / weight) later. Turns of one interleave with those of the others instead of coming in a row,
 * and a weight may change between turns. A binary heap over typed arrays: O(log n), nothing allocated.
 */
import type { Random } from '../../base/index.ts';

export class EdfSchedule {
  readonly #deadlines: Float64Array;
  /** Order among equal deadlines: who was put back first is next. */
  readonly #turns: Float64Array;
  readonly #heap: Int32Array;
  #turn = 0;

  /** `weights` are positive. The first turns fall at random within each one's period, so that threads differ. */
  constructor(weights: ArrayLike<number>, random: Random) {
    const size = weights.length;
    this.#deadlines = new Float64Array(size);
    this.#turns = new Float64Array(size);
    this.#heap = new Int32Array(size);
    for (let i = 0; i < size; i++) {
      this.#deadlines[i] = random.next() / weights[i]!;
      this.#turns[i] = this.#turn++;
      this.#heap[i] = i;
    }
    this.#heap.sort((a, b) => (this.#before(a, b) ? -1 : 1));
  }

  /** Index of the one whose turn it is. Not for an empty schedule. */
  next(): number {
    return this.#heap[0]!;
  }

  /** Puts the one whose turn it was back, with the weight that it has now (> 0). */
  requeue(weight: number): void {
    const served = this.#heap[0]!;
    this.#deadlines[served]! += 1 / weight;
    this.#turns[served] = this.#turn++;
    this.#sink(served);
  }

  #sink(index: number): void {
    const heap = this.#heap;
    const size = heap.length;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#before(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#before(heap[child]!, index)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = index;
  }

  #before(a: number, b: number): boolean {
    const difference = this.#deadlines[a]! - this.#deadlines[b]!;
    return difference === 0 ? this.#turns[a]! < this.#turns[b]! : difference < 0;
  }
}
