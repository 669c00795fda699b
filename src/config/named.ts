/** Things of the file that have a name or an address, and those that share one. */
import { formatPath, type Place } from './path.ts';
import type { Finding } from './shape-problems.ts';

/** Something that must be unique, and where to point when it is not. */
export interface Named {
  readonly place: Place;
  readonly key: string | undefined;
}

export function duplicates(named: readonly Named[], expected: string): Finding[] {
  const first = new Map<string, Place>();
  const findings: Finding[] = [];
  for (const { place, key } of named) {
    if (key === undefined) continue;
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, place);
      continue;
    }
    const hint = `first at ${formatPath(earlier.path)}`;
    findings.push({ path: place.path, expected, got: `${key} again`, hint });
  }
  return findings;
}

export function nameOf(place: Place): Named {
  return { place: place.at('name'), key: place.at('name').text };
}
