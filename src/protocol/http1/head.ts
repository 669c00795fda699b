/**
 * A parsed HTTP/1 head: offsets into the bytes it came in. Nothing is copied or turned into a string until something
 * asks. The parser fills the same object for every message of a connection; `retain` makes it outlive the read.
 */
import type { RequestHead, ResponseHead } from '../head.ts';
import { CharacterClass, characterClass, SP, TAB } from './characters.ts';
import { Field, fieldBit, fieldByName } from './field.ts';

export const Method = {
  Other: 0,
  Get: 1,
  Head: 2,
  Post: 3,
  Put: 4,
  Delete: 5,
  Options: 6,
  Patch: 7,
  Connect: 8,
  Trace: 9,
} as const;
export type Method = (typeof Method)[keyof typeof Method];

/** Indexed by `Method`. */
export const methodNames: readonly string[] = [
  '',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'CONNECT',
  'TRACE',
];

const empty: Buffer = Buffer.alloc(0);
const keptBytes = 512;

export class Http1Head implements RequestHead, ResponseHead {
  /** The head is `bytes[base .. base + length)`; every offset below is relative to `base`. */
  bytes: Buffer = empty;
  base = 0;
  /** With the empty line that ends it. */
  length = 0;
  methodKind: Method = Method.Other;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  /** Where the start line's CRLF ends and the first field begins. */
  fieldsStart = 0;
  /** The x of HTTP/1.x; above 1 it means no more than 1 does. */
  minorVersion = 1;
  status = 0;
  reasonStart = 0;
  reasonEnd = 0;
  headerCount = 0;
  /** Per field: start and end of the name, start and end of the value without surrounding space. */
  readonly offsets: Int32Array;
  /** Per field: a `Field`. */
  readonly fields: Uint8Array;
  /** `fieldBit` of every known field that is present. */
  present = 0;
  /** -1: none. */
  contentLength = -1;
  chunked = false;
  /** What the `Connection` field says. */
  connectionClose = false;
  connectionKeepAlive = false;
  connectionUpgrade = false;
  /** `Connection` names a field other than those above, which must not be forwarded. */
  connectionNamesFields = false;
  expectsContinue = false;
  /** Absolute-form target: where its authority stands, which replaces `Host`. -1: none. */
  authorityStart = -1;
  authorityEnd = -1;
  /** Where the value of `Host` stands; empty range without one. */
  hostStart = 0;
  hostEnd = 0;
  /** Where `retain` copies to; kept for the next message of the connection. */
  #kept: Buffer | null = null;
  #target: string | null = null;
  /** The one that was read last on this connection, whose requests are often for the same one. */
  #lastTarget = '';

  constructor(maxHeaderCount: number) {
    this.offsets = new Int32Array(4 * maxHeaderCount);
    this.fields = new Uint8Array(maxHeaderCount);
  }

  /** Makes ready for the next message. */
  reset(): void {
    this.bytes = empty;
    this.base = 0;
    this.length = 0;
    this.headerCount = 0;
    this.present = 0;
    this.contentLength = -1;
    this.chunked = false;
    this.connectionClose = false;
    this.connectionKeepAlive = false;
    this.connectionUpgrade = false;
    this.connectionNamesFields = false;
    this.expectsContinue = false;
    this.authorityStart = -1;
    this.authorityEnd = -1;
    this.hostStart = 0;
    this.hostEnd = 0;
    this.#target = null;
  }

