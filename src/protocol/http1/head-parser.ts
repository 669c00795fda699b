/**
 * Incremental parser of HTTP/1 heads. A head that arrives in one read is parsed in place, in one pass, and copied
 * nowhere; otherwise its bytes are collected, and each line is parsed when its end has come, so that a head sent byte
 * by byte costs no more than twice one that is sent whole. Lines must end in CRLF: what lenient recipients accept
 * besides is where request smuggling lives (RFC 9112 section 11.2).
 */
import * as characters from './characters.ts';
import { Field, fieldBit, identifyField } from './field.ts';
import { type Http1Head, Http1Head as Head } from './head.ts';
import { HeadError } from './head-error.ts';
import { checkRequest, checkResponse, readField } from './head-semantics.ts';
import { parseRequestLine, parseStatusLine } from './start-line.ts';
import { skipToken, skipValue, viewOf } from './word-scan.ts';

// Copied into this module, because the compiler folds only a module's own constants: one that is imported is loaded and
// checked at each use, which was a sixth of the time of a parse (bench/micro/exchange.ts).
const { COLON, CR, LF, SP, TAB } = characters;
const { Other } = Field;
const { None, BareCarriageReturn, BareLineFeed, InvalidFieldValue, TooManyFields, HeadTooLarge } = HeadError;

export interface HeadLimits {
  readonly maxHeadBytes: number;
  /** Requests only; a status line is bounded by `maxHeadBytes`. */
  readonly maxRequestLineBytes: number;
  readonly maxHeaderCount: number;
}

export const ParseStatus = { Done: 0, NeedMore: 1, Error: 2 } as const;
export type ParseStatus = (typeof ParseStatus)[keyof typeof ParseStatus];
const { Done, NeedMore } = ParseStatus;

/** Empty lines that a sender may put before a request (RFC 9112 section 2.2). */
const maxLeadingBytes = 4;
const firstStoreBytes = 1024;

export class HeadParser {
  /** Valid after `Done` and until the next `parse`. Borrows the input of that call unless it has been retained. */
  readonly head: Http1Head;
  /** After `Error`: what is wrong. */
  error: HeadError = None;
  /** After `Done`: where in the input of that call the head ended. */
  consumedTo = 0;
  readonly #limits: HeadLimits;
  readonly #isRequest: boolean;
  #store: Buffer | null = null;
  #stored = 0;
  /** Relative to the head's base: where the current line starts, and how far no LF has been seen. */
  #line = 0;
  #scanned = 0;
  #inFields = false;
  #leading = 0;

  constructor(kind: 'request' | 'response', limits: HeadLimits) {
    this.#isRequest = kind === 'request';
    this.#limits = limits;
    this.head = new Head(limits.maxHeaderCount);
  }

  /** Whether part of a head has been seen; empty lines before it are none. */
  get started(): boolean {
    return this.#stored > 0;
  }

