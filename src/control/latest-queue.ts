/**
 * Runs jobs of one kind one after the other. While one runs at most one waits: a newer request takes the place of the
 * waiting one, and both callers get the newer one's result. So ten reload signals in a row cause two reloads.
 */
export class LatestQueue<R> {
  #isRunning = false;
  #waiting: { job: () => Promise<R>; readonly done: PromiseWithResolvers<R> } | null = null;

  get isRunning(): boolean {
    return this.#isRunning;
  }

  run(job: () => Promise<R>): Promise<R> {
    if (this.#waiting !== null) {
      this.#waiting.job = job;
      return this.#waiting.done.promise;
    }
    const done = Promise.withResolvers<R>();
    this.#waiting = { job, done };
    if (!this.#isRunning) this.#next();
    return done.promise;
  }

  #next(): void {
    const next = this.#waiting;
    this.#waiting = null;
    this.#isRunning = next !== null;
    if (next === null) return;
    void Promise.try(next.job)
      .then(next.done.resolve, next.done.reject)
      .finally(() => this.#next());
  }
}
