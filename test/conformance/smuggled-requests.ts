/**
 * Requests that two recipients could read differently, or that only an attack sends, and how they are refused. The
 * classes come from published research on request smuggling (RFC 9112 section 11.2): length against chunks in either
 * order, lengths and codings that only some parsers understand, hidden fields, line endings, and chunks whose end is a
 * matter of opinion.
 */
import type { HeadError } from '../../src/protocol/index.ts';

export interface RefusedRequest {
  readonly name: string;
  readonly bytes: string;
  /** Of the last answer on the connection. */
  readonly status: number;
  /** What the answer names as the cause; `body` where the head was fine. */
  readonly error: keyof typeof HeadError | 'body';
  /** Statuses of answers to whole requests that came first on the connection. */
  readonly before?: readonly number[];
}

/** What an attacker wants to have read as a request of its own. */
export const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: victim\r\n\r\n';

type Cause = RefusedRequest['error'];

/** A POST with these field lines, in front of a body that may be read as another request. */
const post = (name: string, lines: string, error: Cause, body = `0\r\n\r\n${smuggled}`): RefusedRequest => ({
  name,
  bytes: `POST / HTTP/1.1\r\nHost: shop\r\n${lines}\r\n\r\n${body}`,
  status: 400,
  error,
});

/** A POST whose chunked body is this. */
const chunks = (name: string, body: string): RefusedRequest => ({
  name: `chunks: ${name}`,
  bytes: `POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
  status: 400,
  error: 'body',
});

/** A request with this first line. */
const line = (name: string, text: string, status: number, error: Cause): RefusedRequest => ({
  name,
  bytes: `${text}\r\nHost: shop\r\n\r\n${smuggled}`,
  status,
  error,
});

const lengthAgainstChunks: readonly RefusedRequest[] = [
  post(
    'length before chunks',
    'Content-Length: 6\r\nTransfer-Encoding: chunked',
    'LengthAndTransferEncoding',
  ),
  post(
    'chunks before length',
    'Transfer-Encoding: chunked\r\nContent-Length: 6',
    'LengthAndTransferEncoding',
  ),
  post(
    'length of the whole beside chunks',
    'Content-Length: 46\r\nTransfer-Encoding: chunked',
    'LengthAndTransferEncoding',
  ),
  post(
    'length 0 beside chunks',
    'Content-Length: 0\r\nTransfer-Encoding: chunked',
    'LengthAndTransferEncoding',
  ),
  post(
    'length of the size line beside chunks',
    'Content-Length: 4\r\nTransfer-Encoding: chunked',
    'LengthAndTransferEncoding',
    `29\r\n${smuggled}\r\n0\r\n\r\n`,
  ),
  post(
    'length beside a coding that is not known',
    'Content-Length: 6\r\nTransfer-Encoding: x',
    'InvalidTransferEncoding',
  ),
  post('length beside an empty coding', 'Content-Length: 6\r\nTransfer-Encoding:', 'InvalidTransferEncoding'),
  post(
    'length beside chunks that Connection names',
    'Connection: transfer-encoding\r\nContent-Length: 6\r\nTransfer-Encoding: chunked',
    'LengthAndTransferEncoding',
  ),
  {
    name: 'length beside chunks in a GET',
    bytes: `GET / HTTP/1.1\r\nHost: shop\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    status: 400,
    error: 'LengthAndTransferEncoding',
  },
  {
    name: 'chunks in HTTP/1.0',
    bytes: `POST / HTTP/1.0\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    status: 400,
    error: 'TransferEncodingInHttp10',
  },
  {
    name: 'chunks and length in HTTP/1.0',
    bytes: `POST / HTTP/1.0\r\nHost: shop\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    status: 400,
    error: 'LengthAndTransferEncoding',
  },
];

