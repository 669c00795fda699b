/** Who was behind a scraped target at a moment, from the points of `meshlock_node_info`. */
import type { Series } from './query-answer.ts';

export interface NodeName {
  readonly node: string;
  readonly service: string;
  readonly version: string;
}

const unknownNode: NodeName = { node: '', service: '', version: '' };

/** Targets differ by job and instance; both are the scraper's, not the node's. */
export function targetOf(labels: Readonly<Record<string, string>>): string {
  return `${labels['job'] ?? ''}\n${labels['instance'] ?? ''}`;
}

export class NodeNames {
  readonly #byTarget = new Map<string, Map<number, NodeName>>();
  readonly #releases = new Map<string, string>();
  readonly #ofVersion = new Map<string, Map<number, Set<string>>>();

  constructor(info: readonly Series[]) {
    for (const { labels, points } of info) {
      const name: NodeName = {
        node: labels['node_id'] ?? '',
        service: labels['node_service'] ?? '',
        version: labels['node_version'] ?? '',
      };
      const release = labels['node_release'] ?? '';
      if (release !== '') this.#releases.set(versionKey(name.service, name.version), release);
      const names = at(this.#byTarget, targetOf(labels), () => new Map<number, NodeName>());
      const times = at(
        this.#ofVersion,
        versionKey(name.service, name.version),
        () => new Map<number, Set<string>>(),
      );
      for (const [atMs] of points) {
        names.set(atMs, name);
        if (name.node !== '') at(times, atMs, () => new Set<string>()).add(name.node);
      }
    }
  }

  /** Whether the target was there. */
  has(target: string, atMs: number): boolean {
    return this.#byTarget.get(target)?.has(atMs) ?? false;
  }

  /** Unknown where the target did not say it then. */
  of(target: string, atMs: number): NodeName {
    return this.#byTarget.get(target)?.get(atMs) ?? unknownNode;
  }

  /** The release order that brought a version; empty: nobody said. */
  releaseOf(service: string, version: string): string {
    return this.#releases.get(versionKey(service, version)) ?? '';
  }

  /** Nodes of a version of a service that were there. */
  nodesOf(service: string, version: string, atMs: number): ReadonlySet<string> {
    return this.#ofVersion.get(versionKey(service, version))?.get(atMs) ?? new Set();
  }
}

function versionKey(service: string, version: string): string {
  return `${service}\n${version}`;
}

function at<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
