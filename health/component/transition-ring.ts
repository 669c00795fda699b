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
  /** Captures were found later, for these; they are in the list already. */
  readonly linked: (transitions: readonly Transition[]) => void;
}

export class TransitionRing {
  readonly #clock: Clock;
  readonly #captureNear: ((at: number) => string) | null;
  readonly #onLinked: (transitions: readonly Transition[]) => void;
  #list: readonly Transition[] = [];
  #askAgain: Timer | null = null;

  constructor({ clock, captureNear, linked }: TransitionRingOptions) {
    this.#clock = clock;
    this.#captureNear = captureNear;
    this.#onLinked = linked;
  }

  /** Newest first; another list at each change. */
  get list(): readonly Transition[] {
    return this.#list;
  }

  add(transition: Omit<Transition, 'captureId'>): Transition {
    const linked = this.#linked({ ...transition, captureId: '' });
    this.#list = [linked, ...this.#list.slice(0, maxTransitions - 1)];
    if (linked.captureId === '' && this.#captureNear !== null) this.#wait();
    return linked;
  }

  close(): void {
    this.#askAgain?.cancel();
    this.#askAgain = null;
  }

  /** Asks for what came lately, and once more for what came so lately that its capture may not be finished yet. */
  #askLater(): void {
    this.#askAgain = null;
    const now = this.#clock.wall();
    const found: Transition[] = [];
    this.#list = this.#list.map((transition) => {
      if (transition.captureId !== '' || transition.at < now - 2 * askAgainMs) return transition;
      const linked = this.#linked(transition);
      if (linked.captureId !== '') found.push(linked);
      return linked;
    });
    if (this.#list.some(({ at, captureId }) => captureId === '' && at > now - askAgainMs)) this.#wait();
    if (found.length > 0) this.#onLinked(found);
  }

  #wait(): void {
    this.#askAgain ??= this.#clock.after(askAgainMs, () => this.#askLater());
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
