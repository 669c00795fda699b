/**
 * What changed lately, with its cause and the profile that was captured about that time. A capture is finished some
 * seconds after what it is about, so whoever knows of captures is asked again a while later.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Transition } from './component.ts';

const maxTransitions = 200;
/** A capture takes at most about ten seconds and then has to be stored. */
const askAgainMs = 30_000;

export interface TransitionRingOptions {
  readonly clock: Clock;
  /** The id of the capture nearest to a time (Unix milliseconds), or empty; what it throws counts as empty. Null: nobody knows. */
  readonly captureNear: ((at: number) => string) | null;
  /** A capture was found later. */
  readonly changed: () => void;
}

export class TransitionRing {
  readonly #clock: Clock;
  readonly #captureNear: ((at: number) => string) | null;
  readonly #changed: () => void;
  #list: readonly Transition[] = [];
  #askAgain: Timer | null = null;

  constructor({ clock, captureNear, changed }: TransitionRingOptions) {
    this.#clock = clock;
    this.#captureNear = captureNear;
    this.#changed = changed;
  }

  /** Newest first; another list at each change. */
  get list(): readonly Transition[] {
    return this.#list;
  }

  add(transition: Omit<Transition, 'captureId'>): Transition {
    const linked = this.#linked({ ...transition, captureId: '' });
    this.#list = [linked, ...this.#list.slice(0, maxTransitions - 1)];
    if (linked.captureId === '' && this.#captureNear !== null)
      this.#askAgain ??= this.#clock.after(askAgainMs, () => this.#askLater());
    return linked;
  }

  close(): void {
    this.#askAgain?.cancel();
    this.#askAgain = null;
  }

  /** Asks for what came since the last time and up to now; those that stay without are not asked for a third time. */
  #askLater(): void {
    this.#askAgain = null;
    const oldest = this.#clock.wall() - 2 * askAgainMs;
    let found = false;
    this.#list = this.#list.map((transition) => {
      if (transition.captureId !== '' || transition.at < oldest) return transition;
      const linked = this.#linked(transition);
      found ||= linked.captureId !== '';
      return linked;
    });
    if (found) this.#changed();
  }

  #linked(transition: Transition): Transition {
    try {
      const captureId = this.#captureNear?.(transition.at) ?? '';
      return captureId === '' ? transition : { ...transition, captureId };
    } catch {
      return transition;
    }
  }
}
