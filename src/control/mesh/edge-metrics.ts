/**
 * What this node counts of its calls, for Prometheus: requests by service and version of the other end, failures by its
 * node as well. The view for people and dashboards; blame comes from the epochs that the aggregator gets.
 */
import { Collector, type CollectorOptions, type Exposition, type Sample } from '../../telemetry/control.ts';
import type { EdgeCounts, MeshEpoch } from './edge-counts.ts';
import { viewpointCounts } from './viewpoint-counts.ts';

/** Services and versions, and failing edges, that have a series of their own; further ones count as `_other`. */
const maxRequestSeries = 2000;
const maxFailureSeries = 1000;
const other = '_other';

/** Registers the metrics of `counts`, which lives as long as the registry. */
export function measureEdges(registry: Exposition['registry'], counts: Pick<EdgeCounts, 'onEpoch'>): void {
  const requests = new Series(maxRequestSeries, ['peer_service', 'peer_version']);
  const failures = new Series(maxFailureSeries, ['peer_node', 'peer_service', 'peer_version']);
  counts.onEpoch((epoch) => add(epoch, requests, failures));
  const collectors: readonly CollectorOptions[] = [
    {
      name: 'meshlock_edge_requests_total',
      help: 'Calls that ended, and towards upstream every try, failed ones included, by the side that counted and the service at the other end.',
      type: 'counter',
      labelNames: ['role', 'side', 'peer_service', 'peer_version'],
      read: () => requests.samples,
    },
    {
      name: 'meshlock_edge_failures_total',
      help: 'Calls that failed, by the side that counted, the node at the other end, and where the failure arose.',
      type: 'counter',
      labelNames: ['role', 'side', 'peer_node', 'peer_service', 'peer_version', 'origin', 'reason'],
      read: () => failures.samples,
    },
  ];
  for (const options of collectors) new Collector(options).registerIn(registry);
}

/** Sums by labels, at most so many: what comes later is added to one whose `folded` labels are `_other`. */
class Series {
  readonly #limit: number;
  readonly #folded: readonly string[];
  readonly #sums = new Map<string, { value: number; readonly labels: Readonly<Record<string, string>> }>();

  constructor(limit: number, folded: readonly string[]) {
    this.#limit = limit;
    this.#folded = folded;
  }

  get samples(): readonly Sample[] {
    return [...this.#sums.values()];
  }

  add(labels: Readonly<Record<string, string>>, value: number): void {
    if (value === 0) return;
    const key = Object.values(labels).join('\n');
    const known = this.#sums.get(key);
    if (known !== undefined) known.value += value;
    else if (this.#sums.size < this.#limit || this.#isFolded(labels)) this.#sums.set(key, { value, labels });
    else this.add({ ...labels, ...Object.fromEntries(this.#folded.map((name) => [name, other])) }, value);
  }

  #isFolded(labels: Readonly<Record<string, string>>): boolean {
    return this.#folded.every((name) => labels[name] === other);
  }
}

function add(epoch: MeshEpoch, requests: Series, failures: Series): void {
  for (const { role, side, peer, origin, reason, calls, failures: failed } of viewpointCounts(epoch)) {
    const service = { peer_service: peer.service, peer_version: peer.version };
    requests.add({ role, side, ...service }, calls);
    failures.add({ role, side, peer_node: peer.node, ...service, origin, reason }, failed);
  }
}