const lengths: readonly RefusedRequest[] = [
  post('two lengths', 'Content-Length: 5\r\nContent-Length: 6', 'DuplicateContentLength'),
  post('the same length twice', 'Content-Length: 5\r\nContent-Length: 5', 'DuplicateContentLength'),
  post('length 0 and another', 'Content-Length: 0\r\nContent-Length: 46', 'DuplicateContentLength'),
  post('two lengths in one field', 'Content-Length: 5, 6', 'InvalidContentLength'),
  post('the same length twice in one field', 'Content-Length: 5, 5', 'InvalidContentLength'),
  post('a length with a comma', 'Content-Length: 5,', 'InvalidContentLength'),
  post('an empty length', 'Content-Length:', 'InvalidContentLength'),
  post('a length with a plus', 'Content-Length: +5', 'InvalidContentLength'),
  post('a negative length', 'Content-Length: -5', 'InvalidContentLength'),
  post('negative zero', 'Content-Length: -0', 'InvalidContentLength'),
  post('a hexadecimal length', 'Content-Length: 0x5', 'InvalidContentLength'),
  post('an octal length', 'Content-Length: 0o5', 'InvalidContentLength'),
  post('a length with an exponent', 'Content-Length: 5e0', 'InvalidContentLength'),
  post('a length with a point', 'Content-Length: 5.0', 'InvalidContentLength'),
  post('a length with an underscore', 'Content-Length: 0_5', 'InvalidContentLength'),
  post('a length with a space', 'Content-Length: 4 6', 'InvalidContentLength'),
  post('a length with a word', 'Content-Length: 5 bytes', 'InvalidContentLength'),
  post('a length in quotes', 'Content-Length: "5"', 'InvalidContentLength'),
  post('a length with a parameter', 'Content-Length: 5;a=b', 'InvalidContentLength'),
  post('a length in digits of another script', 'Content-Length: \xb5\xb2', 'InvalidContentLength'),
  post('a length that wraps 64 bits', 'Content-Length: 18446744073709551621', 'InvalidContentLength'),
  post('a length of 16 digits', 'Content-Length: 0000000000000005', 'InvalidContentLength'),
  post('a vertical tab before a length', 'Content-Length: \v5', 'InvalidFieldValue'),
  post('NUL behind a length', 'Content-Length: 5\0', 'InvalidFieldValue'),
  post('a byte above 127 behind a length', 'Content-Length: 5\xa0', 'InvalidContentLength'),
];

const codings: readonly RefusedRequest[] = [
  post('chunked twice', 'Transfer-Encoding: chunked, chunked', 'InvalidTransferEncoding'),
  post(
    'chunked in two fields',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
    'InvalidTransferEncoding',
  ),
  post(
    'chunked and a decoy behind it',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: x',
    'InvalidTransferEncoding',
  ),
  post(
    'a decoy before chunked',
    'Transfer-Encoding: x\r\nTransfer-Encoding: chunked',
    'InvalidTransferEncoding',
  ),
  post(
    'chunked and identity',
    'Transfer-Encoding: chunked\r\nTransfer-encoding: identity',
    'InvalidTransferEncoding',
  ),
  post('identity', 'Transfer-Encoding: identity', 'InvalidTransferEncoding'),
  post('identity and chunked', 'Transfer-Encoding: identity, chunked', 'InvalidTransferEncoding'),
  post('an empty coding', 'Transfer-Encoding:', 'InvalidTransferEncoding'),
  post('a comma before chunked', 'Transfer-Encoding: ,chunked', 'InvalidTransferEncoding'),
  post('a comma behind chunked', 'Transfer-Encoding: chunked,', 'InvalidTransferEncoding'),
  post('a word that ends in chunked', 'Transfer-Encoding: xchunked', 'InvalidTransferEncoding'),
  post('a word that begins as chunked', 'Transfer-Encoding: chunkedx', 'InvalidTransferEncoding'),
  post('chunked cut short', 'Transfer-Encoding: chunke', 'InvalidTransferEncoding'),
  post('chunked in quotes', 'Transfer-Encoding: "chunked"', 'InvalidTransferEncoding'),
  post('chunked in apostrophes', "Transfer-Encoding: 'chunked'", 'InvalidTransferEncoding'),
  post('chunked with a parameter', 'Transfer-Encoding: chunked;q=1', 'InvalidTransferEncoding'),
  post('chunked with spaces in it', 'Transfer-Encoding: chun ked', 'InvalidTransferEncoding'),
  post('chunked before another coding', 'Transfer-Encoding: chunked, gzip', 'InvalidTransferEncoding'),
  post('a byte above 127 before chunked', 'Transfer-Encoding: \xffchunked', 'InvalidTransferEncoding'),
  post('a no-break space behind chunked', 'Transfer-Encoding: chunked\xa0', 'InvalidTransferEncoding'),
  post('a vertical tab before chunked', 'Transfer-Encoding: \vchunked', 'InvalidFieldValue'),
  post('a form feed behind chunked', 'Transfer-Encoding: chunked\f', 'InvalidFieldValue'),
  post('NUL behind chunked', 'Transfer-Encoding: chunked\0', 'InvalidFieldValue'),
  {
    ...post(
      'a coding that is not implemented',
      'Transfer-Encoding: gzip, chunked',
      'UnsupportedTransferCoding',
    ),
    status: 501,
  },
  {
    ...post(
      'a coding that is not implemented, alone',
      'Transfer-Encoding: deflate',
      'UnsupportedTransferCoding',
    ),
    status: 501,
  },
];

