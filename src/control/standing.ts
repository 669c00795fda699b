/** Where the process stands in its life, and what follows from that: whether it is ready, and what it is called. */
import type { GateView } from '../../health/static.ts';
import type { Readiness, ServerState } from '../admin/index.ts';
import type { Config } from '../config/index.ts';
import type { ClusterManager } from './cluster-manager.ts';
import { type ReadinessFacts, readinessOf } from './readiness.ts';
import type { Rollout } from './rollout.ts';
import type { ThreadGroup } from './thread-group.ts';

export interface StandingOptions {
  readonly group: Pick<ThreadGroup, 'report'>;
  readonly clusters: Pick<ClusterManager, 'warming'>;
  /** In force, or about to be. */
  config(): Config;
  /** Asked when it is needed, because they are made later. */
  rollout(): Pick<Rollout, 'inForce' | 'closedListeners' | 'isHeld'>;
  gate(): GateView;
}

export class Standing {
  readonly #options: StandingOptions;
  #phase: ReadinessFacts['phase'] = 'starting';
  #failedByHand = false;

  constructor(options: StandingOptions) {
    this.#options = options;
  }

  get phase(): ReadinessFacts['phase'] {
    return this.#phase;
  }

  // starting -> serving
  /** It has come up; one that is told to end before that does not serve any more. */
  cameUp(): void {
    if (this.#phase === 'starting') this.#phase = 'serving';
  }

  // starting | serving -> draining
  /** Once it ends, it ends. */
  ending(): void {
    this.#phase = 'draining';
  }

  failByHand(failed: boolean): void {
    this.#failedByHand = failed;
  }

  /** As Envoy calls it. */
  get state(): ServerState {
    if (this.#phase === 'starting') return 'INITIALIZING';
    return this.#phase === 'draining' || this.#failedByHand ? 'DRAINING' : 'LIVE';
  }

  readiness(): Readiness {
    return readinessOf(this.facts());
  }

  facts(): ReadinessFacts {
    const { group, clusters, config, rollout } = this.#options;
    const { inForce, closedListeners, isHeld } = rollout();
    return {
      phase: this.#phase,
      failedByHand: this.#failedByHand,
      closedListeners,
      threads: group.report(),
      snapshotVersion: inForce?.snapshotVersion ?? 0,
      listeners: config().listeners.map(({ name }) => name),
      warming: clusters.warming(),
      isHeld,
      gate: this.#gateReasons(),
    };
  }

  /** Once it has opened only a person closes it for its own sake: what is wrong with a component is said there. */
  #gateReasons(): readonly string[] {
    const { hasOpened, state, override, waitingFor } = this.#options.gate();
    // Before that, readiness has the same reasons one by one.
    if (this.#phase !== 'serving' || state === 'open') return [];
    if (!hasOpened) return waitingFor;
    return override?.to === 'closed' ? waitingFor.slice(0, 1) : [];
  }
}
