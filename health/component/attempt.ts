/**
 * One run of one check, judged by a deadline. It answers exactly once, whatever the check does: returns, throws, ignores
 * the signal, or never comes back.
 */
import type { Clock, Timer } from '../clock.ts';
import { type Answer, answerOf, failedAnswer, reasonOf } from './answer.ts';
import type { Component } from './component.ts';

export interface AttemptOptions {
  readonly component: Component;
  readonly clock: Clock;
  /** Called once, unless it was cancelled before; perhaps before `begin` returns. */
  readonly answered: (answer: Answer, tookMs: number) => void;
}

export class Attempt {
  readonly #component: Component;
  readonly #clock: Clock;
  readonly #answered: (answer: Answer, tookMs: number) => void;
  readonly #abort: AbortController = new AbortController();
  #startedMs = 0;
  #deadline: Timer | null = null;
  #graced = false;
  #done = false;

  constructor({ component, clock, answered }: AttemptOptions) {
    this.#component = component;
    this.#clock = clock;
    this.#answered = answered;
  }

  /** Resolves when the check itself has come back, which may be long after it was judged, or never. Never rejects. */
  begin(): Promise<void> {
    this.#startedMs = this.#clock.now();
    let report: unknown;
    try {
      report = this.#component.check(this.#abort.signal);
    } catch (error) {
      this.#answer(failedAnswer(`the check failed: ${reasonOf(error)}`));
      return Promise.resolve();
    }
    if (!isThenable(report)) {
      this.#answer(this.#tookMs() > this.#component.deadlineMs ? this.#late() : answerOf(report));
      return Promise.resolve();
    }
    // A check may have had its own component removed.
    if (!this.#done) this.#deadline = this.#clock.after(this.#component.deadlineMs, () => this.#overdue());
    return Promise.resolve(report).then(
      (late) => this.#answer(answerOf(late)),
      (error: unknown) => this.#answer(failedAnswer(`the check failed: ${reasonOf(error)}`)),
    );
  }

  /** Tells the check to stop; whatever it still says is dropped. */
  cancel(): void {
    this.#done = true;
    this.#deadline?.cancel();
    this.#abort.abort();
  }

  /**
   * When this timer itself comes far too late, the whole program stood still (stopped, swapped out, a busy event loop),
   * and the check had no chance to answer: it gets a second deadline, once.
   */
  #overdue(): void {
    if (!this.#graced && this.#tookMs() > 2 * this.#component.deadlineMs) {
      this.#graced = true;
      this.#deadline = this.#clock.after(this.#component.deadlineMs, () => this.#overdue());
      return;
    }
    this.#answer(this.#late());
    this.#abort.abort(new DOMException(`the check has ${this.#component.deadlineMs} ms`, 'TimeoutError'));
  }

  #late(): Answer {
    return failedAnswer(`the check did not answer within ${this.#component.deadlineMs} ms`);
  }

  #answer(answer: Answer): void {
    if (this.#done) return;
    this.#done = true;
    this.#deadline?.cancel();
    this.#answered(answer, this.#tookMs());
  }

  #tookMs(): number {
    return this.#clock.now() - this.#startedMs;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
