/**
 * What the fields of a head mean for the connection and for where the body ends. Strict on purpose: whatever two
 * recipients could read differently is refused (RFC 9112 sections 6 and 11.2).
 */
import { CharacterClass as Class, characterClass as classes } from './characters.ts';
import { equalsLowerCase, Field, fieldBit } from './field.ts';
import { type Http1Head, Method, nextListItem, tokenEnd } from './head.ts';
import { HeadError } from './head-error.ts';

const close: Uint8Array = Buffer.from('close', 'latin1');
const keepAlive: Uint8Array = Buffer.from('keep-alive', 'latin1');
const upgrade: Uint8Array = Buffer.from('upgrade', 'latin1');
const te: Uint8Array = Buffer.from('te', 'latin1');
const chunked: Uint8Array = Buffer.from('chunked', 'latin1');
const continue100: Uint8Array = Buffer.from('100-continue', 'latin1');

/** Takes note of a known field as it is parsed; `from` and `to` are absolute. */
export function readField(head: Http1Head, field: Field, from: number, to: number): HeadError {
  switch (field) {
    case Field.Connection:
      readConnection(head, from, to);
      return HeadError.None;
    case Field.ContentLength:
      return readContentLength(head, from, to);
    case Field.TransferEncoding:
      return readTransferEncoding(head, from, to);
    case Field.Host:
      return isResponse(head) ? HeadError.None : readHost(head, from, to);
    case Field.Expect:
      // In an answer it means nothing, like Host.
      if (isResponse(head)) return HeadError.None;
      if (!is(head.bytes, from, to, continue100)) return HeadError.ExpectationFailed;
      head.expectsContinue = true;
      return HeadError.None;
    default:
      return HeadError.None;
  }
}

/** Only the status line of an answer sets a status. */
function isResponse(head: Http1Head): boolean {
  return head.status !== 0;
}

/** What can only be judged when all fields of a request are known. */
export function checkRequest(head: Http1Head): HeadError {
  if ((head.present & fieldBit(Field.Host)) === 0 && head.minorVersion !== 0) return HeadError.MissingHost;
  if (head.methodKind === Method.Connect && (head.chunked || head.contentLength > 0)) {
    return HeadError.ConnectWithBody;
  }
  return checkFraming(head);
}

export function checkResponse(head: Http1Head): HeadError {
  return checkFraming(head);
}

function checkFraming(head: Http1Head): HeadError {
  if (!head.chunked) return HeadError.None;
  if (head.contentLength >= 0) return HeadError.LengthAndTransferEncoding;
  return head.minorVersion === 0 ? HeadError.TransferEncodingInHttp10 : HeadError.None;
}

function readConnection(head: Http1Head, from: number, to: number): void {
  const bytes = head.bytes;
  if (is(bytes, from, to, keepAlive)) {
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

/** 1*DIGIT, once. Lists of equal numbers are allowed by RFC 9112 section 6.3 and refused here: no honest sender makes them. */
function readContentLength(head: Http1Head, from: number, to: number): HeadError {
  if (head.contentLength >= 0) return HeadError.DuplicateContentLength;
  if (from === to || to - from > 15) return HeadError.InvalidContentLength;
  let value = 0;
  for (let at = from; at < to; at++) {
    const byte = head.bytes[at]!;
    if ((classes[byte]! & Class.Digit) === 0) return HeadError.InvalidContentLength;
    value = value * 10 + byte - 48;
  }
  head.contentLength = value;
  return HeadError.None;
}

function readTransferEncoding(head: Http1Head, from: number, to: number): HeadError {
  if (head.chunked || from === to) return HeadError.InvalidTransferEncoding;
  if (is(head.bytes, from, to, chunked)) {
    head.chunked = true;
    return HeadError.None;
  }
  // Another coding under "chunked" would have to be understood to be forwarded; anything else is an attempt to confuse.
  const known = /^(gzip|x-gzip|compress|x-compress|deflate)([ \t]*,[ \t]*chunked)?$/i;
  const value = head.bytes.toString('latin1', from, Math.min(to, from + 64));
  return known.test(value) ? HeadError.UnsupportedTransferCoding : HeadError.InvalidTransferEncoding;
}

function readHost(head: Http1Head, from: number, to: number): HeadError {
  if ((head.present & fieldBit(Field.Host)) !== 0) return HeadError.DuplicateHost;
  const { bytes } = head;
  const table = classes;
  const { Host } = Class;
  for (let at = from; at < to; at++) if ((table[bytes[at]!]! & Host) === 0) return HeadError.InvalidHost;
  head.hostStart = from - head.base;
  head.hostEnd = to - head.base;
  return HeadError.None;
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
