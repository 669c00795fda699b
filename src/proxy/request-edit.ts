/** What a hop adds to a request: who it came from, which way, and under which id. */
import { randomFillSync } from 'node:crypto';
import type { ForwardedConfig } from '../config/index.ts';
import { Field, fieldBit, type Http1Head } from '../protocol/index.ts';

const forwardedFields: number =
  fieldBit(Field.XForwardedFor) | fieldBit(Field.XForwardedProto) | fieldBit(Field.XForwardedHost);
const requestIdField: number = fieldBit(Field.XRequestId);

/** Makes the lines for the requests of one connection, which mostly differ in nothing but the request id. */
export class ForwardedLines {
  readonly #config: ForwardedConfig;
  readonly #address: string;
  readonly #scheme: string;
  readonly #via: string;
  readonly #introduction: string;
  /** What the last request with this authority and version got: its lines, then a request id to write over. */
  #authority: Buffer | null = null;
  #minorVersion = -1;
  #usual: Buffer = Buffer.alloc(0);
  #requestIdAt = 0;
  /** Whether the last request got a new id. */
  #madeId = false;

  /** `introduction`: a complete line that goes with every request, or nothing. */
  constructor(options: {
    config: ForwardedConfig;
    via: string;
    remoteAddress: string;
    scheme: string;
    introduction: string;
  }) {
    this.#config = options.config;
    this.#address = options.remoteAddress;
    this.#scheme = options.scheme;
    this.#via = options.via;
    this.#introduction = options.introduction;
  }

  /**
   * Complete field lines to add to `head`; names that they replace are pushed to `dropped`. Borrowed until the next
   * call: an HTTP/1 connection has one request at a time.
   */
  linesFor(head: Http1Head, dropped: string[]): Buffer {
    const { mode, keepRequestId } = this.#config;
    const appends = mode === 'append' && (head.present & forwardedFields) !== 0;
    if (mode === 'replace' && (head.present & forwardedFields) !== 0) {
      dropped.push('x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host');
    }
    if (appends) this.#prepare(this.#appendedLines(head, dropped), null, -1);
    else if (this.#minorVersion !== head.minorVersion || !head.authorityIs(this.#authority!))
      this.#prepareUsual(head);
    this.#madeId = !keepRequestId || (head.present & requestIdField) === 0;
    if (!this.#madeId) return this.#usual.subarray(0, this.#requestIdAt - requestIdPrefix.length);
    if ((head.present & requestIdField) !== 0) dropped.push('x-request-id');
    writeUuid(this.#usual, this.#requestIdAt);
    return this.#usual;
  }

  /** The id that the last request was given; `undefined` when it kept its own. */
  get requestId(): string | undefined {
    return this.#madeId
      ? this.#usual.toString('latin1', this.#requestIdAt, this.#requestIdAt + blankUuid.length)
      : undefined;
  }

  #prepareUsual(head: Http1Head): void {
    const { authority } = head;
    const forwarded = `x-forwarded-for: ${this.#address}\r\nx-forwarded-proto: ${this.#scheme}\r\n${hostLine(authority)}`;
    const lines = this.#viaLine(head) + (this.#config.mode === 'off' ? '' : forwarded);
    this.#prepare(lines, Buffer.from(authority, 'latin1'), head.minorVersion);
  }

  #prepare(lines: string, authority: Buffer | null, minorVersion: number): void {
    const text = `${lines}${this.#introduction}${requestIdPrefix}${blankUuid}\r\n`;
    this.#usual = Buffer.from(text, 'latin1');
    this.#requestIdAt = this.#usual.length - blankUuid.length - 2;
    this.#authority = authority;
    this.#minorVersion = minorVersion;
  }

  /** Each hop adds its peer to the list; what the first hop said of scheme and host stays. */
  #appendedLines(head: Http1Head, dropped: string[]): string {
    const before = head.fieldList(Field.XForwardedFor);
    if (before !== undefined) dropped.push('x-forwarded-for');
    const list = before === undefined ? this.#address : `${before}, ${this.#address}`;
    let lines = `${this.#viaLine(head)}x-forwarded-for: ${list}\r\n`;
    if ((head.present & fieldBit(Field.XForwardedProto)) === 0)
      lines += `x-forwarded-proto: ${this.#scheme}\r\n`;
    if ((head.present & fieldBit(Field.XForwardedHost)) === 0) lines += hostLine(head.authority);
    return lines;
  }

  #viaLine(head: Http1Head): string {
    return this.#via === '' ? '' : `via: 1.${head.minorVersion} ${this.#via}\r\n`;
  }
}

function hostLine(authority: string): string {
  return authority === '' ? '' : `x-forwarded-host: ${authority}\r\n`;
}

const requestIdPrefix = 'x-request-id: ';
/** A random UUID (RFC 9562 version 4) has other digits; the dashes stay. */
const blankUuid = '00000000-0000-4000-8000-000000000000';
const entropy: Uint8Array = new Uint8Array(4096);
let entropyUsed: number = entropy.length;
const hexDigits: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);
/** The two digits of a byte. */
const highDigit: Uint8Array = Uint8Array.from(hexDigits, (pair) => pair.charCodeAt(0));
const lowDigit: Uint8Array = Uint8Array.from(hexDigits, (pair) => pair.charCodeAt(1));

/** Writes the digits of a new UUID over those of an old one: to make a string of it would cost more than the digits. */
function writeUuid(target: Buffer, at: number): void {
  if (entropyUsed === entropy.length) {
    randomFillSync(entropy);
    entropyUsed = 0;
  }
  const from = entropyUsed;
  entropyUsed += 16;
  entropy[from + 6] = (entropy[from + 6]! & 0x0f) | 0x40;
  entropy[from + 8] = (entropy[from + 8]! & 0x3f) | 0x80;
  // In groups, with no dash to look out for on the way: half of the time (bench/micro/exchange.ts).
  writeHex(target, at, from, 4);
  writeHex(target, at + 9, from + 4, 2);
  writeHex(target, at + 14, from + 6, 2);
  writeHex(target, at + 19, from + 8, 2);
  writeHex(target, at + 24, from + 10, 6);
}

function writeHex(target: Buffer, at: number, from: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const byte = entropy[from + i]!;
    target[at + 2 * i] = highDigit[byte]!;
    target[at + 2 * i + 1] = lowDigit[byte]!;
  }
}
