/** An application's own viewpoint, switched on and off while it runs. */
import type { Observation } from '../../../examples/mesh/observation.ts';
import { observeHttp } from '../../../health/index.ts';

export class Observing {
  #stop: (() => Promise<void>) | null = null;

  /** `null`: observes nothing from now on. */
  set(observation: Observation | null): void {
    if ((observation === null) === (this.#stop === null)) return;
    const stop = this.#stop;
    this.#stop = observation === null ? null : observeHttp(observation);
    void stop?.();
  }
}
