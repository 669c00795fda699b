/**
 * The header mutations of a virtual host and a route, worked out once: a head is changed by leaving out the fields
 * named in `dropped` and appending `pairs`. The result is that of applying the virtual host's remove, set and add,
 * then the route's.
 */
import type { HeaderMutations, HeaderPair } from '../config/index.ts';

export class HeaderPatch {
  /** Lower-case names of fields that are removed or replaced. */
  readonly dropped: readonly string[];
  /** Fields to append, in order, with their names as written. */
  readonly pairs: readonly HeaderPair[];
  /** Nothing to do. */
  readonly empty: boolean;

  constructor(dropped: readonly string[], pairs: readonly HeaderPair[]) {
    this.dropped = dropped;
    this.pairs = pairs;
    this.empty = dropped.length === 0 && pairs.length === 0;
  }

  /** `layers` go from the least to the most specific; a later one sees what the earlier ones did. */
  static of(layers: readonly HeaderMutations[]): HeaderPatch {
    const dropped = new Set<string>();
    let pairs: HeaderPair[] = [];
    const drop = (name: string): void => {
      const lowerName = name.toLowerCase();
      dropped.add(lowerName);
      pairs = pairs.filter((pair) => pair.name.toLowerCase() !== lowerName);
    };
    for (const layer of layers) {
      for (const name of layer.remove) drop(name);
      for (const pair of layer.set) {
        drop(pair.name);
        pairs.push(pair);
      }
      pairs.push(...layer.add);
    }
    return new HeaderPatch([...dropped], pairs);
  }
}
