/**
 * What happens to the endpoints during the soak, one thing a second: one leaves in order (out of the configuration
 * first) and comes back, one fails its health checks for a while, one crashes under its requests and comes back.
 */
import type { SoakEndpoints } from './configuration.ts';
import type { SoakUpstream } from './upstream.ts';

export class Flapping {
  readonly #app: readonly SoakUpstream[];
  readonly #crashing: readonly SoakUpstream[];
  /** Out of the configuration. */
  #away: SoakUpstream | null = null;
  #leaving: Promise<void> = Promise.resolve();
  #crashed: SoakUpstream | null = null;
  leaves = 0;
  crashes = 0;
  illnesses = 0;

  /** The first of `app` never leaves and never falls ill. */
  constructor(app: readonly SoakUpstream[], crashing: readonly SoakUpstream[]) {
    this.#app = app;
    this.#crashing = crashing;
  }

  /** Before the reload of this round: what it shall name. */
  async before(round: number): Promise<SoakEndpoints> {
    if (this.#away !== null && round % 3 === 0) {
      await this.#leaving;
      await this.#away.start();
      this.#away = null;
    } else if (this.#away === null && round % 3 === 1) {
      this.#away = this.#app[1 + (round % (this.#app.length - 1))]!;
    }
    for (const [index, upstream] of this.#app.entries()) {
      const ill = index !== 0 && upstream !== this.#away && (round + index) % 4 === 0;
      if (ill && upstream.healthy) this.illnesses++;
      upstream.healthy = !ill;
    }
    return {
      app: this.#app.filter((upstream) => upstream !== this.#away).map(({ port }) => port),
      crashing: this.#crashing.map(({ port }) => port),
    };
  }

  /** The reload is in force. */
  async after(round: number): Promise<void> {
    // A second after it was taken out: who had chosen it by then has reached it.
    if (this.#away !== null && round % 3 === 2) {
      this.leaves++;
      this.#leaving = this.#away.leave();
    }
    if (this.#crashed !== null) {
      await this.#crashed.start();
      this.#crashed = null;
    } else {
      this.#crashed = this.#crashing[round % this.#crashing.length]!;
      this.crashes++;
      await this.#crashed.crash();
    }
  }
}
