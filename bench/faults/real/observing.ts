/** An application's own viewpoint, switched on and off while it runs. */
import { observeHttp, type Peer } from '../../../health/index.ts';

export interface Observation {
  readonly node: Peer;
  readonly report: { readonly url: string; readonly token: string };
}

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
