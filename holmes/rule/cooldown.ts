/** After a capture a rule rests: a fault that lasts an hour is captured once a minute, not once a sample. */

/** By subject and rule. Times are monotonic milliseconds, so that a wall clock that jumps neither opens nor locks it. */
export class Cooldowns {
  readonly #lastMs = new Map<string, Map<string, number>>();

  /** True: there was no capture yet, or `cooldownMs` and more have gone by since. */
  passed(subject: string, rule: string, nowMs: number, cooldownMs: number): boolean {
    return this.remainingMs(subject, rule, nowMs, cooldownMs) === 0;
  }

  /** For how long the rule still rests; 0: it does not. `cooldownMs` may have changed since the capture. */
  remainingMs(subject: string, rule: string, nowMs: number, cooldownMs: number): number {
    const lastMs = this.#lastMs.get(subject)?.get(rule);
    return lastMs === undefined ? 0 : Math.max(0, lastMs + cooldownMs - nowMs);
  }

  /** The rest begins. */
  note(subject: string, rule: string, nowMs: number): void {
    let rules = this.#lastMs.get(subject);
    if (rules === undefined) {
      rules = new Map();
      this.#lastMs.set(subject, rules);
    }
    rules.set(rule, nowMs);
  }

  /** A subject that is gone: the next of its name starts afresh. */
  forget(subject: string): void {
    this.#lastMs.delete(subject);
  }
}