const hiddenFields: readonly RefusedRequest[] = [
  post('space before the colon of a length', 'Content-Length : 5', 'SpaceBeforeColon'),
  post('a tab before the colon of a coding', 'Transfer-Encoding\t: chunked', 'SpaceBeforeColon'),
  post('a coding folded behind another field', 'X: y\r\n Transfer-Encoding: chunked', 'FoldedField'),
  post('a coding folded behind its name', 'Transfer-Encoding:\r\n chunked', 'InvalidTransferEncoding'),
  post('a folded value with a tab', 'X: y\r\n\tContent-Length: 5', 'FoldedField'),
  post('a line of spaces before a coding', 'X: y\r\n \r\nTransfer-Encoding: chunked', 'FoldedField'),
  post('a coding behind bare LF', 'X: y\nTransfer-Encoding: chunked', 'BareLineFeed'),
  post('a length behind bare LF in an empty field', 'X:\nContent-Length: 5', 'BareLineFeed'),
  post('a coding behind bare CR', 'X: y\rTransfer-Encoding: chunked', 'BareCarriageReturn'),
  post('a coding behind CR CR LF', 'X: y\r\r\nTransfer-Encoding: chunked', 'BareCarriageReturn'),
  post('a coding behind LF CR', 'X: y\n\rTransfer-Encoding: chunked', 'BareLineFeed'),
  post('LF in the name of a coding', 'Transfer-Encoding\n: chunked', 'BareLineFeed'),
  post('NUL in the name of a coding', 'Transfer-Encoding\0: chunked', 'InvalidFieldName'),
  post('NUL before the name of a length', '\0Content-Length: 5', 'InvalidFieldName'),
  post('a vertical tab before the name of a length', '\vContent-Length: 5', 'InvalidFieldName'),
  post('a byte above 127 in a name', 'Content-Length\xff: 5', 'InvalidFieldName'),
  post('a name in brackets', '(Content-Length): 5', 'InvalidFieldName'),
  post('a line without a colon', 'Content-Length 5', 'SpaceBeforeColon'),
  post('a line without a name', ': 5', 'InvalidFieldName'),
  post('another colon for the colon', 'Content-Length\xef\xbc\x9a 5', 'InvalidFieldName'),
  post('a control byte in a value', 'X: a\x01b', 'InvalidFieldValue'),
  post('DEL in a value', 'X: a\x7fb', 'InvalidFieldValue'),
  post('an escape in a value', 'X: \x1b[31m', 'InvalidFieldValue'),
  {
    name: 'space before the first field',
    bytes: `POST / HTTP/1.1\r\n Host: shop\r\nContent-Length: 5\r\n\r\n${smuggled}`,
    status: 400,
    error: 'FoldedField',
  },
  {
    name: 'bare LF for every line',
    bytes: 'GET / HTTP/1.1\nHost: shop\n\n',
    status: 400,
    error: 'BareLineFeed',
  },
  {
    name: 'bare LF for the end of the head',
    bytes: `GET / HTTP/1.1\r\nHost: shop\r\n\n${smuggled}`,
    status: 400,
    error: 'BareLineFeed',
  },
  {
    name: 'bare CR for the end of the head',
    bytes: `GET / HTTP/1.1\r\nHost: shop\r\n\r${smuggled}`,
    status: 400,
    error: 'BareCarriageReturn',
  },
];

