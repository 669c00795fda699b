/** Each request starts a poll that asks again after a millisecond until an answer comes, and none comes. */
import { type Culprit, type CulpritOptions, defaultBlockMs } from './culprit.ts';

/** So many are left going at most: a demonstration should end. */
const maxPolls = 5000;

class Poller {
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #answered = new Map<number, boolean>();
  #polls = 0;

  get polls(): number {
    return this.#polls;
  }

  start(): void {
    this.#polls++;
    this.#pollAgain(this.#polls);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#polls = 0;
  }

  #pollAgain(id: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (this.#answered.get(id) !== true) this.#pollAgain(id);
    }, 1);
    this.#timers.add(timer);
  }
}

export function timerStorm(options: CulpritOptions = {}): Culprit {
  const poller = new Poller();
  return {
    name: 'timer-storm',
    summary: 'polls with a timer of one millisecond for each request, without end',
    capture: 'cpu',
    guilty: '#pollAgain',
    file: 'timer-storm.ts',
    statement: 'setTimeout(',
    strike() {
      const more = Math.ceil((options.blockMs ?? defaultBlockMs) * 20);
      for (let begun = 0; begun < more && poller.polls < maxPolls; begun++) poller.start();
    },
    stop() {
      poller.stop();
    },
  };
}