  /** Continues with `bytes[from..to)`, which is borrowed until return, or while the head is used after `Done`. */
  parse(bytes: Buffer, from: number, to: number): ParseStatus {
    if (this.#stored > 0) return this.#continue(bytes, from, to);
    let at = from;
    while (this.#isRequest && at < to && (bytes[at] === CR || bytes[at] === LF)) {
      const expected = this.#leading % 2 === 0 ? CR : LF;
      if (bytes[at] !== expected) {
        return this.#fail(expected === CR ? BareLineFeed : BareCarriageReturn);
      }
      if (++this.#leading > maxLeadingBytes) return this.#fail(HeadError.InvalidMethod);
      at++;
    }
    if (at === to) return NeedMore;
    if (this.#leading % 2 !== 0) return this.#fail(BareCarriageReturn);
    const head = this.head;
    head.reset();
    this.#line = 0;
    this.#inFields = false;
    head.bytes = bytes;
    head.base = at;
    const status = this.#run(to - at);
    if (status === NeedMore) this.#keep(bytes, at, to);
    else if (status === Done) this.#finish(at + head.length);
    return status;
  }

  /** Forgets a head that has begun. */
  reset(): void {
    this.#store = null;
    this.#stored = 0;
    this.#leading = 0;
  }

  #continue(bytes: Buffer, from: number, to: number): ParseStatus {
    const before = this.#stored;
    // Never store more than a head may have: the rest of the input stays where it is.
    const take = Math.min(to - from, this.#limits.maxHeadBytes + 1 - before);
    this.#append(bytes, from, from + take);
    const store = this.#store!;
    const head = this.head;
    head.bytes = store;
    head.base = 0;
    // Looks at the new bytes alone: what a search in the store would go on to is not part of the head.
    let scan = this.#scanned;
    while (scan < this.#stored && store[scan] !== LF) scan++;
    if (scan === this.#stored) {
      this.#scanned = scan;
      return this.#checkSize(scan);
    }
    const status = this.#run(this.#stored);
    this.#scanned = this.#stored;
    if (status === Done) this.#finish(from + head.length - before);
    return status;
  }

  /** Parses the lines of the first `available` bytes that are complete. */
  #run(available: number): ParseStatus {
    const head = this.head;
    const end = head.base + available;
    if (!this.#inFields) {
      const next = this.#isRequest
        ? parseRequestLine(head, end, this.#limits.maxRequestLineBytes)
        : parseStatusLine(head, end);
      if (next < 0) return this.#fail(-next as HeadError);
      if (next === 0) return this.#checkSize(available);
      this.#line = next;
      this.#inFields = true;
    }
    const error = this.#parseFields(end);
    if (error > 0) return this.#fail(error);
    if (head.length === 0) return this.#checkSize(available);
    if (head.length > this.#limits.maxHeadBytes) return this.#fail(HeadTooLarge);
    const wrong = this.#isRequest ? checkRequest(head) : checkResponse(head);
    return wrong === None ? Done : this.#fail(wrong);
  }

  /** Parses field lines up to `end`; sets `head.length` when the empty line has come. Returns what is wrong, if anything. */
  #parseFields(end: number): HeadError {
    const head = this.head;
    const bytes = head.bytes;
    const base = head.base;
    const offsets = head.offsets;
    const view = viewOf(bytes);
    let at = base + this.#line;
    while (at < end) {
      const nameStart = at;
      if (bytes[at] === CR) {
        if (at + 1 >= end) return None;
        if (bytes[at + 1] !== LF) return BareCarriageReturn;
        head.length = at + 2 - base;
        return None;
      }
      at = skipToken(view, at, end);
      if (at >= end) return None;
      if (bytes[at] !== COLON || at === nameStart) return nameError(bytes[at]!, at === nameStart);
      const nameEnd = at++;
      while (at < end && (bytes[at] === SP || bytes[at] === TAB)) at++;
      const valueStart = at;
      at = skipValue(view, at, end);
      if (at + 1 >= end && (at >= end || bytes[at] === CR)) return None;
      if (bytes[at] !== CR) return bytes[at] === LF ? BareLineFeed : InvalidFieldValue;
      if (bytes[at + 1] !== LF) return BareCarriageReturn;
      let valueEnd = at;
      while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === TAB)) valueEnd--;
      at += 2;
      const index = head.headerCount;
      if (index >= this.#limits.maxHeaderCount) return TooManyFields;
      offsets[4 * index] = nameStart - base;
      offsets[4 * index + 1] = nameEnd - base;
      offsets[4 * index + 2] = valueStart - base;
      offsets[4 * index + 3] = valueEnd - base;
      head.headerCount = index + 1;
      const field = identifyField(bytes, nameStart, nameEnd - nameStart);
      head.fields[index] = field;
      if (field !== Other) {
        const error = readField(head, field, valueStart, valueEnd);
        if (error !== None) return error;
        head.present |= fieldBit(field);
      }
      this.#line = at - base;
    }
    return None;
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    this.#append(bytes, from, to);
    this.head.bytes = this.#store!;
    this.head.base = 0;
    this.#scanned = this.#stored;
  }

  #append(bytes: Buffer, from: number, to: number): void {
    const needed = this.#stored + to - from;
    if (this.#store === null || this.#store.length < needed) {
      const larger = Buffer.allocUnsafe(Math.max(firstStoreBytes, 2 * needed));
      if (this.#store !== null) this.#store.copy(larger, 0, 0, this.#stored);
      this.#store = larger;
    }
    bytes.copy(this.#store, this.#stored, from, to);
    this.#stored = needed;
  }

  #checkSize(available: number): ParseStatus {
    if (this.#isRequest && !this.#inFields && available > this.#limits.maxRequestLineBytes) {
      return this.#fail(HeadError.TargetTooLong);
    }
    if (available > this.#limits.maxHeadBytes) return this.#fail(HeadTooLarge);
    return NeedMore;
  }

  #finish(consumedTo: number): void {
    this.consumedTo = consumedTo;
    this.reset();
  }

  #fail(error: HeadError): ParseStatus {
    this.error = error;
    return ParseStatus.Error;
  }
}

function nameError(byte: number, atStart: boolean): HeadError {
  if (atStart && (byte === SP || byte === TAB)) return HeadError.FoldedField;
  if (byte === SP || byte === TAB) return HeadError.SpaceBeforeColon;
  if (byte === LF) return BareLineFeed;
  return HeadError.InvalidFieldName;
}
