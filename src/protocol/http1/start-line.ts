/**
 * The first line of a head. Both functions return the offset (relative to the head's base) behind the line's CRLF, 0
 * when the line is not complete, or the negative `HeadError`.
 */
import * as characters from './characters.ts';
import { type Http1Head, Method } from './head.ts';
import { HeadError } from './head-error.ts';
import { skipHost, skipTarget, skipToken, skipValue, viewOf, wordOf } from './word-scan.ts';

// Copied for speed, as in head-parser.ts.
const { CR, LF, SP, characterClass: classes } = characters;
const { Digit } = characters.CharacterClass;
const { None } = HeadError;
const { Connect, Get, Put, Post, Head, Patch, Trace, Delete, Options, Other } = Method;

/** `method SP request-target SP HTTP/1.x CRLF` (RFC 9112 section 3). */
export function parseRequestLine(head: Http1Head, end: number, maxBytes: number): number {
  const { bytes, base } = head;
  const view = viewOf(bytes);
  let at = skipToken(view, base, end);
  if (at >= end) return 0;
  if (bytes[at] !== SP || at === base) return -HeadError.InvalidMethod;
  head.methodEnd = at - base;
  head.methodKind = identifyMethod(bytes, base, at - base);
  const targetStart = at + 1;
  at = skipTarget(view, targetStart, end);
  if (at >= end) return 0;
  if (bytes[at] !== SP || at === targetStart) return -targetError(bytes[at]!, at === targetStart);
  head.targetStart = targetStart - base;
  head.targetEnd = at - base;
  const next = parseVersion(head, at + 1, end);
  if (next <= 0) return next;
  if (next >= end) return 0;
  if (bytes[next] !== CR) return bytes[next] === LF ? -HeadError.BareLineFeed : -HeadError.InvalidVersion;
  if (next + 1 >= end) return 0;
  if (bytes[next + 1] !== LF) return -HeadError.BareCarriageReturn;
  if (next + 2 - base > maxBytes) return -HeadError.TargetTooLong;
  head.fieldsStart = next + 2 - base;
  const wrong = checkTarget(head);
  return wrong === None ? head.fieldsStart : -wrong;
}

/** `HTTP/1.x SP status [SP reason] CRLF` (RFC 9112 section 4). The space before an empty reason may be missing. */
export function parseStatusLine(head: Http1Head, end: number): number {
  const { bytes, base } = head;
  let at = parseVersion(head, base, end);
  if (at <= 0) return at === -HeadError.UnsupportedVersion ? at : at === 0 ? 0 : -HeadError.InvalidStatusLine;
  if (at >= end) return 0;
  if (bytes[at] !== SP) return -HeadError.InvalidStatusLine;
  let status = 0;
  for (let digit = 1; digit <= 3; digit++) {
    if (at + digit >= end) return 0;
    const byte = bytes[at + digit]!;
    if ((classes[byte]! & Digit) === 0) return -HeadError.InvalidStatusLine;
    status = status * 10 + byte - 48;
  }
  if (status < 100 || status > 599) return -HeadError.InvalidStatusLine;
  head.status = status;
  at += 4;
  if (at >= end) return 0;
  if (bytes[at] === SP) at++;
  else if (bytes[at] !== CR) return -HeadError.InvalidStatusLine;
  head.reasonStart = at - base;
  at = skipValue(viewOf(bytes), at, end);
  head.reasonEnd = at - base;
  if (at + 1 >= end && (at >= end || bytes[at] === CR)) return 0;
  if (bytes[at] !== CR) return bytes[at] === LF ? -HeadError.BareLineFeed : -HeadError.InvalidStatusLine;
  if (bytes[at + 1] !== LF) return -HeadError.BareCarriageReturn;
  head.fieldsStart = at + 2 - base;
  return head.fieldsStart;
}

const http: number = wordOf('HTTP');
const version11: number = wordOf('/1.1');
const versionPrefix: Uint8Array = Buffer.from('HTTP/', 'latin1');

