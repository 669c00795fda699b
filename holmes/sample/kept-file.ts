/**
 * A file of /proc that is opened once and read again and again: a seventh of the cost of opening it each time, it cannot
 * turn into another thread's when the kernel gives a number out again, and it still reads when descriptors have run out.
 */
import { closeSync, openSync, readSync } from 'node:fs';

/** Longer than any file that is read this way. */
const buffer = Buffer.allocUnsafe(4096);

export class KeptFile {
  #descriptor: number | null;

  /** Never throws: a file that is not there reads as `null`. */
  constructor(path: string) {
    this.#descriptor = open(path);
  }

  /** What it says now, `null` when it cannot be read; then it is closed, because what it told about has gone. */
  read(): string | null {
    if (this.#descriptor === null) return null;
    try {
      const bytes = readSync(this.#descriptor, buffer, 0, buffer.length, 0);
      return buffer.toString('latin1', 0, bytes);
    } catch {
      this.close();
      return null;
    }
  }

  get isOpen(): boolean {
    return this.#descriptor !== null;
  }

  /** More than once is allowed. */
  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = null;
    if (descriptor === null) return;
    try {
      closeSync(descriptor);
    } catch {
      // Closed by somebody else: nothing is left to close.
    }
  }
}

function open(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch {
    return null;
  }
}
