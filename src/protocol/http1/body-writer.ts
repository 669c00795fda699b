/** Writes one message body with the framing of its hop. */
import type { Connection } from '../../net/index.ts';

export class BodyWriter {
  readonly #out: Connection;
  #chunked = false;

  constructor(out: Connection) {
    this.#out = out;
  }

  start(chunked: boolean): void {
    this.#chunked = chunked;
  }

  write(bytes: Buffer, from: number, to: number): void {
    if (!this.#chunked) {
      this.#out.write(bytes, from, to);
      return;
    }
    if (from === to) return;
    this.#out.writeLatin1(`${(to - from).toString(16)}\r\n`);
    this.#out.write(bytes, from, to);
    this.#out.writeLatin1('\r\n');
  }

  /** Trailers are dropped where the framing has no place for them. */
  end(trailers: Buffer | null): void {
    if (!this.#chunked) return;
    this.#out.writeLatin1('0\r\n');
    if (trailers !== null) this.#out.write(trailers, 0, trailers.length);
    this.#out.writeLatin1('\r\n');
  }
}
