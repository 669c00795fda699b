/**
 * Trace and span ids from the system's random source, drawn in blocks so that an id costs a conversion and not a
 * system call. Never all zeros, which W3C Trace Context and B3 both forbid.
 */
import { randomFillSync } from 'node:crypto';

const blockBytes = 4096;
const traceBytes = 16;
const spanBytes = 8;

export class IdSource {
  readonly #block = Buffer.alloc(blockBytes);
  readonly #fill: (block: Uint8Array) => void;
  #next = blockBytes;

  /** `fill` overwrites the whole block with random bytes; given in tests only. */
  constructor(fill: (block: Uint8Array) => void = randomFillSync) {
    this.#fill = fill;
  }

  /** 32 lower-case hex digits. */
  traceId(): string {
    return this.#draw(traceBytes);
  }

  /** 16 lower-case hex digits. */
  spanId(): string {
    return this.#draw(spanBytes);
  }

  #draw(bytes: number): string {
    for (;;) {
      if (this.#next + bytes > blockBytes) {
        this.#fill(this.#block);
        this.#next = 0;
      }
      const start = this.#next;
      this.#next += bytes;
      const id = this.#block.toString('hex', start, this.#next);
      if (!isZeros(id)) return id;
    }
  }
}

/** True for a string of nothing but `0`. */
export function isZeros(id: string): boolean {
  for (let i = 0; i < id.length; i++) if (id.charCodeAt(i) !== 48) return false;
  return true;
}

/** True when `text` has exactly the lower-case hex digits `start <= i < end`. */
export function isLowerHex(text: string, start: number, end: number): boolean {
  if (text.length < end) return false;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false;
  }
  return true;
}
