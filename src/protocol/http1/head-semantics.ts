/**
 * What the fields of a head mean for the connection and for where the body ends. Strict on purpose: whatever two
 * recipients could read differently is refused (RFC 9112 sections 6 and 11.2).
 */
import { CharacterClass, characterClass } from './characters.ts';
import { equalsLowerCase, Field, fieldBit } from './field.ts';
import { type Http1Head, Method, nextListItem, tokenEnd } from './head.ts';
import { HeadError } from './head-error.ts';
import { skipHost, viewOf, wordOf } from './word-scan.ts';

// Copied for speed, as in head-parser.ts.
const classes: Uint8Array = characterClass;
const { Digit } = CharacterClass;
const { None } = HeadError;
const { Connection, ContentLength, TransferEncoding, Host, Expect } = Field;

const close: Uint8Array = Buffer.from('close', 'latin1');
const keepAlive: Uint8Array = Buffer.from('keep-alive', 'latin1');
const upgrade: Uint8Array = Buffer.from('upgrade', 'latin1');
const te: Uint8Array = Buffer.from('te', 'latin1');
const chunked: Uint8Array = Buffer.from('chunked', 'latin1');
const continue100: Uint8Array = Buffer.from('100-continue', 'latin1');

/** Takes note of a known field as it is parsed; `from` and `to` are absolute. */
export function readField(head: Http1Head, field: Field, from: number, to: number): HeadError {
  switch (field) {
    case Connection:
      readConnection(head, from, to);
      return None;
    case ContentLength:
      return readContentLength(head, from, to);
    case TransferEncoding:
      return readTransferEncoding(head, from, to);
    case Host:
      return isResponse(head) ? None : readHost(head, from, to);
    case Expect:
      // In an answer it means nothing, like Host.
      if (isResponse(head)) return None;
      if (!is(head.bytes, from, to, continue100)) return HeadError.ExpectationFailed;
      head.expectsContinue = true;
      return None;
    default:
      return None;
  }
}

/** Only the status line of an answer sets a status. */
function isResponse(head: Http1Head): boolean {
  return head.status !== 0;
}

/** What can only be judged when all fields of a request are known. */
export function checkRequest(head: Http1Head): HeadError {
  if ((head.present & fieldBit(Host)) === 0 && head.minorVersion !== 0) return HeadError.MissingHost;
  if (head.methodKind === Method.Connect && (head.chunked || head.contentLength > 0)) {
    return HeadError.ConnectWithBody;
  }
  return checkFraming(head);
}

export function checkResponse(head: Http1Head): HeadError {
  return checkFraming(head);
}

function checkFraming(head: Http1Head): HeadError {
  if (!head.chunked) return None;
  if (head.contentLength >= 0) return HeadError.LengthAndTransferEncoding;
  return head.minorVersion === 0 ? HeadError.TransferEncodingInHttp10 : None;
}

function readConnection(head: Http1Head, from: number, to: number): void {
  const bytes = head.bytes;
  if (isKeepAlive(bytes, from, to)) {
    head.connectionKeepAlive = true;
    return;
  }
  let at = from;
  while (at < to) {
    const end = tokenEnd(bytes, at, to);
    if (is(bytes, at, end, close)) head.connectionClose = true;
    else if (is(bytes, at, end, keepAlive)) head.connectionKeepAlive = true;
    else if (is(bytes, at, end, upgrade)) head.connectionUpgrade = true;
    else if (end > at && !is(bytes, at, end, te)) head.connectionNamesFields = true;
    at = nextListItem(bytes, end, to);
  }
}

const keep: number = wordOf('keep');
const hyphenAli: number = wordOf('-ali');
const live: number = wordOf('live');

/** `keep-alive` alone, which is what nearly every `Connection` says; a value has no control byte that bit 5 makes `-`. */
function isKeepAlive(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== keepAlive.length) return false;
  const view = viewOf(bytes);
  return (
    (view.getInt32(from) | 0x20202020) === keep &&
    (view.getInt32(from + 4) | 0x20202020) === hyphenAli &&
    (view.getInt32(to - 4) | 0x20202020) === live
  );
}

/** 1*DIGIT, once. Lists of equal numbers are allowed by RFC 9112 section 6.3 and refused here: no honest sender makes them. */
function readContentLength(head: Http1Head, from: number, to: number): HeadError {
  if (head.contentLength >= 0) return HeadError.DuplicateContentLength;
  if (from === to || to - from > 15) return HeadError.InvalidContentLength;
  let value = 0;
  for (let at = from; at < to; at++) {
    const byte = head.bytes[at]!;
    if ((classes[byte]! & Digit) === 0) return HeadError.InvalidContentLength;
    value = value * 10 + byte - 48;
  }
  head.contentLength = value;
  return None;
}

function readTransferEncoding(head: Http1Head, from: number, to: number): HeadError {
  if (head.chunked || from === to) return HeadError.InvalidTransferEncoding;
  if (is(head.bytes, from, to, chunked)) {
    head.chunked = true;
    return None;
  }
  // Another coding under "chunked" would have to be understood to be forwarded; anything else is an attempt to confuse.
  const known = /^(gzip|x-gzip|compress|x-compress|deflate)([ \t]*,[ \t]*chunked)?$/i;
  const value = head.bytes.toString('latin1', from, Math.min(to, from + 64));
  return known.test(value) ? HeadError.UnsupportedTransferCoding : HeadError.InvalidTransferEncoding;
}

function readHost(head: Http1Head, from: number, to: number): HeadError {
  if ((head.present & fieldBit(Host)) !== 0) return HeadError.DuplicateHost;
  if (skipHost(viewOf(head.bytes), from, to) < to) return HeadError.InvalidHost;
  head.hostStart = from - head.base;
  head.hostEnd = to - head.base;
  return None;
}

function is(bytes: Uint8Array, from: number, to: number, word: Uint8Array): boolean {
  return to - from === word.length && equalsLowerCase(bytes, from, word);
}

/** Where a message body ends (RFC 9112 section 6.3). */
export const BodyFraming = { None: 0, Length: 1, Chunked: 2, UntilClose: 3 } as const;
export type BodyFraming = (typeof BodyFraming)[keyof typeof BodyFraming];

export function requestFraming(head: Http1Head): BodyFraming {
  if (head.methodKind === Method.Connect) return BodyFraming.None;
  if (head.chunked) return BodyFraming.Chunked;
  return head.contentLength > 0 ? BodyFraming.Length : BodyFraming.None;
}

/** `method` of the request that is answered. */
export function responseFraming(head: Http1Head, method: Method): BodyFraming {
  const { status } = head;
  if (method === Method.Head || status === 204 || status === 304 || status < 200) return BodyFraming.None;
  if (method === Method.Connect && status < 300) return BodyFraming.None;
  if (head.chunked) return BodyFraming.Chunked;
  if (head.contentLength >= 0) return head.contentLength === 0 ? BodyFraming.None : BodyFraming.Length;
  return BodyFraming.UntilClose;
}

/** Whether the sender of this head lets the connection live on. */
export function isPersistent(head: Http1Head): boolean {
  if (head.connectionClose) return false;
  return head.minorVersion !== 0 || head.connectionKeepAlive;
}
