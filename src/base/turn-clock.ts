/**
 * A clock that stands still while one turn of the event loop runs: whatever happens because of one event happens at
 * one time. Reading the machine's clock costs 50 ns, and an exchange asks for the time ten times.
 */
import type { Clock, Timer } from './clock.ts';

export class TurnClock implements Clock {
  readonly #source: Clock;
  readonly #afterTurn: () => void;
  /** With a number from the start: a field that is undefined first takes a new object for each later number. */
  #nowMs = 0;

  /** `afterTurn` runs at the end of every turn that a timer of this clock began. */
  constructor(source: Clock, afterTurn: () => void) {
    this.#source = source;
    this.#afterTurn = afterTurn;
    this.#nowMs = source.now();
  }

  /** A turn begins: reads the source. To be called first by whatever the event loop calls. */
  begin(): void {
    this.#nowMs = this.#source.now();
  }

  now(): number {
    return this.#nowMs;
  }

  wall(): number {
    return this.#source.wall();
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#source.after(delayMs, () => this.#turn(run));
  }

  every(periodMs: number, run: () => void): Timer {
    return this.#source.every(periodMs, () => this.#turn(run));
  }

  #turn(run: () => void): void {
    this.begin();
    run();
    this.#afterTurn();
  }
}
