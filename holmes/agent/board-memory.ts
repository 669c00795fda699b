/**
 * The board between a watched thread and its watcher: shared memory in which the thread leaves its figures and its last
 * words, and the watcher its few requests. Reading it needs nothing of the thread, so it tells also of one that is stuck.
 */

/** Words of 32 bits, read and written with `Atomics`. */
const word = {
  published: 0,
  lastWords: 1,
  errorBytes: 2,
  /** Odd while the figures are being written. */
  version: 3,
  handles: 4,
  sockets: 5,
  exchanges: 6,
  /** Written by the watcher: */
  looks: 7,
  armMs: 8,
  release: 9,
} as const;

/** Numbers of 64 bits, guarded by `word.version`. */
const figure = {
  heapShare: 0,
  heapBytes: 1,
  externalBytes: 2,
  loopActiveMs: 3,
  loopIdleMs: 4,
  gcMs: 5,
} as const;
const figureCount = 6;

const figuresAt = 64;
const textAt = 128;
const textBytes = 1920;
const boardBytes: number = textAt + textBytes;

const lastWordsCodes = ['none', 'exception', 'exit'] as const;
export type LastWords = (typeof lastWordsCodes)[number];

/** What a thread says of itself. Sums of milliseconds count from the start of the thread. */
export interface Figures {
  /** Of old space, 0 to 1; at 1 the thread dies. */
  readonly heapShare: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly loopActiveMs: number;
  readonly loopIdleMs: number;
  readonly gcMs: number;
  /** Active handles and requests. */
  readonly handles: number;
  readonly sockets: number;
  /** HTTP requests being answered. */
  readonly exchanges: number;
}

/** Either side of the board. Nothing here waits, except `awaitRelease`. */
export class Board {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #figures: Float64Array<SharedArrayBuffer>;
  readonly #text: Uint8Array<SharedArrayBuffer>;

  /** Throws a RangeError for memory that is too small to be a board. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(boardBytes)) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, figuresAt / 4);
    this.#figures = new Float64Array(memory, figuresAt, figureCount);
    this.#text = new Uint8Array(memory, textAt, textBytes);
  }

  publish(figures: Figures): void {
    const words = this.#words;
    const values = this.#figures;
    Atomics.add(words, word.version, 1);
    values[figure.heapShare] = figures.heapShare;
    values[figure.heapBytes] = figures.heapBytes;
    values[figure.externalBytes] = figures.externalBytes;
    values[figure.loopActiveMs] = figures.loopActiveMs;
    values[figure.loopIdleMs] = figures.loopIdleMs;
    values[figure.gcMs] = figures.gcMs;
    Atomics.store(words, word.handles, figures.handles);
    Atomics.store(words, word.sockets, figures.sockets);
    Atomics.store(words, word.exchanges, figures.exchanges);
    Atomics.add(words, word.version, 1);
    Atomics.add(words, word.published, 1);
  }

  /** `null`: nothing has been published yet. */
  figures(): Figures | null {
    const words = this.#words;
    if (Atomics.load(words, word.published) === 0) return null;
    const values = this.#figures;
    // Once more when the thread was just writing; one that died or stands in the middle of it is taken as it is.
    for (let attempt = 1; ; attempt++) {
      const version = Atomics.load(words, word.version);
      const figures = {
        heapShare: values[figure.heapShare] ?? 0,
        heapBytes: values[figure.heapBytes] ?? 0,
        externalBytes: values[figure.externalBytes] ?? 0,
        loopActiveMs: values[figure.loopActiveMs] ?? 0,
        loopIdleMs: values[figure.loopIdleMs] ?? 0,
        gcMs: values[figure.gcMs] ?? 0,
        handles: Atomics.load(words, word.handles),
        sockets: Atomics.load(words, word.sockets),
        exchanges: Atomics.load(words, word.exchanges),
      };
      if (attempt === 3 || (version % 2 === 0 && Atomics.load(words, word.version) === version))
        return figures;
    }
  }

  /** The watcher shows that it is there. */
  look(): void {
    Atomics.add(this.#words, word.looks, 1);
  }

  /** Changes whenever the watcher looks. */
  get looks(): number {
    return Atomics.load(this.#words, word.looks);
  }

  /** Asks for a window of `ms` (at least 1). */
  arm(ms: number): void {
    Atomics.store(this.#words, word.armMs, Math.max(1, Math.trunc(ms)));
    Atomics.notify(this.#words, word.armMs);
  }

  /** For how long a window is asked for, told once; 0: none is. */
  takeArmMs(): number {
    return Atomics.exchange(this.#words, word.armMs, 0);
  }

  /** Fulfilled by the next `arm` or `wake`; costs nothing meanwhile and does not keep the thread alive. */
  async armed(): Promise<void> {
    await Atomics.waitAsync(this.#words, word.armMs, 0).value;
  }

  wake(): void {
    Atomics.notify(this.#words, word.armMs);
  }

  /** Leaves the last words; `error` is cut to the whole characters that there is room for. */
  say(lastWords: LastWords, error: string): void {
    const scratch = new Uint8Array(textBytes);
    const { written } = new TextEncoder().encodeInto(error, scratch);
    this.#text.set(scratch);
    Atomics.store(this.#words, word.errorBytes, written);
    Atomics.store(this.#words, word.release, 0);
    Atomics.store(this.#words, word.lastWords, lastWordsCodes.indexOf(lastWords));
    Atomics.notify(this.#words, word.lastWords);
  }

  get lastWords(): LastWords {
    return lastWordsCodes[Atomics.load(this.#words, word.lastWords)] ?? 'none';
  }

  get error(): string {
    // Copied, because a decoder takes no shared memory.
    const bytes = new Uint8Array(Math.min(Atomics.load(this.#words, word.errorBytes), textBytes));
    bytes.set(this.#text.subarray(0, bytes.length));
    return new TextDecoder().decode(bytes);
  }

  /** Stops this thread until `release` after the last `say`, for `timeoutMs` at most. The inspector is answered meanwhile. */
  awaitRelease(timeoutMs: number): void {
    Atomics.wait(this.#words, word.release, 0, timeoutMs);
  }

  release(): void {
    Atomics.store(this.#words, word.release, 1);
    Atomics.notify(this.#words, word.release);
  }
}
