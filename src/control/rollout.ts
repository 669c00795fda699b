/**
 * Brings a configuration into force, all of it or nothing: claims its ports, warms its clusters, has the data threads
 * apply it, and only then lets go of what the previous one needed. Between two configurations it keeps the threads up to
 * date with endpoints and health.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../base/index.ts';
import { MeshlockError } from '../base/index.ts';
import type { Config, ListenerConfig, SocketAddress } from '../config/index.ts';
import type { Snapshot } from '../data/index.ts';
import type { SlotDirectory } from '../telemetry/index.ts';
import type { AccessLogs } from './access-logs.ts';
import { refusalOf } from './apply-refusal.ts';
import type { ClusterManager } from './cluster-manager.ts';
import { ListenerPorts, type PortClaim } from './listener-ports.ts';
import type { ControlLog } from './log.ts';
import { basesOf, compileSnapshot, withPorts } from './snapshot-compiler.ts';
import type { ThreadGroup } from './thread-group.ts';

export interface RolloutOptions {
  readonly group: ThreadGroup;
  readonly clusters: ClusterManager;
  readonly directory: SlotDirectory;
  readonly accessLogs: AccessLogs;
  readonly clock: Clock;
  readonly log: ControlLog;
  /** Asked once, when the first configuration is about to go to the threads: false holds its listeners back. */
  mayOpen(): boolean;
}

/** A configuration in force. */
export interface InForce {
  readonly config: Config;
  /** Counts configurations, not snapshots; 1 is the first. */
  readonly version: number;
  /** Unix milliseconds. */
  readonly appliedAtMs: number;
  /** Of the snapshot that brought it: a thread that has applied this or a later one runs this configuration. */
  readonly snapshotVersion: number;
  /** Its listeners, port 0 replaced by the real one. */
  readonly listeners: readonly ListenerConfig[];
}

/** Which listeners were closed by hand. */
export type ClosedListeners = 'none' | 'inbound' | 'all';

/** New clusters may take this long for their first look-ups and health checks; then they are used as they are. */
const warmMs = 5000;
/** For the threads to load their code and open their listeners. */
const firstApplyMs = 30_000;
const applyMs = 10_000;

export class Rollout {
  readonly #options: RolloutOptions;
  readonly #ports = new ListenerPorts();
  #inForce: InForce | null = null;
  /** The newest that threads were given; the version of the next is one higher. */
  #sent: Snapshot | null = null;
  #closed: ClosedListeners = 'none';
  #isHeld = false;
  /** The next snapshot opens what was held back: a thread serves only once it has that one. */
  #isOpening = false;
  /** Of listeners that are held back: nobody is to have their ports in between. */
  readonly #heldClaims: PortClaim[] = [];
  #isApplying = false;
  /** Something changed while a configuration was being applied. */
  #isBehind = false;

  constructor(options: RolloutOptions) {
    this.#options = options;
  }

  /** `null` before the first. */
  get inForce(): InForce | null {
    return this.#inForce;
  }

  get closedListeners(): ClosedListeners {
    return this.#closed;
  }

  /** The configuration is in force without its listeners, until `open`. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Base of the listener's counters. */
  listenerSlot(name: string): number | undefined {
    return this.#sent?.slots.listeners[name];
  }

