/**
 * The turns in which a page asks: one after the other, none while nobody looks, and one at once when somebody does again.
 * It polls instead of keeping a stream open: each answer is whole, so a restart of the process needs nothing from the
 * page, a page holds no connection of the few that there are, and a hidden one costs nothing.
 */
import { every, here } from './clock.js';
import { byId, setAttribute, setText } from './element.js';

export class Rounds {
  /** Unix milliseconds here since when the process does not answer; 0: it does. */
  unreachableSince = 0;
  paused = false;
  #turn = 0;
  /** @type {Promise<void> | null} */
  #running = null;
  #ask;
  #draw;

  /** `ask(turn)` must not reject and answers whether the process was reached; `draw()` follows each, and each second `tick`. */
  constructor({ ask, draw, tick, roundMs }) {
    this.#ask = ask;
    this.#draw = draw;
    byId('pause').addEventListener('click', () => this.#toggle(tick));
    document.addEventListener('visibilitychange', () => this.#due());
    every(roundMs, () => this.#due());
    every(1000, tick);
    void this.look();
  }

  /**
   * A slow process is not asked again before it has answered.
   * @returns {Promise<void>}
   */
  look() {
    this.#running ??= this.#round().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** After a change by this page: what was asked before it does not count. */
  async again() {
    await this.#running;
    await this.look();
  }

  #due() {
    if (!this.paused && !document.hidden) void this.look();
  }

  async #round() {
    const reached = await this.#ask(this.#turn++);
    if (reached) this.unreachableSince = 0;
    else if (this.unreachableSince === 0) this.unreachableSince = here();
    this.#draw();
  }

  #toggle(tick) {
    this.paused = !this.paused;
    setAttribute(byId('pause'), 'aria-pressed', String(this.paused));
    setText(byId('pause'), this.paused ? 'Go on' : 'Pause');
    this.#due();
    tick();
  }
}
