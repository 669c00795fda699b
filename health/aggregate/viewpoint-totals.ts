/**
 * Running totals of the six viewpoints by node, for dashboards that show between which two of them calls get lost. An
 * epoch is added when it is judged, with the reports of all nodes at once: so at any scrape two viewpoints have counted
 * the same ten seconds and may be subtracted. What comes later is added when it comes.
 */
import type { EpochReport } from '../observe/epoch-report.ts';
import { otherPeer } from '../observe/peer-field.ts';
import { Viewpoint } from '../observe/viewpoint.ts';

export interface ViewpointTotal {
  readonly node: string;
  readonly service: string;
  readonly version: string;
  readonly viewpoint: Viewpoint;
  readonly calls: number;
  readonly failures: number;
}

interface Entry {
  readonly node: string;
  readonly service: string;
  readonly version: string;
  /** By place in `Viewpoint`; -1: never reported from there. */
  readonly calls: Float64Array;
  readonly failures: Float64Array;
  lastEpoch: number;
}

export class ViewpointTotals {
  readonly #maxNodes: number;
  readonly #nodes = new Map<string, Entry>();
  #other: Entry | null = null;

  /** `maxNodes`: a node that was seen in two versions counts as two. */
  constructor(maxNodes: number) {
    this.#maxNodes = maxNodes;
  }

  add({ node, epoch, viewpoints, totals }: EpochReport): void {
    const entry = this.#entry(node.node, node.service, node.version);
    entry.lastEpoch = Math.max(entry.lastEpoch, epoch);
    // A viewpoint that is watched and saw nothing is 0: whoever reads knows that it is not silent.
    for (const viewpoint of viewpoints) put(entry, viewpoint, 0, 0);
    for (const { viewpoint, calls, failures } of totals) put(entry, viewpoint, calls, failures);
  }

  /** Forgets nodes that have said nothing since before `epoch`; the sum of those beyond the bound stays. */
  tidy(epoch: number): void {
    for (const [key, { lastEpoch }] of [...this.#nodes]) if (lastEpoch < epoch) this.#nodes.delete(key);
  }

  *all(): IterableIterator<ViewpointTotal> {
    const entries = this.#other === null ? [] : [this.#other];
    for (const { node, service, version, calls, failures } of [...this.#nodes.values(), ...entries]) {
      for (const [index, viewpoint] of Viewpoint.entries()) {
        const count = calls[index] ?? -1;
        if (count >= 0)
          yield { node, service, version, viewpoint, calls: count, failures: failures[index] ?? 0 };
      }
    }
  }

  #entry(node: string, service: string, version: string): Entry {
    const key = `${node}\n${service}\n${version}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    if (this.#nodes.size >= this.#maxNodes)
      return (this.#other ??= newEntry(otherPeer.node, otherPeer.service, otherPeer.version));
    const entry = newEntry(node, service, version);
    this.#nodes.set(key, entry);
    return entry;
  }
}

function newEntry(node: string, service: string, version: string): Entry {
  const calls = new Float64Array(Viewpoint.length).fill(-1);
  return { node, service, version, calls, failures: new Float64Array(Viewpoint.length), lastEpoch: 0 };
}

function put({ calls, failures }: Entry, viewpoint: Viewpoint, count: number, failed: number): void {
  const index = Viewpoint.indexOf(viewpoint);
  calls[index] = Math.max(0, calls[index] ?? 0) + count;
  failures[index] = (failures[index] ?? 0) + failed;
}
