/**
 * What is done to the directory, one thing at a time and in order. A disk that hangs (a network file system without its
 * server) must not make its callers hang: they wait for a bounded time and are told that it is late.
 */
import type { Clock } from '../clock.ts';

/** A local disk takes milliseconds; ten seconds are no longer slow but stuck. */
const patienceMs = 10_000;
/** Jobs that wait, beyond which a further one is not worth waiting for. */
const maxWaiting = 16;

export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** It goes on, and may still succeed. */
  | { readonly kind: 'late' };

export class DiskQueue {
  readonly #clock: Clock;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #late = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A job is late, or too many wait: a further one would only wait too. */
  get isStuck(): boolean {
    return this.#late > 0 || this.#waiting >= maxWaiting;
  }

  #run<T>(job: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const result = this.#tail.then(job).finally(() => {
      this.#waiting--;
    });
    this.#tail = result.catch(() => {});
    return result;
  }

  /** Runs it after all that were given before, whether they succeeded or not, and does not wait for ever. Never rejects. */
  async attempt<T>(job: () => Promise<T>): Promise<Outcome<T>> {
    const running = this.#run(job).then<Outcome<T>, Outcome<T>>(
      (value) => ({ kind: 'done', value }),
      (error: unknown) => ({ kind: 'failed', error }),
    );
    const { promise: late, resolve } = Promise.withResolvers<Outcome<T>>();
    const timer = this.#clock.after(patienceMs, () => {
      this.#late++;
      void running.then(() => {
        this.#late--;
      });
      resolve({ kind: 'late' });
    });
    const outcome = await Promise.race([running, late]);
    timer.cancel();
    return outcome;
  }
}
