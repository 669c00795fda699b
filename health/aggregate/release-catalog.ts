/**
 * Which versions of which services there are, which release brought them, and on which nodes they run: learned from who
 * reports and whom it names as its peers, and from what a pipeline tells.
 */
import type { EpochReport } from '../observe/epoch-report.ts';
import { isPeerField, otherPeer } from '../observe/peer-field.ts';
import type { Peer } from '../observe/viewpoint.ts';

export interface KnownVersion {
  readonly service: string;
  readonly version: string;
  /** The release order; empty: not known. */
  readonly release: string;
  readonly firstEpoch: number;
  readonly lastEpoch: number;
  /** By node, first and last epoch in which it was heard of; at most 1,000. */
  readonly nodes: ReadonlyMap<string, readonly [first: number, last: number]>;
}

/** A version as it lies in the journal. */
export type VersionRecord = readonly [
  service: string,
  version: string,
  release: string,
  firstEpoch: number,
  lastEpoch: number,
  nodes: readonly (readonly [node: string, first: number, last: number])[],
];

interface Entry {
  readonly service: string;
  readonly version: string;
  release: string;
  firstEpoch: number;
  lastEpoch: number;
  readonly nodes: Map<string, readonly [first: number, last: number]>;
}

export interface ReleaseParts {
  readonly order: string;
  readonly iteration: string;
}

/** What came within a minute came together: as a rule it was there before the aggregator was. */
export const togetherEpochs = 6;
const maxVersions = 10_000;
const maxNodesPerVersion = 1000;
/** In the journal: enough to know that it was more than one node, the rest comes back with the next reports. */
const maxNodesRecorded = 16;

export class ReleaseCatalog {
  readonly #versions = new Map<string, Entry>();
  /** By service: the version that a pipeline named last, in the order of being told. */
  readonly #told = new Map<string, Pick<KnownVersion, 'version' | 'release'>>();
  /** What changed since the last `changes`. */
  readonly #changed = new Set<Entry>();

  get size(): number {
    return this.#versions.size;
  }

  learn({ node, epoch, edges, totals }: EpochReport): void {
    this.#see(node, epoch);
    for (const { peer } of edges) this.#see(peer, epoch);
    for (const { peerService: service, peerVersion: version, peerRelease: release } of totals) {
      this.#see({ node: '', service, version, release }, epoch);
    }
  }

  /** From the journal. */
  recall(record: VersionRecord): void {
    this.merge(record);
    this.#changed.clear();
  }

  /** From a shard. */
  merge([service, version, release, firstEpoch, lastEpoch, nodes]: VersionRecord): void {
    this.#see({ node: '', service, version, release }, firstEpoch);
    this.#see({ node: '', service, version, release }, lastEpoch);
    for (const [node, first, last] of nodes) {
      this.#see({ node, service, version, release }, first);
      this.#see({ node, service, version, release }, last);
    }
  }

  /** From the journal: calls were counted. */
  touch(service: string, version: string, epoch: number): void {
    this.#see({ node: '', service, version, release: '' }, epoch);
    this.#changed.clear();
  }

  /** From history: a version was called before anybody told of it here. What was told here goes before what was then. */
  learnPast({ service, version, release }: Omit<Peer, 'node'>, first: number, last: number): void {
    if (!isPeerField(version) || !isPeerField(release)) return;
    const key = `${service}\n${version}`;
    const { firstEpoch = first, lastEpoch = last } = this.#versions.get(key) ?? {};
    for (const epoch of [first, last]) this.#see({ node: '', service, version, release: '' }, epoch);
    const entry = this.#versions.get(key);
    if (entry === undefined) return;
    const isNamed = entry.release === '' && release !== '';
    if (isNamed) entry.release = release;
    if (isNamed || entry.firstEpoch < firstEpoch || entry.lastEpoch > lastEpoch) this.#changed.add(entry);
  }

