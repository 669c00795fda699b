/**
 * Calls through a synthetic fleet and what its nodes report of them: a failure is seen by every viewpoint between the
 * caller and the place where it arose, by each in the epoch that its own clock shows.
 */
import type { EdgeCount, EpochReport, TotalCount } from '../../../health/observe/epoch-report.ts';
import { type FailureOrigin, type Peer, Viewpoint } from '../../../health/observe/viewpoint.ts';
import { type Fault, type Fleet, Place } from './fleet.ts';
import { binomial, geometric, poisson, type Random } from './random.ts';

export interface Traffic {
  /** Epochs in the window: 6 make a minute. */
  readonly epochs: number;
  /** Mean calls of an edge in an epoch. */
  readonly callsPerEpoch: number;
  readonly fault: Fault | null;
  /** Seconds of the window before the fault sets in. */
  readonly onsetSeconds: number;
  /** Clocks are wrong by up to so many seconds either way. */
  readonly skewSeconds: number;
  /** Mean number of failures that come together. */
  readonly burst: number;
  /** Whether anybody hears what a node says at a viewpoint. */
  readonly reports: (node: number, viewpoint: Viewpoint) => boolean;
}

/** What every place of a healthy fleet loses. */
const applicationRate = 1e-3;
const moduleRate = 2e-4;
const epochSeconds = 10;
const firstEpoch = 1000;

/** Of each viewpoint of each edge in each epoch: failures that it calls its own, and others. */
const figures = 2;
type Sums = { -readonly [Key in keyof TotalCount]: TotalCount[Key] };

/** Epochs of the window that `makeReports` fills. */
export function windowOf({ epochs }: Traffic): { readonly from: number; readonly to: number } {
  return { from: firstEpoch, to: firstEpoch + epochs - 1 };
}

export function makeReports(random: Random, fleet: Fleet, traffic: Traffic): readonly EpochReport[] {
  const book = new ReportBook(fleet, traffic);
  const clocks = fleet.nodes.map(() => (random() * 2 - 1) * traffic.skewSeconds);
  // One epoch more on either side: clocks that differ bring calls from there into the window.
  const margin = traffic.skewSeconds > 0 ? 1 : 0;
  for (let epoch = -margin; epoch < traffic.epochs + margin; epoch++) {
    for (const [index, [caller, callee]] of fleet.edges.entries()) {
      const calls = poisson(random, traffic.callsPerEpoch);
      if (calls === 0) continue;
      book.addCalls(index, epoch, calls);
      const ordinary = failuresOf(random, { calls, rate: ordinaryRate, burst: traffic.burst });
      let place: Place = 'application';
      for (let count = 0; count < ordinary.length; count++) {
        // What comes together comes from one place.
        if (ordinary[count] === true) place = ordinaryPlace(random);
        const at = (epoch + random()) * epochSeconds;
        book.addFailure(index, { place, at, clocks, counted: random() < 0.5 || place === 'application' });
      }
      const fault = faultOn(traffic.fault, caller, callee);
      if (fault === null) continue;
      const faults = failuresOf(random, { calls, rate: fault.rate, burst: traffic.burst });
      for (let count = 0; count < faults.length; count++) {
        const at = (epoch + random()) * epochSeconds;
        const counted = random() < fault.counted;
        if (at >= traffic.onsetSeconds) book.addFailure(index, { place: fault.place, at, clocks, counted });
      }
    }
  }
  return book.reports();
}

const ordinaryRate = applicationRate + moduleRate * (Place.length - 1);

function ordinaryPlace(random: Random): Place {
  const drawn = Math.floor((random() * ordinaryRate) / moduleRate);
  return Place[drawn] ?? 'application';
}

/** The fault, if calls of this edge pass it. */
function faultOn(fault: Fault | null, caller: number, callee: number): Fault | null {
  if (fault === null) return null;
  if (fault.place === 'link') return fault.node === caller && fault.callee === callee ? fault : null;
  const node = fault.place.startsWith('outbound') ? caller : callee;
  return node === fault.node ? fault : null;
}

/** One entry for each call that fails; true: it begins a burst. */
function failuresOf(
  random: Random,
  { calls, rate, burst }: { readonly calls: number; readonly rate: number; readonly burst: number },
): readonly boolean[] {
  const failures: boolean[] = [];
  const starts = binomial(random, calls, rate / burst);
  for (let start = 0; start < starts; start++) {
    const size = geometric(random, burst);
    for (let count = 0; count < size && failures.length < calls; count++) failures.push(count === 0);
  }
  return failures;
}