const firstLines: readonly RefusedRequest[] = [
  line(
    'an expectation that is hidden in another',
    'GET / HTTP/1.1\r\nExpect: y 100-continue',
    417,
    'ExpectationFailed',
  ),
  line(
    'an expectation of two',
    'GET / HTTP/1.1\r\nExpect: 100-continue, 100-continue',
    417,
    'ExpectationFailed',
  ),
  line('HTTP/0.9', 'GET /', 400, 'InvalidVersion'),
  line('HTTP/0.9 in HTTP/1 clothes', 'GET / HTTP/0.9', 505, 'UnsupportedVersion'),
  line('HTTP/2.0', 'GET / HTTP/2.0', 505, 'UnsupportedVersion'),
  line('the preface of HTTP/2', 'PRI * HTTP/2.0', 505, 'UnsupportedVersion'),
  line('version 1.10', 'GET / HTTP/1.10', 400, 'InvalidVersion'),
  line('version 01.1', 'GET / HTTP/01.1', 400, 'InvalidVersion'),
  line('version 1', 'GET / HTTP/1', 400, 'InvalidVersion'),
  line('a version in lower case', 'GET / Http/1.1', 400, 'InvalidVersion'),
  line('another protocol', 'GET / RTSP/1.0', 400, 'InvalidVersion'),
  line('space behind the version', 'GET / HTTP/1.1 ', 400, 'InvalidVersion'),
  line('two requests in one line', 'GET /a HTTP/1.1 GET /b HTTP/1.1', 400, 'InvalidVersion'),
  line('a space in the target', 'GET /a b HTTP/1.1', 400, 'InvalidVersion'),
  line('two spaces', 'GET  / HTTP/1.1', 400, 'InvalidTarget'),
  line('a tab for a space', 'GET\t/ HTTP/1.1', 400, 'InvalidMethod'),
  line('space before the method', ' GET / HTTP/1.1', 400, 'InvalidMethod'),
  line('NUL before the method', '\0GET / HTTP/1.1', 400, 'InvalidMethod'),
  line('a method that is no token', 'G@T / HTTP/1.1', 400, 'InvalidMethod'),
  line('a hello of TLS', '\x16\x03\x01\x02', 400, 'InvalidMethod'),
  line('NUL in the target', 'GET /\0 HTTP/1.1', 400, 'InvalidTarget'),
  line('a fragment', 'GET /#/../admin HTTP/1.1', 400, 'InvalidTarget'),
  line('a target without a slash', 'GET admin HTTP/1.1', 400, 'InvalidTarget'),
  line('a target that begins with @', 'GET @inside/ HTTP/1.1', 400, 'InvalidTarget'),
  line('another scheme', 'GET file:///etc/passwd HTTP/1.1', 400, 'InvalidTarget'),
  line('a user in the target', 'GET http://shop@inside/ HTTP/1.1', 400, 'InvalidTarget'),
  line('CONNECT to a path', 'CONNECT / HTTP/1.1', 400, 'InvalidTarget'),
  line('CONNECT with a length', 'CONNECT a:1 HTTP/1.1\r\nContent-Length: 46', 400, 'ConnectWithBody'),
  line('CONNECT with chunks', 'CONNECT a:1 HTTP/1.1\r\nTransfer-Encoding: chunked', 400, 'ConnectWithBody'),
  line('too long a request line', `GET /${'a'.repeat(70_000)} HTTP/1.1`, 414, 'TargetTooLong'),
  line('too large a head', `GET / HTTP/1.1\r\nX: ${'a'.repeat(70_000)}`, 431, 'HeadTooLarge'),
  line('too many fields', `GET / HTTP/1.1${'\r\nX: a'.repeat(101)}`, 431, 'TooManyFields'),
  { name: 'LF before it', bytes: `\n${smuggled}`, status: 400, error: 'BareLineFeed' },
  { name: 'CR before it', bytes: `\r${smuggled}`, status: 400, error: 'BareCarriageReturn' },
  { name: 'empty lines without end', bytes: '\r\n'.repeat(100), status: 400, error: 'InvalidMethod' },
  { name: 'no Host', bytes: 'GET / HTTP/1.1\r\nX: y\r\n\r\n', status: 400, error: 'MissingHost' },
  {
    name: 'no Host beside an absolute target',
    bytes: 'GET http://shop/ HTTP/1.1\r\n\r\n',
    status: 400,
    error: 'MissingHost',
  },
  line('two Hosts', 'GET / HTTP/1.1\r\nHost: inside', 400, 'DuplicateHost'),
  line('the same Host twice', 'GET / HTTP/1.1\r\nhost: shop', 400, 'DuplicateHost'),
  line('an empty Host and another', 'GET / HTTP/1.1\r\nHost:', 400, 'DuplicateHost'),
  line('Host with a path', 'GET / HTTP/1.1\r\nHost: inside/', 400, 'InvalidHost'),
  line('Host with a user', 'GET / HTTP/1.1\r\nHost: shop@inside', 400, 'InvalidHost'),
  line('Host with a space', 'GET / HTTP/1.1\r\nHost: shop inside', 400, 'InvalidHost'),
  line('Host with a backslash', 'GET / HTTP/1.1\r\nHost: shop\\inside', 400, 'InvalidHost'),
  line('Host with a tab', 'GET / HTTP/1.1\r\nHost: shop\tinside', 400, 'InvalidHost'),
];

