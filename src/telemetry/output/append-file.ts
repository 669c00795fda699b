/**
 * The file end of a log: open for append, write what the kernel takes, close. Standard output and error need
 * care: a pipe is opened anew without blocking, so a reader that has stopped cannot hold a thread of the pool; a
 * regular file is written through the inherited descriptor, because two descriptions of one file would overwrite each
 * other; a socket cannot be opened by path at all.
 */
import { close, constants, fstatSync, open, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';

const openFile = promisify(open);
const closeFile = promisify(close);
const writeFile = promisify(write);

const inherited: Readonly<Record<string, number>> = { '/dev/stdout': 1, '/dev/stderr': 2 };
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);
const mode = 0o644;

export class AppendFile {
  readonly #path: string;
  /** Descriptor 1 or 2, if that is what the path means. */
  readonly #inherited: number | null;
  #descriptor: number | null = null;

  constructor(path: string) {
    this.#path = path;
    this.#inherited = inherited[path] ?? null;
  }

  get isOpen(): boolean {
    return this.#descriptor !== null;
  }

  /** Rejects with the system's error. */
  async open(): Promise<void> {
    if (this.#descriptor !== null) return;
    if (this.#inherited !== null && !isPipe(this.#inherited)) {
      this.#descriptor = this.#inherited;
      return;
    }
    try {
      this.#descriptor = await openFile(this.#path, flags, mode);
    } catch (error) {
      // A process that has changed its user may not open its own standard output by path.
      if (this.#inherited === null) throw error;
      this.#descriptor = this.#inherited;
    }
  }

  /** Bytes taken, which may be fewer than given. */
  async write(bytes: Uint8Array, from: number): Promise<number> {
    if (this.#descriptor === null) throw new Error(`${this.#path} is not open`);
    const { bytesWritten } = await writeFile(this.#descriptor, bytes, from, bytes.byteLength - from);
    return bytesWritten;
  }

  /** As `write`, without waiting; throws the system's error. For the end of the process only. */
  writeSync(bytes: Uint8Array, from: number): number {
    const descriptor = this.#descriptor ?? this.#inherited;
    if (descriptor === null) throw new Error(`${this.#path} is not open`);
    return writeSync(descriptor, bytes, from);
  }

  /** An inherited descriptor stays open. */
  async close(): Promise<void> {
    const descriptor = this.#descriptor;
    this.#descriptor = null;
    if (descriptor === null || descriptor === this.#inherited) return;
    // A failing close has nothing left to lose: what was written is the kernel's.
    await closeFile(descriptor).catch(() => {});
  }
}

function isPipe(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFIFO();
  } catch {
    return false;
  }
}
