/** Cuts a stream of text pieces into lines of bounded length, for output that a data thread wrote to stdout or stderr. */
export class LineSplitter {
  /** A longer line is handed on in pieces of this many characters. */
  static readonly maxLength = 8192;
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(piece: string): void {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#emit(line);
    while (this.#rest.length >= LineSplitter.maxLength) {
      this.#onLine(this.#rest.slice(0, LineSplitter.maxLength));
      this.#rest = this.#rest.slice(LineSplitter.maxLength);
    }
  }

  /** Hands on what has no line end yet. */
  end(): void {
    this.#emit(this.#rest);
    this.#rest = '';
  }

  #emit(line: string): void {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    for (let at = 0; at < text.length; at += LineSplitter.maxLength) {
      this.#onLine(text.slice(at, at + LineSplitter.maxLength));
    }
  }
}