/** Reads `HTTP/1.x` at the absolute position `at`; returns the absolute position behind it, 0, or a negative error. */
function parseVersion(head: Http1Head, at: number, end: number): number {
  const { bytes } = head;
  const view = viewOf(bytes);
  // All that there is, nearly.
  if (at + 8 <= end && view.getInt32(at) === http && view.getInt32(at + 4) === version11) {
    head.minorVersion = 1;
    return at + 8;
  }
  for (let i = 0; i < 5; i++) {
    if (at + i >= end) return 0;
    if (bytes[at + i] !== versionPrefix[i]) return -HeadError.InvalidVersion;
  }
  if (at + 8 > end) return 0;
  const major = bytes[at + 5]! - 48;
  const minor = bytes[at + 7]! - 48;
  if (bytes[at + 6] !== 46 || major < 0 || major > 9 || minor < 0 || minor > 9)
    return -HeadError.InvalidVersion;
  if (major !== 1) return -HeadError.UnsupportedVersion;
  // A later minor version is read as the highest one known (RFC 9110 section 2.5), and not forwarded as it is.
  head.minorVersion = minor;
  return at + 8;
}

function targetError(byte: number, isEmpty: boolean): HeadError {
  // "GET\r\n" and "GET /\r\n" are HTTP/0.9, which nobody should serve.
  if (byte === CR || byte === LF) return isEmpty ? HeadError.InvalidTarget : HeadError.InvalidVersion;
  return HeadError.InvalidTarget;
}

/** The four forms of RFC 9112 section 3.2. */
function checkTarget(head: Http1Head): HeadError {
  const { bytes, base } = head;
  const start = base + head.targetStart;
  const length = head.targetEnd - head.targetStart;
  if (head.methodKind === Connect)
    return isAuthority(bytes, start, start + length) ? None : HeadError.InvalidTarget;
  if (bytes[start] === 47) return None;
  if (bytes[start] === 42 && length === 1) {
    return head.methodKind === Options ? None : HeadError.InvalidTarget;
  }
  return readAbsoluteForm(head, start, length);
}

/** `host:port`, the only form that CONNECT has. */
function isAuthority(bytes: Uint8Array, from: number, to: number): boolean {
  let at = to;
  while (at > from && (classes[bytes[at - 1]!]! & Digit) !== 0) at--;
  if (at === to || to - at > 5 || at - 1 <= from || bytes[at - 1] !== 58) return false;
  return skipHost(viewOf(bytes), from, at - 1) === at - 1;
}

function readAbsoluteForm(head: Http1Head, start: number, length: number): HeadError {
  const scheme = head.bytes.toString('latin1', start, start + Math.min(length, 8)).toLowerCase();
  const skip = scheme.startsWith('http://') ? 7 : scheme.startsWith('https://') ? 8 : 0;
  if (skip === 0) return HeadError.InvalidTarget;
  const end = start + length;
  const at = skipHost(viewOf(head.bytes), start + skip, end);
  if (at === start + skip) return HeadError.InvalidTarget;
  if (at < end && head.bytes[at] !== 47 && head.bytes[at] !== 63) return HeadError.InvalidTarget;
  head.authorityStart = start + skip - head.base;
  head.authorityEnd = at - head.base;
  return None;
}

const getAndSpace: number = wordOf('GET ');
const putAndSpace: number = wordOf('PUT ');
const post: number = wordOf('POST');
const headMethod: number = wordOf('HEAD');

/** `at`: a method of `length` and a space. */
function identifyMethod(bytes: Uint8Array, at: number, length: number): Method {
  const word = length < 3 ? 0 : viewOf(bytes).getInt32(at);
  switch (length) {
    case 3:
      if (word === getAndSpace) return Get;
      return word === putAndSpace ? Put : Other;
    case 4:
      if (word === post) return Post;
      return word === headMethod ? Head : Other;
    case 5:
      if (equals(bytes, at, 'PATCH')) return Patch;
      return equals(bytes, at, 'TRACE') ? Trace : Other;
    case 6:
      return equals(bytes, at, 'DELETE') ? Delete : Other;
    case 7:
      if (equals(bytes, at, 'OPTIONS')) return Options;
      return equals(bytes, at, 'CONNECT') ? Connect : Other;
    default:
      return Other;
  }
}

function equals(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}
