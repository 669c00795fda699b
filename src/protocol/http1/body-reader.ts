/** Cuts one message body out of a connection's bytes, whichever way its end is marked. */
import { type BodySink, ChunkedDecoder } from './chunked-decoder.ts';
import { HeadError } from './head-error.ts';
import { BodyFraming } from './head-semantics.ts';

export class BodyReader {
  #framing: BodyFraming = BodyFraming.None;
  #left = 0;
  #decoder: ChunkedDecoder | null = null;

  /** Begins a body; `length` counts for `BodyFraming.Length`. */
  start(framing: BodyFraming, length: number): void {
    this.#framing = framing;
    this.#left = framing === BodyFraming.Length ? length : 0;
    if (framing === BodyFraming.Chunked) {
      this.#decoder ??= new ChunkedDecoder();
      this.#decoder.reset();
    }
  }

  /** Whether the body has ended; a body until close ends with the connection, which its owner knows. */
  get done(): boolean {
    switch (this.#framing) {
      case BodyFraming.Length:
        return this.#left === 0;
      case BodyFraming.Chunked:
        return this.#decoder!.done;
      case BodyFraming.UntilClose:
        return false;
      default:
        return true;
    }
  }

  get untilClose(): boolean {
    return this.#framing === BodyFraming.UntilClose;
  }

  get error(): HeadError {
    return this.#framing === BodyFraming.Chunked ? this.#decoder!.error : HeadError.None;
  }

  get trailers(): Buffer | null {
    return this.#framing === BodyFraming.Chunked ? this.#decoder!.trailers : null;
  }

  /** Hands the body's part of `bytes[from..to)` to `sink`; returns where that part ends. */
  read(bytes: Buffer, from: number, to: number, sink: BodySink): number {
    switch (this.#framing) {
      case BodyFraming.Length: {
        const end = to - from > this.#left ? from + this.#left : to;
        this.#left -= end - from;
        if (end > from) sink.onBody(bytes, from, end);
        return end;
      }
      case BodyFraming.Chunked:
        return this.#decoder!.decode(bytes, from, to, sink);
      case BodyFraming.UntilClose:
        if (to > from) sink.onBody(bytes, from, to);
        return to;
      default:
        return from;
    }
  }
}
