/**
 * What the verdicts on releases need of hours of reports: calls and failures by epoch, caller service, callee service,
 * version and viewpoint. Recent epochs are kept one by one, older ones in buckets of a minute; the oldest go when the
 * bound on rows is reached.
 *
 * A call is seen from up to six viewpoints and may count once: which one counts is decided per pair of services when
 * someone asks (`pickViewpoint`), the same for all versions, so that no version looks better because less of it is seen.
 */
import type { EpochReport } from '../observe/epoch-report.ts';
import { Viewpoint } from '../observe/viewpoint.ts';

/** Counts of one stratum in one bucket, as they lie in the journal too. */
export type LedgerRow = readonly [
  callerService: string,
  calleeService: string,
  version: string,
  viewpoint: number,
  calls: number,
  failures: number,
  /** Callee nodes at which the failures were, as far as it is known. */
  failing: readonly (readonly [node: string, failures: number])[],
];

export interface LedgerCount {
  readonly epoch: number;
  readonly callerService: string;
  readonly calleeService: string;
  readonly version: string;
  readonly viewpoint: Viewpoint;
  readonly calls: number;
  readonly failures: number;
  readonly failing: ReadonlyMap<string, number>;
}

export interface LedgerSettings {
  readonly keepEpochs: number;
  /** Epochs younger than this are kept one by one. */
  readonly fineEpochs: number;
  readonly maxRows: number;
}

interface Row {
  readonly callerService: string;
  readonly calleeService: string;
  readonly version: string;
  readonly viewpoint: number;
  calls: number;
  failures: number;
  readonly failing: Map<string, number>;
}

type Bucket = Map<string, Row>;

/** A minute. */
const coarseEpochs = 6;
/** Per row; where more nodes than this fail, it is not for one bad node. */
const maxFailing = 32;

export class ReleaseLedger {
  readonly #settings: LedgerSettings;
  readonly #buckets = new Map<number, Bucket>();
  #rows = 0;
  #dropped = 0;

