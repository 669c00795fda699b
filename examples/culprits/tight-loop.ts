/** A loop within a loop over the same list: harmless with ten entries, seconds with ten thousand. */
import { type Culprit, type CulpritOptions, defaultBlockMs } from './culprit.ts';
import { againFor } from './pace.ts';

interface Entry {
  readonly id: number;
  readonly tenant: number;
}

function removeDuplicates(entries: readonly Entry[]): Entry[] {
  const kept: Entry[] = [];
  for (const entry of entries) {
    let known = false;
    for (let at = 0; at < kept.length; at++) {
      const other = kept[at]!;
      if (other.id === entry.id && other.tenant === entry.tenant) known = true;
    }
    if (!known) kept.push(entry);
  }
  return kept;
}

export function tightLoop(options: CulpritOptions = {}): Culprit {
  let entries: Entry[] = [];
  return {
    name: 'tight-loop',
    summary: 'removes duplicates from a list by comparing each entry with each other',
    capture: 'cpu',
    guilty: 'removeDuplicates',
    file: 'tight-loop.ts',
    statement: 'other.id === entry.id',
    strike() {
      if (entries.length === 0) entries = Array.from({ length: 1500 }, (_, id) => ({ id, tenant: id % 7 }));
      againFor(options.blockMs ?? defaultBlockMs, () => void removeDuplicates(entries));
    },
    stop() {
      entries = [];
    },
  };
}