  /** Copies the bytes, so that the head stays valid after the read that brought it and until the next message. */
  retain(): void {
    if (this.#kept === null || this.#kept.length < this.length) {
      this.#kept = Buffer.allocUnsafeSlow(Math.max(keptBytes, this.length));
    }
    this.bytes.copy(this.#kept, 0, this.base, this.base + this.length);
    this.bytes = this.#kept;
    this.base = 0;
  }

  get method(): string {
    return this.methodKind === Method.Other ? this.#text(0, this.methodEnd) : methodNames[this.methodKind]!;
  }

  /** Origin form: an absolute target is cut to its path. */
  get target(): string {
    return (this.#target ??= this.#readTarget());
  }

  get authority(): string {
    if (this.authorityStart >= 0) return this.#text(this.authorityStart, this.authorityEnd);
    return this.hostStart === this.hostEnd ? '' : this.#text(this.hostStart, this.hostEnd);
  }

  /** Whether `authority` is other than empty, without reading it. */
  get hasAuthority(): boolean {
    return (
      this.authorityStart >= 0 ||
      ((this.present & fieldBit(Field.Host)) !== 0 && this.hostStart < this.hostEnd)
    );
  }

  /** Whether `authority` is exactly `bytes`. */
  authorityIs(bytes: Uint8Array): boolean {
    const absolute = this.authorityStart >= 0;
    const start = absolute ? this.authorityStart : this.hostStart;
    const end = absolute ? this.authorityEnd : this.hostEnd;
    if (end - start !== bytes.length) return false;
    const at = this.base + start;
    for (let i = 0; i < bytes.length; i++) if (this.bytes[at + i] !== bytes[i]) return false;
    return true;
  }

  get reason(): string {
    return this.#text(this.reasonStart, this.reasonEnd);
  }

  header(name: string): string | undefined {
    const field = fieldByName(name);
    if (field !== Field.Other) return this.fieldValue(field);
    const index = this.indexOf(name);
    return index < 0 ? undefined : this.headerValue(index);
  }

  /** First value of a known field. */
  fieldValue(field: Field): string | undefined {
    if ((this.present & fieldBit(field)) === 0) return undefined;
    let index = 0;
    while (this.fields[index] !== field) index++;
    return this.headerValue(index);
  }

  /** All values of a known field, joined as one list (RFC 9110 section 5.3); `undefined` when absent. */
  fieldList(field: Field): string | undefined {
    if ((this.present & fieldBit(field)) === 0) return undefined;
    let list: string | undefined;
    for (let i = 0; i < this.headerCount; i++) {
      if (this.fields[i] === field)
        list = list === undefined ? this.headerValue(i) : `${list}, ${this.headerValue(i)}`;
    }
    return list;
  }

  headerName(index: number): string {
    return this.#text(this.offsets[4 * index]!, this.offsets[4 * index + 1]!);
  }

  headerValue(index: number): string {
    return this.#text(this.offsets[4 * index + 2]!, this.offsets[4 * index + 3]!);
  }

  /** Where the first field of this name, in lower case, stands; -1: nowhere. Not for fields that `Field` names. */
  indexOf(name: string, from = 0): number {
    for (let i = from; i < this.headerCount; i++) {
      if (this.fields[i] === Field.Other && this.nameIs(i, name)) return i;
    }
    return -1;
  }

  /** Whether the value of field `index` is exactly `bytes`. */
  valueIs(index: number, bytes: Uint8Array): boolean {
    const start = this.offsets[4 * index + 2]!;
    if (this.offsets[4 * index + 3]! - start !== bytes.length) return false;
    const at = this.base + start;
    for (let i = 0; i < bytes.length; i++) if (this.bytes[at + i] !== bytes[i]) return false;
    return true;
  }

  /** Whether field `index` is called `name`, in lower case. */
  nameIs(index: number, name: string): boolean {
    const start = this.offsets[4 * index]!;
    if (this.offsets[4 * index + 1]! - start !== name.length) return false;
    const at = this.base + start;
    for (let i = 0; i < name.length; i++) {
      if (lowerCase(this.bytes[at + i]!) !== name.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Whether field `index` is among the names that the `Connection` field lists. */
  namedByConnection(index: number): boolean {
    for (let i = 0; i < this.headerCount; i++) {
      if (this.fields[i] === Field.Connection && this.#listsNameOf(i, index)) return true;
    }
    return false;
  }

  #listsNameOf(list: number, index: number): boolean {
    const nameStart = this.base + this.offsets[4 * index]!;
    const nameLength = this.offsets[4 * index + 1]! - this.offsets[4 * index]!;
    const end = this.base + this.offsets[4 * list + 3]!;
    let at = this.base + this.offsets[4 * list + 2]!;
    while (at < end) {
      const token = tokenEnd(this.bytes, at, end);
      if (token - at === nameLength && isSameName(this.bytes, at, nameStart, nameLength)) return true;
      at = nextListItem(this.bytes, token, end);
    }
    return false;
  }

  #readTarget(): string {
    if (this.authorityStart < 0) {
      if (!this.#isLastTarget()) this.#lastTarget = this.#text(this.targetStart, this.targetEnd);
      return this.#lastTarget;
    }
    // OPTIONS of a whole server is asked for with `*` (RFC 9112 section 3.2.4).
    if (this.authorityEnd === this.targetEnd) return this.methodKind === Method.Options ? '*' : '/';
    const path = this.#text(this.authorityEnd, this.targetEnd);
    return path.startsWith('/') ? path : `/${path}`;
  }

  /**
   * Making a string of the bytes takes 100 ns longer (bench/micro/exchange.ts with two routes). Compared from the end,
   * because targets of one length differ there first.
   */
  #isLastTarget(): boolean {
    const last = this.#lastTarget;
    if (this.targetEnd - this.targetStart !== last.length) return false;
    const start = this.base + this.targetStart;
    for (let i = last.length - 1; i >= 0; i--) {
      if (this.bytes[start + i] !== last.charCodeAt(i)) return false;
    }
    return true;
  }

  #text(start: number, end: number): string {
    return this.bytes.toString('latin1', this.base + start, this.base + end);
  }
}

/** Whether two tokens of `length` bytes differ in the case of letters at most. */
function isSameName(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (lowerCase(bytes[a + i]!) !== lowerCase(bytes[b + i]!)) return false;
  return true;
}

function lowerCase(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

/** End of the token that starts at `at`. */
export function tokenEnd(bytes: Uint8Array, at: number, end: number): number {
  const table = characterClass;
  const { Token } = CharacterClass;
  while (at < end && (table[bytes[at]!]! & Token) !== 0) at++;
  return at;
}

/** Where the next item of a comma-separated list begins, skipping whatever else stands before it. */
export function nextListItem(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== 44) at++;
  while (at < end && (bytes[at] === 44 || bytes[at] === SP || bytes[at] === TAB)) at++;
  return at;
}