  constructor(settings: LedgerSettings) {
    this.#settings = settings;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Rows that went before their time because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Far beyond the bound (before the next tidying) only what has a row already is added. */
  add(epoch: number, row: LedgerRow): void {
    let bucket = this.#buckets.get(epoch);
    if (bucket === undefined) this.#buckets.set(epoch, (bucket = new Map()));
    const mayGrow = this.#rows < 2 * this.#settings.maxRows;
    if (addTo(bucket, row, mayGrow)) this.#rows++;
    else if (!mayGrow && !bucket.has(strataKey(row))) this.#dropped++;
  }

  /** Gives one bucket up. */
  drop(epoch: number): void {
    const bucket = this.#buckets.get(epoch);
    if (bucket !== undefined) this.#remove(epoch, bucket);
  }

  /** Makes older epochs coarser and forgets what is too old or too much. `now` is the epoch under way. */
  tidy(now: number): void {
    const { keepEpochs, fineEpochs, maxRows } = this.#settings;
    const coarseBefore = now - fineEpochs;
    for (const [epoch, bucket] of [...this.#buckets]) {
      if (epoch < now - keepEpochs) this.#remove(epoch, bucket);
      else if (epoch < coarseBefore && epoch % coarseEpochs !== 0) {
        this.#remove(epoch, bucket);
        for (const row of bucket.values()) this.add(epoch - (epoch % coarseEpochs), rowOf(row));
      }
    }
    if (this.#rows <= maxRows) return;
    const oldestFirst = [...this.#buckets].sort(([a], [b]) => a - b);
    for (const [epoch, bucket] of oldestFirst) {
      if (this.#rows <= maxRows) return;
      this.#dropped += bucket.size;
      this.#remove(epoch, bucket);
    }
  }

  /** Minutes of which anything was counted, by their first epoch. */
  minutes(): ReadonlySet<number> {
    const minutes = new Set<number>();
    for (const epoch of this.#buckets.keys()) minutes.add(epoch - (epoch % coarseEpochs));
    return minutes;
  }

  /** Counts of calls to a service from bucket `from` on, oldest first, each call as often as it was seen. */
  countsOf(service: string, from: number): readonly LedgerCount[] {
    const counts: LedgerCount[] = [];
    for (const [epoch, bucket] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      if (epoch < from) continue;
      for (const row of bucket.values()) {
        if (row.calleeService !== service) continue;
        const viewpoint = Viewpoint[row.viewpoint];
        if (viewpoint !== undefined) counts.push({ ...row, epoch, viewpoint });
      }
    }
    return counts;
  }

  /** The same, each call from one viewpoint only. */
  ofService(service: string, from: number): readonly LedgerCount[] {
    return fromBest(this.countsOf(service, from));
  }

  /** Of one bucket. */
  rowsOf(epoch: number): readonly LedgerRow[] {
    return [...(this.#buckets.get(epoch)?.values() ?? [])].map(rowOf);
  }

  *entries(): IterableIterator<readonly [epoch: number, rows: readonly LedgerRow[]]> {
    for (const [epoch, bucket] of this.#buckets) yield [epoch, [...bucket.values()].map(rowOf)];
  }

  #remove(epoch: number, bucket: Bucket): void {
    this.#buckets.delete(epoch);
    this.#rows -= bucket.size;
  }
}

/** Where a call to a service is counted best: at the caller's proxy, which also sees what never arrived. */
const preference: readonly Viewpoint[] = [
  'outbound_upstream',
  'outbound_downstream',
  'caller',
  'inbound_downstream',
  'inbound_upstream',
  'callee',
];

/** Those of the viewpoint that sees a caller's calls best. */
export function fromBest(counts: readonly LedgerCount[]): readonly LedgerCount[] {
  const picked = pickViewpoint(counts);
  return counts.filter(({ callerService, viewpoint }) => picked.get(callerService) === viewpoint);
}

/**
 * By caller service: the best viewpoint that saw at least half of what the busiest one saw. A called application does
 * not know who calls it: what it counts are the calls that its proxies count under their callers' names, so it is taken
 * only where the proxies saw less than half of them.
 */
export function pickViewpoint(
  counts: readonly Pick<LedgerCount, 'callerService' | 'viewpoint' | 'calls'>[],
): ReadonlyMap<string, Viewpoint> {
  const calls = new Map<string, Map<Viewpoint, number>>();
  for (const count of counts) {
    const sums = calls.get(count.callerService) ?? new Map<Viewpoint, number>();
    calls.set(count.callerService, sums.set(count.viewpoint, (sums.get(count.viewpoint) ?? 0) + count.calls));
  }
  const picked = new Map<string, Viewpoint>();
  for (const [caller, sums] of calls) {
    const enough = Math.max(...sums.values()) / 2;
    const best = preference.find((viewpoint) => (sums.get(viewpoint) ?? -1) >= enough);
    if (best !== undefined) picked.set(caller, best);
  }
  if (picked.get('') === 'callee') {
    const unnamed = calls.get('')?.get('callee') ?? 0;
    const named = [...picked].reduce(
      (sum, [caller, viewpoint]) => sum + (caller === '' ? 0 : (calls.get(caller)?.get(viewpoint) ?? 0)),
      0,
    );
    if (named >= unnamed / 2) picked.delete('');
  }
  return picked;
}

/** The totals of a report as ledger rows: who called whom depends on the side from which it was seen. */
export function ledgerRows({ node, edges, totals }: EpochReport): readonly LedgerRow[] {
  const failing = failingNodes(edges);
  return totals.map((total) => {
    const viewpoint = Viewpoint.indexOf(total.viewpoint);
    const { calls, failures } = total;
    if (!isOutbound(total.viewpoint)) {
      const here: LedgerRow[6] = failures > 0 ? [[node.node, failures]] : [];
      return [total.peerService, node.service, node.version, viewpoint, calls, failures, here];
    }
    const there =
      failing.get(groupKey(total.viewpoint, total.peerService, total.peerVersion, total.peerRelease)) ?? [];
    return [node.service, total.peerService, total.peerVersion, viewpoint, calls, failures, there];
  });
}

function failingNodes(edges: EpochReport['edges']): ReadonlyMap<string, LedgerRow[6]> {
  const nodes = new Map<string, [string, number][]>();
  for (const { viewpoint, peer, failures } of edges) {
    const count = failures.reduce((sum, one) => sum + (one.origin === 'client' ? 0 : one.count), 0);
    if (count === 0 || peer.node === '' || !isOutbound(viewpoint)) continue;
    const key = groupKey(viewpoint, peer.service, peer.version, peer.release);
    const known = nodes.get(key);
    if (known === undefined) nodes.set(key, [[peer.node, count]]);
    else known.push([peer.node, count]);
  }
  return nodes;
}

/** What a total and the edges that are part of it have in common. */
function groupKey(viewpoint: Viewpoint, service: string, version: string, release: string): string {
  return `${viewpoint}\n${service}\n${version}\n${release}`;
}

function isOutbound(viewpoint: Viewpoint): boolean {
  return viewpoint === 'caller' || viewpoint === 'outbound_downstream' || viewpoint === 'outbound_upstream';
}

/** Adds to the row of that stratum; answers whether one was made for it. */
function addTo(bucket: Bucket, row: LedgerRow, mayGrow: boolean): boolean {
  const [callerService, calleeService, version, viewpoint, calls, failures, failing] = row;
  const key = strataKey(row);
  let known = bucket.get(key);
  const isNew = known === undefined;
  if (known === undefined) {
    if (!mayGrow) return false;
    known = { callerService, calleeService, version, viewpoint, calls: 0, failures: 0, failing: new Map() };
    bucket.set(key, known);
  }
  known.calls += calls;
  known.failures += failures;
  for (const [node, count] of failing) {
    const before = known.failing.get(node);
    if (before !== undefined || known.failing.size < maxFailing)
      known.failing.set(node, (before ?? 0) + count);
  }
  return isNew;
}

function strataKey([callerService, calleeService, version, viewpoint]: LedgerRow): string {
  return `${viewpoint}\n${callerService}\n${calleeService}\n${version}`;
}

function rowOf(row: Row): LedgerRow {
  const { callerService, calleeService, version, viewpoint, calls, failures, failing } = row;
  return [callerService, calleeService, version, viewpoint, calls, failures, [...failing]];
}
