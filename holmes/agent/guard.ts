/** The agent is a guest: whatever goes wrong in it, the program that it is in must not notice. */

/** A function that does the same and never throws; what it would have thrown is dropped. */
export function guarded<Self, Arguments extends unknown[]>(
  run: (this: Self, ...values: Arguments) => void,
): (this: Self, ...values: Arguments) => void {
  return function guard(...values) {
    try {
      Reflect.apply(run, this, values);
    } catch {
      // A figure less, at worst.
    }
  };
}

/** A listener that is told its emitter, for `on` of any emitter; never throws either. */
export function guardedListener<Self>(run: (emitter: Self) => void): (this: Self) => void {
  return guarded(function listener(this: Self) {
    run(this);
  });
}

/** One thing that the agent puts into the thread. */
export interface Part {
  install(): void;
  /** Takes all of it out again; harmless when it was not installed. */
  remove(): void;
}
