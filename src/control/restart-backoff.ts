/**
 * How long to wait before a dead data thread is replaced: not at all the first time, because its share of the traffic
 * is waiting; then 0.1 s, doubling up to 10 s, as long as each replacement dies within a minute. It never gives up: a
 * proxy that serves one request in ten is better than one that serves none.
 */
export class RestartBackoff {
  static readonly baseMs = 100;
  static readonly maxMs = 10_000;
  /** A thread that lived this long starts with a clean slate. */
  static readonly stableMs = 60_000;
  #deaths = 0;

  /** Called at each death; `livedMs` since the thread was started. Returns the wait in milliseconds. */
  next(livedMs: number): number {
    if (livedMs >= RestartBackoff.stableMs) this.#deaths = 0;
    const deaths = this.#deaths++;
    if (deaths === 0) return 0;
    return Math.min(RestartBackoff.maxMs, RestartBackoff.baseMs * 2 ** Math.min(deaths - 1, 16));
  }
}
