/**
 * The control thread's life: starts the data threads and everything that serves them, reloads, drains, and ends. What
 * each part does is its own; here is only in which order.
 */
import type { Readiness, ReloadResult } from '../admin/index.ts';
import type { SocketAddress } from '../config/index.ts';
import { type ControlOptions, ControlParts, type ListeningOn } from './control-parts.ts';
import type { DrainOutcome } from './drain-round.ts';

export class ControlPlane {
  readonly #options: ControlOptions;
  readonly #parts: ControlParts;

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#parts = new ControlParts(options);
  }

  /** Where the admin plane listens; `null` without one. */
  get adminAddress(): SocketAddress | null {
    return this.#parts.admin.address;
  }

  /** Where `grpc.health.v1` is served; `null` where it is not configured. */
  get grpcHealthAddress(): SocketAddress | null {
    return this.#parts.admin.grpcHealthAddress;
  }

  /** Where each listener accepts. */
  get listening(): readonly ListeningOn[] {
    return this.#parts.listening;
  }

  get threadCount(): number {
    return this.#parts.group.count;
  }

  /** What the listeners wait for before they accept; `null`: they accept. */
  get waitingFor(): readonly string[] | null {
    const { rollout, health } = this.#parts;
    return rollout.isHeld ? health.gate.waitingFor : null;
  }

  readiness(): Readiness {
    return this.#parts.standing.readiness();
  }

  /** Rejects with a MeshlockError when the configuration cannot be brought into force; then `close` is still due. */
  async start(): Promise<void> {
    const { config, source, log } = this.#options;
    const { group, health, reloader, admin, standing, rollout, diagnosis, reports } = this.#parts;
    group.start();
    health.start();
    // Both are waited for, so that what a failure leaves behind is there to be closed.
    const outcomes = await Promise.allSettled([reloader.first(config), admin.start(config.admin)]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    standing.cameUp();
    health.cameUp();
    // Not before: loading it would make the start longer.
    const version = rollout.inForce?.version ?? 0;
    for (const follower of [diagnosis, reports]) void follower.configure(config, version);
    source.subscribe({
      changed: () => {
        log.info(`${source.origin} has changed`);
        void this.reload();
      },
      unwatched: (error) => log.warn(`${source.origin} cannot be watched; it is polled`, { err: error }),
    });
  }

  /** Reads the configuration again. A refused one changes nothing. */
  async reload(): Promise<ReloadResult> {
    const result = await this.#parts.reloader.reload();
    this.#parts.health.changed();
    return result;
  }

  /** No longer ready, stops accepting, and waits until what runs has finished or `drain_timeout` is over. */
  async drain(): Promise<DrainOutcome> {
    const { standing, rollout, edges, health, group, config } = this.#parts;
    standing.ending();
    this.#options.source.close();
    rollout.releaseHeld();
    edges.close();
    health.ending();
    return group.drain(config.drainTimeoutMs);
  }

  /** Ends everything; logs and spans get a moment to be written. False: a thread is stuck in native code. */
  async close(): Promise<boolean> {
    const { standing, rollout, health, clusters, diagnosis, reports, group, accessLogs, spans, admin } =
      this.#parts;
    standing.ending();
    this.#options.source.close();
    rollout.releaseHeld();
    health.ending();
    await health.close();
    clusters.close();
    // While the threads live: it takes out again what it has put into them.
    await diagnosis.close();
    await reports.close();
    const isClean = await group.stop();
    await Promise.all([accessLogs.close(), spans.close(), admin.close()]);
    return isClean;
  }

  /** Ends the data threads and nothing else, whatever runs on them. False as with `close`. */
  abort(): Promise<boolean> {
    return this.#parts.group.stop();
  }

  reopenLogs(): Promise<void> {
    return this.#parts.reopenLogs();
  }
}
