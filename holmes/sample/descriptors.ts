/** How many file descriptors this process has open, and how many it may have. Only Linux says so without being slow. */
import { readdirSync, statSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import { KeptFile } from './kept-file.ts';

/** After counting one by one, so many times as long passes before that is done again: at most 0.02 % of a core. */
const restFactor = 5000;

export class Descriptors {
  readonly #clock: Clock;
  readonly #directory: string;
  /** Read when descriptors have run out, too: that is when it matters. */
  readonly #limits: KeptFile;
  #countAgainMs: number = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, proc: string) {
    this.#clock = clock;
    this.#directory = `${proc}/self/fd`;
    this.#limits = new KeptFile(`${proc}/self/limits`);
  }

  /** NaN: not to be had, or too dear to be had again already. */
  open(): number {
    try {
      // Since Linux 6.2 the size is the number; before that, and elsewhere, it is 0.
      const { size } = statSync(this.#directory);
      return size > 0 ? size : this.#countOneByOne();
    } catch {
      return Number.NaN;
    }
  }

  /** The soft limit, the one at which opening fails. `Infinity`: none; NaN: not to be had. */
  limit(): number {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(this.#limits.read() ?? '')?.[1];
    if (soft === 'unlimited') return Number.POSITIVE_INFINITY;
    return soft === undefined ? Number.NaN : Number(soft);
  }

  close(): void {
    this.#limits.close();
  }

  #countOneByOne(): number {
    const startMs = this.#clock.now();
    if (startMs < this.#countAgainMs) return Number.NaN;
    const count = readdirSync(this.#directory).length;
    const endMs = this.#clock.now();
    this.#countAgainMs = endMs + (endMs - startMs) * restFactor;
    return count;
  }
}