  /** Rejects with a MeshlockError that says why it was refused; then everything is as before. One at a time. */
  async apply(config: Config): Promise<void> {
    const claim = await this.#ports.claim(config.listeners);
    let isKept = false;
    try {
      this.#options.clusters.add(config.clusters);
      await this.#warm();
      if (this.#inForce === null) this.#isHeld = !this.#options.mayOpen();
      await this.#exchange(config, claim);
      isKept = this.#isHeld;
      if (isKept) this.#heldClaims.push(claim);
    } finally {
      if (!isKept) claim.release();
    }
  }

  /**
   * Has all threads accept on all listeners that were held back. Once open they stay so: what is wrong later makes this
   * process unready, but cutting off those who use it would help nobody.
   */
  open(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#isOpening = true;
    this.releaseHeld();
    this.push();
  }

  /** Gives up ports that are held for listeners which will not be opened any more. */
  releaseHeld(): void {
    for (const claim of this.#heldClaims.splice(0)) claim.release();
  }

  /** Hands the threads what is known of endpoints and health now, unless they know it. */
  push(): void {
    this.#isBehind = this.#isApplying;
    if (this.#isApplying || this.#inForce === null) return;
    const snapshot = this.#compile(this.#inForce.config, this.#ports.assigned);
    if (isSameState(snapshot, this.#sent)) return;
    this.#sent = snapshot;
    this.#options.directory.retain(basesOf(snapshot));
    this.#options.group.post(snapshot);
    if (this.#isOpening) this.#inForce = { ...this.#inForce, snapshotVersion: snapshot.version };
    this.#isOpening = false;
  }

  /** Closes listeners for the rest of the process's life; what runs on them finishes. */
  closeListeners(which: 'inbound' | 'all'): void {
    this.#closed = this.#closed === 'all' ? 'all' : which;
    this.push();
  }

  /** From here until all threads have answered, nothing else is handed to them. */
  async #exchange(config: Config, claim: PortClaim): Promise<void> {
    const { clusters, accessLogs } = this.#options;
    this.#isApplying = true;
    try {
      clusters.put(config.clusters);
      accessLogs.open(config.listeners);
      const snapshot = this.#compile(config, claim.assigned);
      await this.#send(snapshot);
      this.#ports.commit(config.listeners, claim);
      this.#commit(config, snapshot);
    } catch (error) {
      await this.#rollBack();
      throw error;
    } finally {
      this.#isApplying = false;
      if (this.#isBehind) this.push();
    }
  }

  async #warm(): Promise<void> {
    const cold = await this.#options.clusters.warm(warmMs);
    if (cold.length === 0) return;
    this.#options.log.warn(
      `no first look-up or health check after ${warmMs / 1000} s; going on without: ${cold.join(', ')}`,
      { clusters: cold },
    );
  }

  async #send(snapshot: Snapshot): Promise<void> {
    const isFirst = this.#inForce === null;
    this.#sent = snapshot;
    const outcome = await this.#options.group.apply(snapshot, isFirst ? firstApplyMs : applyMs);
    const refusal = refusalOf(outcome, isFirst);
    if (refusal !== null) throw refusal;
    for (const thread of outcome.unanswered) {
      this.#options.log.warn(`data thread ${thread} is busy and will apply the configuration later`, {
        thread,
      });
    }
  }

  #commit(config: Config, snapshot: Snapshot): void {
    const { clusters, accessLogs, directory, clock } = this.#options;
    this.#inForce = {
      config,
      version: (this.#inForce?.version ?? 0) + 1,
      appliedAtMs: clock.wall(),
      snapshotVersion: snapshot.version,
      listeners: withPorts(config.listeners, this.#ports.assigned),
    };
    clusters.retain(new Set(config.clusters.map(({ name }) => name)));
    accessLogs.retain(config.listeners, config.drainTimeoutMs);
    directory.retain(basesOf(snapshot));
  }

  /** Threads that took the refused configuration over are given the previous one; that was bound before, so it is now. */
  async #rollBack(): Promise<void> {
    const before = this.#inForce;
    if (before === null) return;
    const { config } = before;
    const { clusters, accessLogs, directory, group, log } = this.#options;
    clusters.put(config.clusters);
    clusters.retain(new Set(config.clusters.map(({ name }) => name)));
    accessLogs.retain(config.listeners, config.drainTimeoutMs);
    const snapshot = this.#compile(config, this.#ports.assigned);
    this.#sent = snapshot;
    const outcome = await group.apply(snapshot, applyMs);
    directory.retain(basesOf(snapshot));
    const refusal = refusalOf(outcome, false);
    if (refusal instanceof MeshlockError) log.error(`going back was refused, too: ${refusal.message}`);
  }

  #compile(config: Config, assigned: ReadonlyMap<string, SocketAddress>): Snapshot {
    const { clusters, directory } = this.#options;
    const open = withPorts(config.listeners, assigned).filter(({ role }) => !this.#isClosed(role));
    return compileSnapshot({
      version: (this.#sent?.version ?? 0) + 1,
      config,
      listeners: open,
      directory,
      endpoints: clusters.endpoints(config.clusters),
      breakers: clusters.breakers(config.clusters),
    });
  }

  #isClosed(role: ListenerConfig['role']): boolean {
    return this.#isHeld || this.#closed === 'all' || (this.#closed === 'inbound' && role === 'inbound');
  }
}

/** Of one configuration: what may differ between two of its snapshots. */
function isSameState(a: Snapshot, b: Snapshot | null): boolean {
  if (b === null) return false;
  return (
    a.config.listeners.length === b.config.listeners.length && isDeepStrictEqual(a.endpoints, b.endpoints)
  );
}
