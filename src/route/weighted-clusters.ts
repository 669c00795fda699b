/** Shares requests out over clusters by their weights. */
import type { Problem, Random } from '../base/index.ts';
import type { WeightedCluster } from '../config/index.ts';

export class WeightedClusters {
  readonly #names: readonly string[];
  /** Running sum of the weights: cluster i is chosen by a share below `#upTo[i]` and not below the one before. */
  readonly #upTo: readonly number[];
  readonly #total: number;

  /** What is wrong with the weights goes to `problems`; a configuration that was checked has nothing wrong. */
  constructor(clusters: readonly WeightedCluster[], path: string = '', problems: Problem[] = []) {
    const upTo: number[] = [];
    let total = 0;
    for (const { weight } of clusters) {
      total += weight;
      upTo.push(total);
    }
    this.#names = clusters.map((cluster) => cluster.cluster);
    this.#upTo = upTo;
    this.#total = total;
    if (clusters.length === 0) problems.push({ path, expected: 'at least one cluster', got: 'none' });
    const usable = total > 0 && clusters.every(({ weight }) => weight >= 0 && Number.isFinite(weight));
    if (clusters.length > 1 && !usable) {
      const got = clusters.map(({ weight }) => weight).join(', ');
      problems.push({ path, expected: 'weights of 0 or more, at least one above 0', got });
    }
  }

  /** Each cluster with probability weight / sum of weights; a weight of 0 is never chosen unless it is alone. */
  pick(random: Random): string {
    const last = this.#names.length - 1;
    if (last === 0) return this.#names[0]!;
    const share = random.next() * this.#total;
    let index = 0;
    while (index < last && this.#upTo[index]! <= share) index++;
    return this.#names[index]!;
  }
}