const chunkedBodies: readonly RefusedRequest[] = [
  chunks('an empty size', `\r\n${smuggled}`),
  chunks('a size with 0x', '0x5\r\nhello\r\n0\r\n\r\n'),
  chunks('a negative size', '-5\r\nhello\r\n0\r\n\r\n'),
  chunks('a size with a plus', '+5\r\nhello\r\n0\r\n\r\n'),
  chunks('a size with an underscore', '0_5\r\nhello\r\n0\r\n\r\n'),
  chunks('space before a size', ' 5\r\nhello\r\n0\r\n\r\n'),
  chunks('space behind a size', '5 \r\nhello\r\n0\r\n\r\n'),
  chunks('a tab behind a size', '5\t\r\nhello\r\n0\r\n\r\n'),
  chunks('space between size and extension', '5 ;a\r\nhello\r\n0\r\n\r\n'),
  chunks('NUL behind a size', '5\0\r\nhello\r\n0\r\n\r\n'),
  chunks('a size that wraps 64 bits', '10000000000000005\r\nhello\r\n0\r\n\r\n'),
  chunks('a size of 14 digits', '00000000000005\r\nhello\r\n0\r\n\r\n'),
  chunks('LF behind a size', '5\nhello\r\n0\r\n\r\n'),
  chunks('CR behind a size', '5\rhello\r\n0\r\n\r\n'),
  chunks('CR CR LF behind a size', '5\r\r\nhello\r\n0\r\n\r\n'),
  chunks('LF behind an extension', `5;a\nhello\r\n0\r\n\r\n${smuggled}`),
  chunks('LF in an extension', `5;\nxx\r\nhello\r\n0\r\n\r\n${smuggled}`),
  chunks('LF in a quoted extension', `5;a="\n"\r\nhello\r\n0\r\n\r\n`),
  chunks('CR in an extension', `5;a\rb\r\nhello\r\n0\r\n\r\n`),
  chunks('extensions without end', `1;${'a'.repeat(9000)}\r\nx\r\n0\r\n\r\n`),
  chunks('extensions of many chunks', `1;${'a'.repeat(90)}\r\nx\r\n`.repeat(100)),
  chunks('data longer than its size', `5\r\nhello, world\r\n0\r\n\r\n${smuggled}`),
  chunks('data longer than its size by the length of CRLF', `5\r\nhelloXX0\r\n\r\n${smuggled}`),
  chunks('data shorter than its size', `6\r\nhello\r\n0\r\n\r\n${smuggled}`),
  chunks('LF behind data', `5\r\nhello\n0\r\n\r\n${smuggled}`),
  chunks('CR behind data', `5\r\nhello\r0\r\n\r\n${smuggled}`),
  chunks('CR and another byte behind data', `5\r\nhello\rX0\r\n\r\n${smuggled}`),
  chunks('no last chunk', '5\r\nhello\r\n\r\n'),
  chunks('LF for the end of the last chunk', `0\n\n${smuggled}`),
  chunks('a request for a trailer', `0\r\n${smuggled}`),
  chunks('a folded trailer', '0\r\nX: y\r\n z\r\n\r\n'),
  chunks('space before the colon of a trailer', '0\r\nContent-Length : 5\r\n\r\n'),
  chunks('LF in a trailer', '0\r\nX: y\nContent-Length: 5\r\n\r\n'),
  chunks('NUL in a trailer', '0\r\nX: \0\r\n\r\n'),
  chunks('trailers without end', `0\r\n${'X: y\r\n'.repeat(4000)}`),
];

const behindOthers: readonly RefusedRequest[] = [
  {
    name: 'an attack behind a whole request',
    bytes: `GET /first HTTP/1.1\r\nHost: shop\r\n\r\nPOST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    before: [200],
    status: 400,
    error: 'LengthAndTransferEncoding',
  },
  {
    name: 'an attack in place of the third request',
    bytes: `GET /first HTTP/1.1\r\nHost: shop\r\n\r\nPOST /second HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\nhi${smuggled.replace('Host:', 'Host :')}`,
    before: [200, 200],
    status: 400,
    error: 'SpaceBeforeColon',
  },
  {
    name: 'a body that is longer than it says',
    bytes: `POST /first HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\nhi, and\x00 ${smuggled}`,
    before: [200],
    status: 400,
    error: 'InvalidMethod',
  },
];

export const refusedRequests: readonly RefusedRequest[] = [
  ...lengthAgainstChunks,
  ...lengths,
  ...codings,
  ...hiddenFields,
  ...firstLines,
  ...chunkedBodies,
  ...behindOthers,
];
