/**
 * What a thread leaves when it ends by itself: why, and half a second in which its watcher, if it has one that is awake,
 * can take what there is through the inspector. A thread that runs out of memory or is terminated says nothing.
 */
import { isMainThread } from 'node:worker_threads';
import { systemClock } from '../clock.ts';
import type { Board } from './board-memory.ts';
import { guarded, type Part } from './guard.ts';

/** The thread waits so long at most. */
const waitMs = 500;

/** A watcher that has looked in this time is awake; it looks several times a second. */
const awakeMs = 2000;

/** An error that the program has caught last of all explains an end that follows within this time. */
const blameMs = 5000;

export class LastWords implements Part {
  readonly #board: Board;
  #looks = 0;
  #lookedAt: number = Number.NEGATIVE_INFINITY;
  #caught = '';
  #caughtAt: number = Number.NEGATIVE_INFINITY;
  readonly #onException: (error: unknown) => void;
  readonly #onExit: () => void;

  constructor(board: Board) {
    this.#board = board;
    this.#looks = board.looks;
    this.#onException = guarded((error) => this.#exception(error));
    this.#onExit = guarded(() => this.#exit());
  }

  install(): void {
    process.on('uncaughtExceptionMonitor', this.#onException);
    process.on('exit', this.#onExit);
  }

  remove(): void {
    process.off('uncaughtExceptionMonitor', this.#onException);
    process.off('exit', this.#onExit);
  }

  /** To be called now and then, so that we know when the watcher last looked. */
  note(now: number): void {
    const { looks } = this.#board;
    if (looks === this.#looks) return;
    this.#looks = looks;
    this.#lookedAt = now;
  }

  #exception(error: unknown): void {
    const text = wordsOf(error);
    if (process.listenerCount('uncaughtException') > 0) {
      this.#caught = text;
      this.#caughtAt = systemClock.now();
      return;
    }
    this.#say('exception', text);
  }

  #exit(): void {
    if (this.#board.lastWords !== 'none') return;
    if (systemClock.now() - this.#caughtAt <= blameMs) this.#say('exception', this.#caught);
    else if (isMainThread) this.#say('exit', '');
    else this.#board.say('exit', '');
  }

  #say(lastWords: 'exception' | 'exit', text: string): void {
    this.#board.say(lastWords, text);
    this.note(systemClock.now());
    if (systemClock.now() - this.#lookedAt <= awakeMs) this.#board.awaitRelease(waitMs);
  }
}

function wordsOf(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${String(error)}`;
  } catch {
    return 'thrown: something that cannot be written';
  }
}
