/** Heads that must be read, and heads that must be refused with a named error, whichever way they arrive. */
import { HeadError } from '../../../src/protocol/index.ts';
import type { HeadKind, ReadHead } from './head-reading.ts';

export interface ValidHead {
  readonly name: string;
  readonly kind: HeadKind;
  readonly text: string;
  readonly expected: Partial<ReadHead>;
}

export interface InvalidHead {
  readonly name: string;
  readonly kind: HeadKind;
  readonly text: string;
  readonly error: HeadError;
}

const request = (name: string, text: string, expected: Partial<ReadHead>): ValidHead => ({
  name,
  kind: 'request',
  text,
  expected,
});
const response = (name: string, text: string, expected: Partial<ReadHead>): ValidHead => ({
  name,
  kind: 'response',
  text,
  expected,
});

export const validHeads: readonly ValidHead[] = [
  request('only what it must have', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', {
    method: 'GET',
    target: '/',
    authority: '',
    minorVersion: 1,
    fields: [['Host', '']],
    contentLength: -1,
    chunked: false,
  }),
  request('no field at all, in HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', { minorVersion: 0, fields: [] }),
  request('a later minor version', 'GET / HTTP/1.7\r\nHost: a\r\n\r\n', { minorVersion: 7 }),
  request(
    'the usual fields',
    'GET /cart?id=7&x=%20 HTTP/1.1\r\nHost: shop.example:8080\r\nUser-Agent: curl/8.5\r\nAccept: */*\r\n\r\n',
    {
      target: '/cart?id=7&x=%20',
      authority: 'shop.example:8080',
      fields: [
        ['Host', 'shop.example:8080'],
        ['User-Agent', 'curl/8.5'],
        ['Accept', '*/*'],
      ],
    },
  ),
  request('one empty line before it', '\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n', { method: 'GET', length: 27 }),
  request('two empty lines before it', '\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n', { method: 'GET' }),
  request('a method of its own', 'M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n', { method: 'M-SEARCH' }),
  request('every character of a token as the method', "!#$%&'*+-.^_`|~ / HTTP/1.1\r\nHost: a\r\n\r\n", {
    method: "!#$%&'*+-.^_`|~",
  }),
  request('a method in lower case, which is another one', 'get / HTTP/1.1\r\nHost: a\r\n\r\n', {
    method: 'get',
  }),
  request('an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', { target: '*' }),
  request('an authority', 'CONNECT db.example:5432 HTTP/1.1\r\nHost: db.example:5432\r\n\r\n', {
    method: 'CONNECT',
    target: 'db.example:5432',
  }),
  request('an IPv6 authority', 'CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: a\r\n\r\n', {
    target: '[2001:db8::1]:443',
  }),
  request('an absolute target', 'GET http://b.example:81/p?q HTTP/1.1\r\nHost: a\r\n\r\n', {
    rawTarget: 'http://b.example:81/p?q',
    target: '/p?q',
    authority: 'b.example:81',
  }),
  request('an absolute target in upper case', 'GET HTTPS://B.example/ HTTP/1.1\r\nHost: a\r\n\r\n', {
    target: '/',
    authority: 'B.example',
  }),
  request('an absolute target without a path', 'GET http://b HTTP/1.1\r\nHost: a\r\n\r\n', { target: '/' }),
  request('an absolute target with a query only', 'GET http://b?x=1 HTTP/1.1\r\nHost: a\r\n\r\n', {
    target: '/?x=1',
    authority: 'b',
  }),
  request('an absolute target for the whole server', 'OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n', {
    target: '*',
    authority: 'b',
  }),
  request('bytes above 127 in the target', 'GET /caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n', {
    target: '/caf\xc3\xa9',
  }),
  request(
    'what no target should have but some have',
    'GET /a"b<c>d{e}|f\\g^h`i?j[]= HTTP/1.1\r\nHost: a\r\n\r\n',
    {
      target: '/a"b<c>d{e}|f\\g^h`i?j[]=',
    },
  ),
  request(
    'space around values, none within names',
    'GET / HTTP/1.1\r\nHost:\t a\t \r\nEmpty:   \r\nInner: a \t b\r\nNone:x\r\n\r\n',
    {
      authority: 'a',
      fields: [
        ['Host', 'a'],
        ['Empty', ''],
        ['Inner', 'a \t b'],
        ['None', 'x'],
      ],
    },
  ),
  request('every byte that a value may have', `GET / HTTP/1.1\r\nHost: a\r\nX: ${valueBytes()}\r\n\r\n`, {
    fields: [
      ['Host', 'a'],
      ['X', valueBytes()],
    ],
  }),
  request('colons in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: a:b::c\r\n\r\n', {
    fields: [
      ['Host', 'a'],
      ['X', 'a:b::c'],
    ],
  }),
  request('a length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 42\r\n\r\n', { contentLength: 42 }),
  request('a length with zeros before it', 'POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 0042\r\n\r\n', {
    contentLength: 42,
  }),
  request('the largest length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999\r\n\r\n', {
    contentLength: 999_999_999_999_999,
  }),
  request('chunks', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: cHuNkEd\r\n\r\n', { chunked: true }),
  request('known names in any case', 'GET / HTTP/1.1\r\nhOsT: a\r\nCONTENT-LENGTH: 3\r\n\r\n', {
    authority: 'a',
    contentLength: 3,
  }),
  request(
    'names that only look like known ones',
    'GET / HTTP/1.1\r\nHost: a\r\nContent_Length: 3\r\nHosts: b\r\n\r\n',
    {
      authority: 'a',
      contentLength: -1,
    },
  ),
  response('nothing but a status', 'HTTP/1.1 200\r\n\r\n', { status: 200, reason: '', fields: [] }),
  response('an empty reason', 'HTTP/1.1 204 \r\n\r\n', { status: 204, reason: '' }),
  response('a reason with spaces', 'HTTP/1.1 404 Not \tFound \r\n\r\n', {
    status: 404,
    reason: 'Not \tFound ',
  }),
  response('a reason in another language', 'HTTP/1.0 500 Fehler f\xfcr dich\r\n\r\n', {
    minorVersion: 0,
    reason: 'Fehler f\xfcr dich',
  }),
  response('an interim status', 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n', { status: 103 }),
  response('the largest status', 'HTTP/1.1 599 x\r\n\r\n', { status: 599 }),
  response('a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', { contentLength: 5 }),
  response('chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', { chunked: true }),
  response(
    'fields that mean something in requests only',
    'HTTP/1.1 200 OK\r\nHost: not a host\r\nHost: another\r\nExpect: the worst\r\n\r\n',
    { status: 200 },
  ),
];

function valueBytes(): string {
  let text = 'a\t ';
  for (let byte = 33; byte < 256; byte++) if (byte !== 127) text += String.fromCharCode(byte);
  return text;
}

/** A request whose first line is `line`. */
const lineOf = (name: string, line: string, error: HeadError): InvalidHead => ({
  name,
  kind: 'request',
  text: `${line}\r\nHost: a\r\n\r\n`,
  error,
});
/** A request with these lines behind a valid first one. */
const fieldsOf = (name: string, fields: string, error: HeadError): InvalidHead => ({
  name,
  kind: 'request',
  text: `POST / HTTP/1.1\r\n${fields}\r\n\r\n`,
  error,
});
const answerOf = (name: string, text: string, error: HeadError): InvalidHead => ({
  name: `${name}, in an answer`,
  kind: 'response',
  text,
  error,
});

const invalidLines: readonly InvalidHead[] = [
  lineOf('no method', ' / HTTP/1.1', HeadError.InvalidMethod),
  lineOf('a method with a bracket', 'G(T / HTTP/1.1', HeadError.InvalidMethod),
  lineOf('a method with a byte above 127', 'G\xc9T / HTTP/1.1', HeadError.InvalidMethod),
  lineOf('a tab behind the method', 'GET\t/ HTTP/1.1', HeadError.InvalidMethod),
  lineOf('a method alone', 'GET', HeadError.InvalidMethod),
  lineOf('no target', 'GET  HTTP/1.1', HeadError.InvalidTarget),
  lineOf('two spaces before the target', 'GET  / HTTP/1.1', HeadError.InvalidTarget),
  lineOf('a target without a slash', 'GET index.html HTTP/1.1', HeadError.InvalidTarget),
  lineOf('a fragment', 'GET /a#b HTTP/1.1', HeadError.InvalidTarget),
  lineOf('a tab in the target', 'GET /a\tb HTTP/1.1', HeadError.InvalidTarget),
  lineOf('NUL in the target', 'GET /a\0b HTTP/1.1', HeadError.InvalidTarget),
  lineOf('DEL in the target', 'GET /a\x7fb HTTP/1.1', HeadError.InvalidTarget),
  lineOf('a space in the target', 'GET /a b HTTP/1.1', HeadError.InvalidVersion),
  lineOf('an asterisk for another method', 'GET * HTTP/1.1', HeadError.InvalidTarget),
  lineOf('an asterisk with more', 'OPTIONS *a HTTP/1.1', HeadError.InvalidTarget),
  lineOf('another scheme', 'GET ftp://a/ HTTP/1.1', HeadError.InvalidTarget),
  lineOf('a scheme without a host', 'GET http:///p HTTP/1.1', HeadError.InvalidTarget),
  lineOf('a scheme with one slash', 'GET http:/p HTTP/1.1', HeadError.InvalidTarget),
  lineOf('a user in the target', 'GET http://user@a/ HTTP/1.1', HeadError.InvalidTarget),
  lineOf('a backslash behind the host', 'GET http://a\\b/ HTTP/1.1', HeadError.InvalidTarget),
  lineOf('CONNECT to a path', 'CONNECT /a HTTP/1.1', HeadError.InvalidTarget),
  lineOf('CONNECT without a port', 'CONNECT a HTTP/1.1', HeadError.InvalidTarget),
  lineOf('CONNECT with an empty port', 'CONNECT a: HTTP/1.1', HeadError.InvalidTarget),
  lineOf('CONNECT without a host', 'CONNECT :80 HTTP/1.1', HeadError.InvalidTarget),
  lineOf('CONNECT with a port of six digits', 'CONNECT a:100000 HTTP/1.1', HeadError.InvalidTarget),
  lineOf('CONNECT to a URL', 'CONNECT http://a:80/ HTTP/1.1', HeadError.InvalidTarget),
  lineOf('HTTP/0.9', 'GET /', HeadError.InvalidVersion),
  lineOf('HTTP/0.9 with a space', 'GET / ', HeadError.InvalidVersion),
  lineOf('version 0.9', 'GET / HTTP/0.9', HeadError.UnsupportedVersion),
  lineOf('version 2.0', 'GET / HTTP/2.0', HeadError.UnsupportedVersion),
  lineOf('the preface of HTTP/2', 'PRI * HTTP/2.0', HeadError.UnsupportedVersion),
  lineOf('version 9.9', 'GET / HTTP/9.9', HeadError.UnsupportedVersion),
  lineOf('a version in lower case', 'GET / http/1.1', HeadError.InvalidVersion),
  lineOf('a version without a point', 'GET / HTTP/11', HeadError.InvalidVersion),
  lineOf('a version with a comma', 'GET / HTTP/1,1', HeadError.InvalidVersion),
  lineOf('a version of three digits', 'GET / HTTP/1.10', HeadError.InvalidVersion),
  lineOf('a padded version', 'GET / HTTP/01.1', HeadError.InvalidVersion),
  lineOf('another protocol', 'GET / ICY/1.0', HeadError.InvalidVersion),
  lineOf('space behind the version', 'GET / HTTP/1.1 ', HeadError.InvalidVersion),
  lineOf('a word behind the version', 'GET / HTTP/1.1 close', HeadError.InvalidVersion),
  lineOf('bare LF behind the version', 'GET / HTTP/1.1\nX: y', HeadError.BareLineFeed),
  lineOf('bare CR behind the version', 'GET / HTTP/1.1\rX: y', HeadError.BareCarriageReturn),
  lineOf('two CR behind the version', 'GET / HTTP/1.1\r', HeadError.BareCarriageReturn),
  {
    name: 'LF before it',
    kind: 'request',
    text: '\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
    error: HeadError.BareLineFeed,
  },
  {
    name: 'CR before it',
    kind: 'request',
    text: '\rGET / HTTP/1.1\r\nHost: a\r\n\r\n',
    error: HeadError.BareCarriageReturn,
  },
  {
    name: 'two CR before it',
    kind: 'request',
    text: '\r\rGET / HTTP/1.1\r\nHost: a\r\n\r\n',
    error: HeadError.BareCarriageReturn,
  },
  {
    name: 'three empty lines before it',
    kind: 'request',
    text: '\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
    error: HeadError.InvalidMethod,
  },
];

const invalidFields: readonly InvalidHead[] = [
  fieldsOf('space before the colon', 'Host : a', HeadError.SpaceBeforeColon),
  fieldsOf('a tab before the colon', 'Host\t: a', HeadError.SpaceBeforeColon),
  fieldsOf('no name', ': a', HeadError.InvalidFieldName),
  fieldsOf('no colon', 'Host', HeadError.InvalidFieldName),
  fieldsOf('a name in quotes', '"Host": a', HeadError.InvalidFieldName),
  fieldsOf('a name with NUL', 'Ho\0st: a', HeadError.InvalidFieldName),
  fieldsOf('a name with a byte above 127', 'H\xf6st: a', HeadError.InvalidFieldName),
  fieldsOf('a folded value', 'Host: a\r\nX: a\r\n b', HeadError.FoldedField),
  fieldsOf('a value folded with a tab', 'Host: a\r\nX: a\r\n\tb', HeadError.FoldedField),
  fieldsOf('space before the first field', ' Host: a', HeadError.FoldedField),
  fieldsOf('NUL in a value', 'Host: a\r\nX: a\0b', HeadError.InvalidFieldValue),
  fieldsOf('a vertical tab in a value', 'Host: a\r\nX: a\vb', HeadError.InvalidFieldValue),
  fieldsOf('a form feed around a value', 'Host: a\r\nX: \fb', HeadError.InvalidFieldValue),
  fieldsOf('DEL in a value', 'Host: a\r\nX: \x7f', HeadError.InvalidFieldValue),
  fieldsOf('bare LF behind a value', 'Host: a\nX: b', HeadError.BareLineFeed),
  fieldsOf('bare LF behind an empty value', 'Host:\nX: b', HeadError.BareLineFeed),
  fieldsOf('bare LF for a line', 'Host: a\r\n\nX: b', HeadError.BareLineFeed),
  fieldsOf('bare CR in a value', 'Host: a\rX: b', HeadError.BareCarriageReturn),
  fieldsOf('bare CR for a line', 'Host: a\r\n\rX: b', HeadError.BareCarriageReturn),
  fieldsOf('no Host', 'X: a', HeadError.MissingHost),
  fieldsOf('two Hosts', 'Host: a\r\nHost: b', HeadError.DuplicateHost),
  fieldsOf('the same Host twice', 'Host: a\r\nhost: a', HeadError.DuplicateHost),
  fieldsOf('Host with a path', 'Host: a/b', HeadError.InvalidHost),
  fieldsOf('Host with a user', 'Host: me@a', HeadError.InvalidHost),
  fieldsOf('Host with a space', 'Host: a b', HeadError.InvalidHost),
  fieldsOf('Host with a byte above 127', 'Host: \xe4', HeadError.InvalidHost),
  fieldsOf(
    'two lengths',
    'Host: a\r\nContent-Length: 1\r\nContent-Length: 2',
    HeadError.DuplicateContentLength,
  ),
  fieldsOf(
    'the same length twice',
    'Host: a\r\nContent-Length: 1\r\nContent-Length: 1',
    HeadError.DuplicateContentLength,
  ),
  fieldsOf('a list of lengths', 'Host: a\r\nContent-Length: 1, 1', HeadError.InvalidContentLength),
  fieldsOf('an empty length', 'Host: a\r\nContent-Length:', HeadError.InvalidContentLength),
  fieldsOf('a positive length', 'Host: a\r\nContent-Length: +1', HeadError.InvalidContentLength),
  fieldsOf('a negative length', 'Host: a\r\nContent-Length: -1', HeadError.InvalidContentLength),
  fieldsOf('a hexadecimal length', 'Host: a\r\nContent-Length: 0x1', HeadError.InvalidContentLength),
  fieldsOf('a length with a fraction', 'Host: a\r\nContent-Length: 1.0', HeadError.InvalidContentLength),
  fieldsOf('a length with a space in it', 'Host: a\r\nContent-Length: 1 0', HeadError.InvalidContentLength),
  fieldsOf('a length in quotes', 'Host: a\r\nContent-Length: "1"', HeadError.InvalidContentLength),
  fieldsOf(
    'a length of 16 digits',
    'Host: a\r\nContent-Length: 1000000000000000',
    HeadError.InvalidContentLength,
  ),
  fieldsOf(
    'length before chunks',
    'Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked',
    HeadError.LengthAndTransferEncoding,
  ),
  fieldsOf(
    'length behind chunks',
    'Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0',
    HeadError.LengthAndTransferEncoding,
  ),
  fieldsOf(
    'chunks twice',
    'Host: a\r\nTransfer-Encoding: chunked, chunked',
    HeadError.InvalidTransferEncoding,
  ),
  fieldsOf(
    'chunks in two fields',
    'Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
    HeadError.InvalidTransferEncoding,
  ),
  fieldsOf('an empty coding', 'Host: a\r\nTransfer-Encoding:', HeadError.InvalidTransferEncoding),
  fieldsOf(
    'the identity coding',
    'Host: a\r\nTransfer-Encoding: identity',
    HeadError.InvalidTransferEncoding,
  ),
  fieldsOf(
    'a coding that ends in chunked',
    'Host: a\r\nTransfer-Encoding: xchunked',
    HeadError.InvalidTransferEncoding,
  ),
  fieldsOf(
    'a coding that begins as chunked',
    'Host: a\r\nTransfer-Encoding: chunkedx',
    HeadError.InvalidTransferEncoding,
  ),
  fieldsOf('chunked in quotes', 'Host: a\r\nTransfer-Encoding: "chunked"', HeadError.InvalidTransferEncoding),
  fieldsOf(
    'chunked with a parameter',
    'Host: a\r\nTransfer-Encoding: chunked;q=1',
    HeadError.InvalidTransferEncoding,
  ),
  fieldsOf(
    'chunked with a comma',
    'Host: a\r\nTransfer-Encoding: chunked,',
    HeadError.InvalidTransferEncoding,
  ),
  fieldsOf(
    'chunked and then another',
    'Host: a\r\nTransfer-Encoding: chunked, gzip',
    HeadError.InvalidTransferEncoding,
  ),
  fieldsOf(
    'chunked behind a vertical tab',
    'Host: a\r\nTransfer-Encoding: \vchunked',
    HeadError.InvalidFieldValue,
  ),
  fieldsOf(
    'a coding that could be implemented',
    'Host: a\r\nTransfer-Encoding: gzip, chunked',
    HeadError.UnsupportedTransferCoding,
  ),
  fieldsOf('another coding alone', 'Host: a\r\nTransfer-Encoding: GZIP', HeadError.UnsupportedTransferCoding),
  fieldsOf('another expectation', 'Host: a\r\nExpect: 200-ok', HeadError.ExpectationFailed),
  {
    name: 'chunks in HTTP/1.0',
    kind: 'request',
    text: 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n',
    error: HeadError.TransferEncodingInHttp10,
  },
  {
    name: 'CONNECT with a length',
    kind: 'request',
    text: 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 5\r\n\r\n',
    error: HeadError.ConnectWithBody,
  },
  {
    name: 'CONNECT with chunks',
    kind: 'request',
    text: 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nTransfer-Encoding: chunked\r\n\r\n',
    error: HeadError.ConnectWithBody,
  },
];

const invalidAnswers: readonly InvalidHead[] = [
  answerOf('another protocol', 'ICY 200 OK\r\n\r\n', HeadError.InvalidStatusLine),
  answerOf('a misspelt protocol', 'HTP/1.1 200 OK\r\n\r\n', HeadError.InvalidStatusLine),
  answerOf('an empty line before it', '\r\nHTTP/1.1 200 OK\r\n\r\n', HeadError.InvalidStatusLine),
  answerOf('version 2', 'HTTP/2.0 200 OK\r\n\r\n', HeadError.UnsupportedVersion),
  answerOf('version 0.9', 'HTTP/0.9 200 OK\r\n\r\n', HeadError.UnsupportedVersion),
  answerOf('a version of two digits', 'HTTP/11.1 200 OK\r\n\r\n', HeadError.InvalidStatusLine),
  answerOf('a tab behind the version', 'HTTP/1.1\t200 OK\r\n\r\n', HeadError.InvalidStatusLine),
  answerOf('two spaces before the status', 'HTTP/1.1  200 OK\r\n\r\n', HeadError.InvalidStatusLine),
  answerOf('no status', 'HTTP/1.1\r\n\r\n', HeadError.InvalidStatusLine),
  answerOf('an empty status', 'HTTP/1.1 \r\n\r\n', HeadError.InvalidStatusLine),
  answerOf('a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', HeadError.InvalidStatusLine),
  answerOf('a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', HeadError.InvalidStatusLine),
  answerOf('a status below 100', 'HTTP/1.1 099 OK\r\n\r\n', HeadError.InvalidStatusLine),
  answerOf('a status above 599', 'HTTP/1.1 600 OK\r\n\r\n', HeadError.InvalidStatusLine),
  answerOf('a signed status', 'HTTP/1.1 +20 OK\r\n\r\n', HeadError.InvalidStatusLine),
  answerOf('NUL in the reason', 'HTTP/1.1 200 O\0K\r\n\r\n', HeadError.InvalidStatusLine),
  answerOf('bare LF behind the reason', 'HTTP/1.1 200 OK\nX: y\r\n\r\n', HeadError.BareLineFeed),
  answerOf('bare CR behind the reason', 'HTTP/1.1 200 OK\rX: y\r\n\r\n', HeadError.BareCarriageReturn),
  answerOf('bare LF for the end', 'HTTP/1.1 200 OK\r\nX: y\r\n\n', HeadError.BareLineFeed),
  answerOf('space before the colon', 'HTTP/1.1 200 OK\r\nX : y\r\n\r\n', HeadError.SpaceBeforeColon),
  answerOf('a folded value', 'HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n', HeadError.FoldedField),
  answerOf('a space in a name', 'HTTP/1.1 200 OK\r\nen US: y\r\n\r\n', HeadError.SpaceBeforeColon),
  answerOf(
    'two lengths',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n',
    HeadError.DuplicateContentLength,
  ),
  answerOf(
    'a negative length',
    'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
    HeadError.InvalidContentLength,
  ),
  answerOf(
    'length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    HeadError.LengthAndTransferEncoding,
  ),
  answerOf(
    'chunks in HTTP/1.0',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    HeadError.TransferEncodingInHttp10,
  ),
  answerOf(
    'chunked before another coding',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, deflate\r\n\r\n',
    HeadError.InvalidTransferEncoding,
  ),
];

export const invalidHeads: readonly InvalidHead[] = [...invalidLines, ...invalidFields, ...invalidAnswers];
