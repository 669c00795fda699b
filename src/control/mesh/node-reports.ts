/**
 * What this node tells the aggregator: the sums of its data threads, as calls seen from its own viewpoints. Another sum
 * goes to the metrics; both come from the same rows.
 */
import type { EpochCounter, EpochReport, ReportSender, Viewpoint } from '../../../health/index.ts';
import type { Clock, Random } from '../../base/index.ts';
import type { Config } from '../../config/index.ts';
import type { Log } from '../../telemetry/control.ts';
import { LatestQueue } from '../latest-queue.ts';
import type { EdgeCounts, MeshEpoch } from './edge-counts.ts';
import { type ViewpointCount, viewpointCounts } from './viewpoint-counts.ts';

const viewpoints: readonly Viewpoint[] = [
  'outbound_downstream',
  'outbound_upstream',
  'inbound_downstream',
  'inbound_upstream',
];

export interface NodeReportsOptions {
  readonly counts: EdgeCounts;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

interface Running {
  readonly counter: EpochCounter;
  readonly sender: ReportSender;
  /** Whom it reports to and as whom: when that changes, another one begins. */
  readonly key: string;
}

export class NodeReports {
  readonly #options: NodeReportsOptions;
  readonly #leave: () => void;
  readonly #queue = new LatestQueue<void>();
  #running: Running | null = null;
  #isClosed = false;

  constructor(options: NodeReportsOptions) {
    this.#options = options;
    this.#leave = options.counts.onEpoch((epoch) => this.#take(epoch));
  }

  /** The configuration that is in force. Without an aggregator nothing is sent. Never rejects. */
  configure(config: Config): Promise<void> {
    return this.#queue.run(() => this.#settle(config));
  }

  async #settle(config: Config): Promise<void> {
    try {
      await this.#follow(config);
    } catch (error) {
      this.#options.log.error('this node cannot report to the aggregator', { err: error });
    }
  }

  async #follow({ mesh, node, listeners }: Config): Promise<void> {
    // A gateway faces callees as an outbound listener does.
    const roles = new Set(listeners.map(({ role }) => (role === 'inbound' ? 'inbound' : 'outbound')));
    const wanted = mesh.enabled && mesh.aggregator !== null ? mesh.aggregator : null;
    const key = JSON.stringify([wanted, node, [...roles].sort()]);
    if (key === this.#running?.key) return;
    await this.#stop();
    const seen = viewpoints.filter((viewpoint) => roles.has(roleOf(viewpoint)));
    if (wanted === null || seen.length === 0) return;
    const { clock, random, log } = this.#options;
    const { EpochCounter, ReportSender } = await import('../../../health/index.ts');
    if (this.#isClosed) return;
    const sender = new ReportSender({
      url: wanted.url,
      token: wanted.token,
      clock,
      random: () => random.next(),
      log,
    });
    const counter = new EpochCounter({
      node: { node: node.id, service: node.service, version: node.version, release: node.release },
      incarnation: Math.round(clock.wall() - clock.now()),
      clock,
      viewpoints: seen,
      onClosed: (report: EpochReport) => sender.offer(report),
    });
    this.#running = { counter, sender, key };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#leave();
    await this.#stop();
  }

  #take(epoch: MeshEpoch): void {
    const counter = this.#running?.counter;
    if (counter === undefined) return;
    // Half an epoch would look like calls that were lost on the way.
    if (epoch.missing > 0 || epoch.lost > 0) {
      const { missing, lost } = epoch;
      this.#options.log.warn('an epoch is not complete and is left out', {
        epoch: epoch.epoch,
        missing,
        lost,
      });
      return;
    }
    for (const count of viewpointCounts(epoch))
      if (counter.watches(count.viewpoint)) counter.count(withDepartures(count));
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    running?.counter.close();
    await running?.sender.close();
  }
}

/**
 * A call that the client did not wait for is no failure here, but the aggregator is told of it: if the caller's node says
 * that the time was up, this node was waiting for its application with it.
 */
function withDepartures(count: ViewpointCount): ViewpointCount {
  const hasLeft = count.origin === 'client' && count.reason !== '';
  return hasLeft ? { ...count, failed: true, failures: count.calls } : count;
}

function roleOf(viewpoint: Viewpoint): 'inbound' | 'outbound' {
  return viewpoint.startsWith('inbound') ? 'inbound' : 'outbound';
}