  /** Services of which several versions were heard of since `epoch`. */
  rivalled(epoch: number): readonly string[] {
    const counts = new Map<string, number>();
    for (const { service, lastEpoch } of this.#versions.values())
      if (lastEpoch >= epoch) counts.set(service, (counts.get(service) ?? 0) + 1);
    return [...counts].filter(([, count]) => count > 1).map(([service]) => service);
  }

  /**
   * A pipeline says which release it is that this service gets; the newest version has it unless it names another, which may
   * still have to come.
   */
  name(service: string, release: string, version: string): void {
    if (version !== '') this.#tell(service, { version, release });
    const entry = version === '' ? this.newest(service) : this.#versions.get(`${service}\n${version}`);
    if (entry === undefined || release === '') return;
    const own = this.#versions.get(`${entry.service}\n${entry.version}`);
    if (own === undefined || own.release === release) return;
    own.release = release;
    this.#changed.add(own);
  }

  /**
   * The version that came last. Of several that came within a minute of each other it is the one that a pipeline has
   * named. `undefined`: none was, so which of them is the new one would be a guess, and a rollback may hang on it; or
   * the service is not known.
   */
  newest(service: string): KnownVersion | undefined {
    const versions = this.ofService(service);
    const last = versions.at(-1);
    const before = versions.at(-2);
    const isAlone =
      before === undefined || last === undefined || before.firstEpoch < last.firstEpoch - togetherEpochs;
    if (isAlone) return last;
    const told = this.#told.get(service)?.version;
    return versions.find(
      ({ version, firstEpoch }) => version === told && firstEpoch >= last.firstEpoch - togetherEpochs,
    );
  }

  /** Of each service with several versions since `epoch` the newest. */
  underWay(epoch: number): readonly KnownVersion[] {
    return this.rivalled(epoch)
      .map((service) => this.newest(service))
      .filter((known) => known !== undefined);
  }

  /** Versions of a service in the order of their coming. */
  ofService(service: string): readonly KnownVersion[] {
    return [...this.#versions.values()]
      .filter((entry) => entry.service === service)
      .sort((a, b) => a.firstEpoch - b.firstEpoch);
  }

  /** What a text means: a release order, or a version; with `service` only there. The newest comes last. */
  find(text: string, service: string | undefined): readonly KnownVersion[] {
    const all = [...this.#versions.values()]
      .filter((entry) => service === undefined || entry.service === service)
      .sort((a, b) => a.firstEpoch - b.firstEpoch);
    const byOrder = all.filter(({ release }) => release === text);
    return byOrder.length > 0 ? byOrder : all.filter(({ version }) => version === text);
  }

  /** Forgets versions that nobody has seen since before `epoch`. */
  tidy(epoch: number): void {
    for (const [key, { lastEpoch }] of [...this.#versions]) if (lastEpoch < epoch) this.#versions.delete(key);
    if (this.#versions.size <= maxVersions) return;
    const oldest = [...this.#versions].sort(([, a], [, b]) => a.lastEpoch - b.lastEpoch);
    for (const [key] of oldest.slice(0, this.#versions.size - maxVersions)) this.#versions.delete(key);
  }

  /** What is new since the last call. Last epochs go along with the counts, they alone are no change. */
  changes(): readonly VersionRecord[] {
    const changed = [...this.#changed].map((entry) => recordOf(entry));
    this.#changed.clear();
    return changed;
  }

  records(): readonly VersionRecord[] {
    return [...this.#versions.values()].map((entry) => recordOf(entry));
  }

  /** With all nodes, for another level. */
  wholeRecords(): readonly VersionRecord[] {
    return [...this.#versions.values()].map((entry) => recordOf(entry, maxNodesPerVersion));
  }

  #tell(service: string, told: Pick<KnownVersion, 'version' | 'release'>): void {
    this.#told.delete(service);
    this.#told.set(service, told);
    for (const longestAgo of this.#told.keys()) {
      if (this.#told.size <= maxVersions) return;
      this.#told.delete(longestAgo);
    }
  }

  #see({ node, service, version, release }: Peer, epoch: number): void {
    if (service === '' || version === '' || service === otherPeer.service) return;
    const key = `${service}\n${version}`;
    let entry = this.#versions.get(key);
    if (entry === undefined) {
      // A flood of names between two tidyings is cut off; names that are known stay.
      if (this.#versions.size >= 2 * maxVersions) return;
      const told = this.#told.get(service);
      const known = release === '' && told?.version === version ? told.release : release;
      entry = { service, version, release: known, firstEpoch: epoch, lastEpoch: epoch, nodes: new Map() };
      this.#versions.set(key, entry);
      this.#changed.add(entry);
    }
    if (release !== '' && release !== entry.release && epoch >= entry.lastEpoch) {
      entry.release = release;
      this.#changed.add(entry);
    }
    entry.firstEpoch = Math.min(entry.firstEpoch, epoch);
    entry.lastEpoch = Math.max(entry.lastEpoch, epoch);
    if (node !== '' && node !== otherPeer.node) this.#seeNode(entry, node, epoch);
  }

  #seeNode(entry: Entry, node: string, epoch: number): void {
    const known = entry.nodes.get(node);
    if (known !== undefined) {
      if (epoch > known[1] || epoch < known[0])
        entry.nodes.set(node, [Math.min(known[0], epoch), Math.max(known[1], epoch)]);
    } else if (entry.nodes.size < maxNodesPerVersion) {
      entry.nodes.set(node, [epoch, epoch]);
      if (entry.nodes.size <= maxNodesRecorded) this.#changed.add(entry);
    }
  }
}

/** `2026-11-20.3` is the third iteration of the order `2026-11-20`; anything else is an order of one iteration. */
export function releaseParts(release: string): ReleaseParts {
  const [, order = release, iteration = ''] = /^(.+)\.(\d{1,6})$/.exec(release) ?? [];
  return { order, iteration };
}

function recordOf(entry: Entry, mostNodes: number = maxNodesRecorded): VersionRecord {
  const { service, version, release, firstEpoch, lastEpoch, nodes } = entry;
  const recorded = [...nodes].slice(0, mostNodes);
  return [
    service,
    version,
    release,
    firstEpoch,
    lastEpoch,
    recorded.map(([node, [first, last]]) => [node, first, last]),
  ];
}
