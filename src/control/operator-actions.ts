/** What an operator may have the process do through the admin API. */
import type { DrainOptions } from '../admin/index.ts';
import type { Clock } from '../base/index.ts';
import type { Config } from '../config/index.ts';
import type { Log } from '../telemetry/control.ts';
import type { ProcessActions } from './admin-view.ts';
import type { ProxyHealth } from './health/proxy-health.ts';
import type { Rollout } from './rollout.ts';
import type { Standing } from './standing.ts';
import type { ThreadGroup } from './thread-group.ts';

export interface OperatorActionsOptions {
  readonly group: Pick<ThreadGroup, 'discourage'>;
  readonly rollout: Pick<Rollout, 'closeListeners'>;
  readonly health: Pick<ProxyHealth, 'changed' | 'failByHand'>;
  readonly standing: Pick<Standing, 'failByHand'>;
  readonly clock: Clock;
  readonly log: Log;
  /** In force, or about to be. */
  config(): Config;
  quit(): void;
  reopenLogs(): Promise<void>;
}

export class OperatorActions implements ProcessActions {
  readonly #options: OperatorActionsOptions;

  constructor(options: OperatorActionsOptions) {
    this.#options = options;
  }

  drainListeners({ graceful, inboundOnly, keepAccepting }: DrainOptions): void {
    const { group, rollout, health, clock, log, config } = this.#options;
    const which = inboundOnly ? 'inbound' : 'all';
    log.info(`draining ${which} listeners`, { graceful, keepAccepting });
    if (graceful) group.discourage(true);
    if (keepAccepting) return;
    const close = (): void => {
      rollout.closeListeners(which);
      health.changed();
    };
    if (graceful) clock.after(config().drainTimeoutMs, close);
    else close();
  }

  healthcheck(ok: boolean): void {
    const { standing, health } = this.#options;
    standing.failByHand(!ok);
    health.failByHand(!ok);
  }

  quit(): void {
    this.#options.quit();
  }

  reopenLogs(): Promise<void> {
    return this.#options.reopenLogs();
  }
}
