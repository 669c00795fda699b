/**
 * Decoder of the chunked transfer coding (RFC 9112 section 7). It is strict where chunk parsers have been made to
 * disagree: sizes are plain hexadecimal, every line ends in CRLF, extensions are checked, counted and dropped.
 */
import {
  CharacterClass as Class,
  characterClass as classes,
  COLON,
  CR,
  LF,
  SEMICOLON,
} from './characters.ts';
import { Field, identifyField } from './field.ts';
import { HeadError } from './head-error.ts';

export interface BodySink {
  /** Body bytes, borrowed until return. */
  onBody(bytes: Buffer, from: number, to: number): void;
}

/** Hexadecimal digits of a chunk size: up to 2^52. */
const maxSizeDigits = 13;
/** Extensions of all chunks of one body together; nobody uses them, and they are a way to send for ever. */
const maxExtensionBytes = 8 * 1024;
const maxTrailerBytes = 16 * 1024;

const State = {
  Size: 0,
  Extension: 1,
  SizeLf: 2,
  Data: 3,
  DataCr: 4,
  DataLf: 5,
  Trailers: 6,
  Done: 7,
  Failed: 8,
} as const;
type State = (typeof State)[keyof typeof State];

/** Fields that may not come late: framing, routing, and what a recipient has already acted upon (RFC 9110 section 6.5.1). */
const forbiddenTrailer =
  /^(content-(length|encoding|type|range)|transfer-encoding|host|trailer|te|connection|keep-alive|upgrade|authorization|set-cookie|cookie|proxy-.*|x-forwarded-.*|expect|range|cache-control|max-forwards)$/i;

export class ChunkedDecoder {
  /** After a failed `decode`. */
  error: HeadError = HeadError.None;
  #state: State = State.Size;
  #size = 0;
  #digits = 0;
  #extensionBytes = 0;
  #trailers: Buffer = Buffer.alloc(0);
  #forwardable: Buffer | null = null;

  reset(): void {
    this.#state = State.Size;
    this.#size = 0;
    this.#digits = 0;
    this.#extensionBytes = 0;
    this.#trailers = Buffer.alloc(0);
    this.#forwardable = null;
    this.error = HeadError.None;
  }

  get done(): boolean {
    return this.#state === State.Done;
  }

  /** After the end: the trailer lines that may be forwarded, each with its CRLF; `null` without any. Retained. */
  get trailers(): Buffer | null {
    return this.#forwardable;
  }

  /** Decodes `bytes[from..to)`; returns where it stopped: behind the body's end, at `to`, or where `error` is. */
  decode(bytes: Buffer, from: number, to: number, sink: BodySink): number {
    let at = from;
    while (at < to) {
      switch (this.#state) {
        case State.Size:
          at = this.#readSize(bytes, at, to);
          break;
        case State.Extension:
          at = this.#readExtension(bytes, at, to);
          break;
        case State.SizeLf:
          if (bytes[at] !== LF) return this.#fail(HeadError.InvalidChunkSize, at);
          at++;
          this.#digits = 0;
          this.#state = this.#size === 0 ? State.Trailers : State.Data;
          break;
        case State.Data: {
          const end = Math.min(to, at + this.#size);
          this.#size -= end - at;
          if (this.#size === 0) this.#state = State.DataCr;
          sink.onBody(bytes, at, end);
          at = end;
          break;
        }
        case State.DataCr:
          if (bytes[at] !== CR) return this.#fail(HeadError.InvalidChunkEnd, at);
          this.#state = State.DataLf;
          at++;
          break;
        case State.DataLf:
          if (bytes[at] !== LF) return this.#fail(HeadError.InvalidChunkEnd, at);
          this.#state = State.Size;
          at++;
          break;
        case State.Trailers:
          at = this.#readTrailers(bytes, at, to);
          break;
        default:
          return at;
      }
    }
    return at;
  }

  // Size -> Extension | SizeLf
  #readSize(bytes: Buffer, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      const digit = hexDigit(byte);
      if (digit >= 0) {
        if (++this.#digits > maxSizeDigits) return this.#fail(HeadError.InvalidChunkSize, at);
        this.#size = this.#size * 16 + digit;
        continue;
      }
      if (this.#digits === 0) return this.#fail(HeadError.InvalidChunkSize, at);
      if (byte === CR) {
        this.#state = State.SizeLf;
        return at + 1;
      }
      // Space before an extension is only ever sent to find out who takes it (RFC 9112 section 7.1.1).
      if (byte !== SEMICOLON) return this.#fail(HeadError.InvalidChunkSize, at);
      this.#state = State.Extension;
      return at;
    }
    return to;
  }

  // Extension -> SizeLf
  #readExtension(bytes: Buffer, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      if (bytes[at] === CR) {
        this.#state = State.SizeLf;
        return at + 1;
      }
      if ((classes[bytes[at]!]! & Class.Value) === 0 || ++this.#extensionBytes > maxExtensionBytes) {
        return this.#fail(HeadError.ChunkExtensionTooLong, at);
      }
    }
    return to;
  }

  // Trailers -> Done
  #readTrailers(bytes: Buffer, from: number, to: number): number {
    if (this.#trailers.length === 0 && bytes[from] === CR && from + 1 < to && bytes[from + 1] === LF) {
      this.#state = State.Done;
      return from + 2;
    }
    const before = this.#trailers.length;
    const all = Buffer.concat([
      this.#trailers,
      bytes.subarray(from, Math.min(to, from + maxTrailerBytes + 1 - before)),
    ]);
    const end = all.length >= 2 && all[0] === CR && all[1] === LF ? 2 : all.indexOf('\r\n\r\n') + 4;
    if (end < 4 && end !== 2) {
      if (all.length > maxTrailerBytes) return this.#fail(HeadError.InvalidTrailer, from);
      this.#trailers = all;
      return to;
    }
    const lines = all.subarray(0, end - 2);
    const checked = forwardableTrailers(lines);
    if (checked === null) return this.#fail(HeadError.InvalidTrailer, from);
    this.#forwardable = checked.length === 0 ? null : checked;
    this.#state = State.Done;
    return from + end - before;
  }

  #fail(error: HeadError, at: number): number {
    this.error = error;
    this.#state = State.Failed;
    return at;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Checks trailer lines and keeps those that may be forwarded; `null` when a line is malformed. */
function forwardableTrailers(lines: Buffer): Buffer | null {
  const kept: Buffer[] = [];
  for (let at = 0; at < lines.length; ) {
    const start = at;
    while (at < lines.length && (classes[lines[at]!]! & Class.Token) !== 0) at++;
    if (at === start || lines[at] !== COLON) return null;
    const name = lines.toString('latin1', start, at);
    const known = identifyField(lines, start, at - start);
    at++;
    while (at < lines.length && (classes[lines[at]!]! & Class.Value) !== 0) at++;
    if (lines[at] !== CR || lines[at + 1] !== LF) return null;
    at += 2;
    const allowed = known === Field.Other && !forbiddenTrailer.test(name);
    if (allowed) kept.push(lines.subarray(start, at));
  }
  return Buffer.concat(kept);
}
