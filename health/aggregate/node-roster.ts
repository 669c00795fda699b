/**
 * Who reports: every node that was heard of lately, when last, how late, and which epochs it owes. Whether a node's
 * clock can be trusted is decided here as well, because counts of different ten seconds must not be subtracted.
 */
import { epochMs, type Peer } from '../observe/viewpoint.ts';

export interface RosterSettings {
  readonly maxNodes: number;
  /** A node that was silent for so many epochs is no longer expected; it may have been removed. */
  readonly forgetEpochs: number;
}

export interface NodeView {
  readonly node: string;
  readonly service: string;
  readonly version: string;
  readonly release: string;
  readonly incarnation: number;
  /** `late`: reports, but after the epoch was judged; `missing`: owes at least the last epoch that was judged. */
  readonly status: 'reporting' | 'late' | 'missing' | 'refused';
  readonly lastEpoch: number;
  /** Unix milliseconds. */
  readonly lastSeenAt: number;
  /** Of the epochs since it is known, those that never came. */
  readonly missingEpochs: number;
  readonly lateReports: number;
  /** Why its last report was not taken; empty: it was. */
  readonly refusal: string;
}

export interface Arrival {
  readonly node: Peer;
  readonly incarnation: number;
  readonly epoch: number;
  /** Unix milliseconds here. */
  readonly wall: number;
  /** Unix milliseconds at the sender when it sent; `null`: it does not say. */
  readonly sentAt: number | null;
}

interface Known {
  peer: Peer;
  incarnation: number;
  firstEpoch: number;
  lastEpoch: number;
  lastSeenAt: number;
  /** Different epochs that came. */
  received: number;
  lateReports: number;
  isLate: boolean;
  refusal: string;
  /** How many epochs in a row it reported with the same delay. */
  lag: number;
  lagStreak: number;
  lagAt: number;
}

/** A delay that is the same for so many epochs in a row is no congestion: it is the clock. */
const lagStreakLimit = 6;

export class NodeRoster {
  readonly #settings: RosterSettings;
  readonly #nodes = new Map<string, Known>();

  constructor(settings: RosterSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** Why a report is not to be taken, or an empty text. Keeps the reason when it knows the node. */
  refusal(arrival: Arrival): string {
    const known = this.#nodes.get(arrival.node.node);
    const reason =
      clockRefusal(arrival) ||
      (known === undefined
        ? this.#nodes.size >= this.#settings.maxNodes
          ? `${this.#settings.maxNodes} nodes report already`
          : ''
        : lagRefusal(known, arrival));
    if (known !== undefined) known.refusal = reason;
    return reason;
  }

  /** A report was taken. `isLate`: its epoch had been judged before. */
  arrived({ node, incarnation, epoch, wall }: Arrival, isLate: boolean): void {
    const known = this.#nodes.get(node.node);
    if (known === undefined) {
      this.#nodes.set(node.node, {
        peer: node,
        incarnation,
        firstEpoch: epoch,
        lastEpoch: epoch,
        lastSeenAt: wall,
        received: 1,
        lateReports: isLate ? 1 : 0,
        isLate,
        refusal: '',
        lag: 0,
        lagStreak: 0,
        lagAt: 0,
      });
      return;
    }
    // A second report of an epoch (of an application, or of another incarnation) is no further epoch.
    if (epoch !== known.lastEpoch) known.received++;
    if (epoch >= known.lastEpoch) {
      known.peer = node;
      known.incarnation = Math.max(known.incarnation, incarnation);
      known.isLate = isLate;
    }
    known.firstEpoch = Math.min(known.firstEpoch, epoch);
    known.lastEpoch = Math.max(known.lastEpoch, epoch);
    known.lastSeenAt = wall;
    known.refusal = '';
    if (isLate) known.lateReports++;
  }

  /** First epoch that it told of; infinite for a node that nobody knows. */
  knownSince(node: string): number {
    return this.#nodes.get(node)?.firstEpoch ?? Number.POSITIVE_INFINITY;
  }

  /** Nodes whose report on the epochs up to `to` is to be waited for. */
  expected(to: number): ReadonlySet<string> {
    const nodes = new Set<string>();
    for (const [name, { firstEpoch, lastEpoch }] of this.#nodes) {
      if (firstEpoch <= to && lastEpoch > to - this.#settings.forgetEpochs) nodes.add(name);
    }
    return nodes;
  }

  /** All of them with the first and the last epoch that they told of. */
  *spans(): IterableIterator<{
    readonly peer: Peer;
    readonly firstEpoch: number;
    readonly lastEpoch: number;
  }> {
    yield* this.#nodes.values();
  }

  has(node: string): boolean {
    return this.#nodes.has(node);
  }

  peerOf(node: string): Peer {
    return this.#nodes.get(node)?.peer ?? { node, service: '', version: '', release: '' };
  }

  /** Forgets who was silent for long. `judged` is the last epoch that was judged. */
  tidy(judged: number): void {
    for (const [name, { lastEpoch }] of [...this.#nodes]) {
      if (lastEpoch <= judged - this.#settings.forgetEpochs) this.#nodes.delete(name);
    }
  }

  views(judged: number): readonly NodeView[] {
    return [...this.#nodes.values()].map((known) => viewOf(known, judged));
  }
}

function viewOf(known: Known, judged: number): NodeView {
  const { peer, incarnation, lastEpoch, lastSeenAt, lateReports, refusal } = known;
  const owed = Math.max(judged, lastEpoch) - known.firstEpoch + 1;
  return {
    ...peer,
    incarnation,
    status: statusOf(known, judged),
    lastEpoch,
    lastSeenAt,
    missingEpochs: Math.max(0, owed - known.received),
    lateReports,
    refusal,
  };
}

function statusOf({ refusal, lastEpoch, isLate }: Known, judged: number): NodeView['status'] {
  if (refusal !== '') return 'refused';
  if (lastEpoch < judged) return 'missing';
  return isLate ? 'late' : 'reporting';
}

function clockRefusal({ node, epoch, wall, sentAt }: Arrival): string {
  const offMs = sentAt === null ? 0 : sentAt - wall;
  if (Math.abs(offMs) > epochMs) return `the clock of ${node.node} is ${seconds(offMs)}`;
  // A closed epoch is over by the sender's clock.
  const aheadMs = (epoch + 1) * epochMs - wall;
  if (aheadMs > epochMs) return `the clock of ${node.node} is ${seconds(aheadMs)}, by its epoch ${epoch}`;
  return '';
}

function seconds(offMs: number): string {
  return `${(Math.abs(offMs) / 1000).toFixed(1)} s ${offMs > 0 ? 'ahead' : 'behind'}`;
}

/** Without the sender's time a slow clock looks like late reports, but always by the same number of epochs. */
function lagRefusal(known: Known, { node, epoch, wall, sentAt }: Arrival): string {
  if (sentAt !== null) return '';
  const current = Math.floor(wall / epochMs);
  const lag = current - epoch - 1;
  if (current !== known.lagAt) {
    known.lagStreak = lag >= 2 && lag === known.lag && current === known.lagAt + 1 ? known.lagStreak + 1 : 0;
    known.lagAt = current;
    known.lag = lag;
  }
  if (known.lagStreak < lagStreakLimit || lag !== known.lag) return '';
  return `the reports of ${node.node} come ${lag} epochs late, always: its clock is behind`;
}