/** By epoch, edge and viewpoint. */
class ReportBook {
  readonly #fleet: Fleet;
  readonly #traffic: Traffic;
  readonly #calls: Int32Array[];
  readonly #failures: Int32Array[];

  constructor(fleet: Fleet, traffic: Traffic) {
    this.#fleet = fleet;
    this.#traffic = traffic;
    const edges = fleet.edges.length;
    this.#calls = Array.from({ length: traffic.epochs }, () => new Int32Array(edges));
    this.#failures = this.#calls.map(() => new Int32Array(edges * Viewpoint.length * figures));
  }

  addCalls(edge: number, epoch: number, calls: number): void {
    const counts = this.#calls[epoch];
    if (counts !== undefined) counts[edge] = calls;
  }

  addFailure(
    edge: number,
    failure: {
      readonly place: Place;
      readonly at: number;
      readonly clocks: readonly number[];
      readonly counted: boolean;
    },
  ): void {
    const ends = this.#fleet.edges[edge] ?? [0, 0];
    // The link lies between the viewpoints 2 and 3 and has none of its own.
    const order = Place.indexOf(failure.place);
    const own = failure.place === 'link' ? -1 : order < 2 ? order + 1 : order;
    const last = failure.place === 'link' ? 2 : failure.counted ? own : own - 1;
    for (let at = 0; at <= last; at++) {
      const clock = failure.clocks[ends[at < 3 ? 0 : 1]] ?? 0;
      const failures = this.#failures[Math.floor((failure.at + clock) / epochSeconds)];
      if (failures === undefined) continue;
      const place = (edge * Viewpoint.length + at) * figures + (at === own ? 0 : 1);
      failures[place] = (failures[place] ?? 0) + 1;
    }
  }

  reports(): readonly EpochReport[] {
    const { from } = windowOf(this.#traffic);
    return this.#calls.flatMap((_, epoch) => this.#reportsOf(epoch, from + epoch));
  }

  #reportsOf(index: number, epoch: number): readonly EpochReport[] {
    const { nodes, edges: pairs } = this.#fleet;
    const byNode = nodes.map((): { edges: EdgeCount[]; totals: Map<string, Sums> } => ({
      edges: [],
      totals: new Map(),
    }));
    for (const [edge, [caller, callee]] of pairs.entries()) {
      for (const [at, viewpoint] of Viewpoint.entries()) {
        const [node, other] = at < 3 ? [caller, callee] : [callee, caller];
        const peer = nodes[other];
        const book = byNode[node];
        if (peer === undefined || book === undefined || !this.#traffic.reports(node, viewpoint)) continue;
        const place = (edge * Viewpoint.length + at) * figures;
        const own = this.#failures[index]?.[place] ?? 0;
        const others = this.#failures[index]?.[place + 1] ?? 0;
        const calls = Math.max(this.#calls[index]?.[edge] ?? 0, own + others);
        if (own + others > 0) {
          const origins: readonly (readonly [FailureOrigin, number])[] = [
            ['local', own],
            ['upstream', others],
          ];
          const failures = origins.flatMap(([origin, count]) =>
            count > 0 ? [{ origin, reason: 'UF', count }] : [],
          );
          book.edges.push({ viewpoint, peer, calls, failures });
        }
        addTotal(book.totals, { viewpoint, peer, calls, failures: own + others });
      }
    }
    return nodes.flatMap((node, at): EpochReport[] => {
      const viewpoints = Viewpoint.filter((viewpoint) => this.#traffic.reports(at, viewpoint));
      const book = byNode[at];
      if (viewpoints.length === 0 || book === undefined) return [];
      const { edges: counts, totals } = book;
      return [
        {
          format: 1,
          node,
          incarnation: 1,
          epoch,
          viewpoints,
          edges: counts,
          totals: [...totals.values()],
          overflowed: 0,
        },
      ];
    });
  }
}

function addTotal(
  totals: Map<string, Sums>,
  said: {
    readonly viewpoint: Viewpoint;
    readonly peer: Peer;
    readonly calls: number;
    readonly failures: number;
  },
): void {
  const { viewpoint, peer, calls, failures } = said;
  const key = viewpoint + peer.service;
  const total = totals.get(key);
  if (total === undefined) {
    const { service: peerService, version: peerVersion, release: peerRelease } = peer;
    totals.set(key, { viewpoint, peerService, peerVersion, peerRelease, calls, failures });
    return;
  }
  total.calls += calls;
  total.failures += failures;
}
