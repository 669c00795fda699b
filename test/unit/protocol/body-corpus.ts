/** Chunked bodies that must be decoded, and such that must be refused, whichever way they arrive. */
import { HeadError } from '../../../src/protocol/index.ts';

export interface ValidBody {
  readonly name: string;
  readonly text: string;
  readonly body: string;
  /** Lines that may be forwarded. */
  readonly trailers?: string;
}

export interface InvalidBody {
  readonly name: string;
  readonly text: string;
  readonly error: HeadError;
}

export const validBodies: readonly ValidBody[] = [
  { name: 'no chunk', text: '0\r\n\r\n', body: '' },
  { name: 'one chunk', text: '5\r\nhello\r\n0\r\n\r\n', body: 'hello' },
  { name: 'several chunks', text: '1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n', body: 'abcdef' },
  {
    name: 'sizes in both cases',
    text: `a\r\n${'x'.repeat(10)}\r\nB\r\n${'y'.repeat(11)}\r\n0\r\n\r\n`,
    body: 'x'.repeat(10) + 'y'.repeat(11),
  },
  {
    name: 'a size of several digits',
    text: `1aF\r\n${'z'.repeat(0x1af)}\r\n0\r\n\r\n`,
    body: 'z'.repeat(0x1af),
  },
  { name: 'zeros before sizes', text: '0005\r\nhello\r\n0000000000000\r\n\r\n', body: 'hello' },
  {
    name: 'data that looks like chunks',
    text: 'd\r\n0\r\n\r\n5\r\nabc\r\n\r\n0\r\n\r\n',
    body: '0\r\n\r\n5\r\nabc\r\n',
  },
  { name: 'every byte as data', text: `100\r\n${everyByte()}\r\n0\r\n\r\n`, body: everyByte() },
  { name: 'extensions', text: '5;a=b\r\nhello\r\n0;last\r\n\r\n', body: 'hello' },
  { name: 'several extensions', text: '5;a;b="c;d";e=f\r\nhello\r\n0\r\n\r\n', body: 'hello' },
  { name: 'space within extensions', text: '5; a = b\t;c\r\nhello\r\n0\r\n\r\n', body: 'hello' },
  { name: 'an empty extension', text: '5;\r\nhello\r\n0\r\n\r\n', body: 'hello' },
  {
    name: 'extensions of just the greatest length',
    text: `1;${'e'.repeat(8191)}\r\nx\r\n0\r\n\r\n`,
    body: 'x',
  },
  { name: 'a trailer', text: '0\r\nX-Sum: 1\r\n\r\n', body: '', trailers: 'X-Sum: 1\r\n' },
  {
    name: 'trailers',
    text: '1\r\na\r\n0\r\nX-Sum: 1\r\nX-Empty:\r\nServer-Timing:\t a;dur=1 \r\n\r\n',
    body: 'a',
    trailers: 'X-Sum: 1\r\nX-Empty:\r\nServer-Timing:\t a;dur=1 \r\n',
  },
  {
    name: 'trailers that may not come late, which are dropped',
    text: [
      '0',
      'Content-Length: 5',
      'X-Kept: 1',
      'Transfer-Encoding: chunked',
      'Host: b',
      'Connection: close',
      'Authorization: Basic eA==',
      'Cookie: a=b',
      'Set-Cookie: a=b',
      'Content-Type: text/plain',
      'Content-Encoding: gzip',
      'Content-Range: bytes 0-1/2',
      'Cache-Control: no-store',
      'Expect: 100-continue',
      'X-Forwarded-For: 10.0.0.1',
      'X-Forwarded-Anything: 1',
      'Proxy-Authorization: x',
      'Trailer: X-Kept',
      'TE: trailers',
      'Upgrade: h2c',
      'Keep-Alive: 1',
      'Max-Forwards: 1',
      'Range: bytes=0-',
      'Via: 1.1 x',
      'x-also-kept: 2',
      '',
      '',
    ].join('\r\n'),
    body: '',
    trailers: 'X-Kept: 1\r\nx-also-kept: 2\r\n',
  },
  { name: 'nothing but trailers that are dropped', text: '0\r\nContent-Length: 5\r\n\r\n', body: '' },
];

function everyByte(): string {
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
}

const { InvalidChunkSize, InvalidChunkEnd, ChunkExtensionTooLong, InvalidTrailer } = HeadError;

export const invalidBodies: readonly InvalidBody[] = [
  { name: 'an empty size', text: '\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'a size that is no number', text: 'g\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'a negative size', text: '-1\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'a positive size', text: '+5\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'a size with 0x', text: '0x5\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'a size with an underscore', text: '1_0\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'a size with a fraction', text: '5.0\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'a size in quotes', text: '"5"\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'space before a size', text: ' 5\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'space behind a size', text: '5 \r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'space between size and extension', text: '5 ;a\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'a tab behind a size', text: '5\t\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'a vertical tab before a size', text: '\v5\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'NUL behind a size', text: '5\0\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'a digit of another script', text: '\xb2\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'LF behind a size', text: '5\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'CR alone behind a size', text: '5\rhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'two CR behind a size', text: '5\r\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  { name: 'a size of 14 digits', text: '10000000000000\r\nhello', error: InvalidChunkSize },
  { name: 'a size that would wrap 32 bits', text: '100000000000005\r\nhello', error: InvalidChunkSize },
  { name: 'a size that would wrap 64 bits', text: '10000000000000005\r\nhello', error: InvalidChunkSize },
  { name: 'zeros without end for a size', text: '00000000000000\r\n\r\n', error: InvalidChunkSize },
  { name: 'no last chunk', text: '5\r\nhello\r\n\r\n', error: InvalidChunkSize },
  { name: 'less data than announced', text: '6\r\nhello\r\n0\r\n\r\n', error: InvalidChunkEnd },
  { name: 'more data than announced', text: '4\r\nhello\r\n0\r\n\r\n', error: InvalidChunkEnd },
  { name: 'LF behind data', text: '5\r\nhello\n0\r\n\r\n', error: InvalidChunkEnd },
  { name: 'CR alone behind data', text: '5\r\nhello\r0\r\n\r\n', error: InvalidChunkEnd },
  { name: 'nothing behind data', text: '5\r\nhello0\r\n\r\n', error: InvalidChunkEnd },
  { name: 'two bytes other than CRLF behind data', text: '5\r\nhelloxx0\r\n\r\n', error: InvalidChunkEnd },
  { name: 'LF in an extension', text: '5;a\nb\r\nhello\r\n0\r\n\r\n', error: ChunkExtensionTooLong },
  { name: 'LF behind an extension', text: '5;a\nhello\r\n0\r\n\r\n', error: ChunkExtensionTooLong },
  { name: 'CR alone in an extension', text: '5;a\rb\r\nhello\r\n0\r\n\r\n', error: InvalidChunkSize },
  {
    name: 'LF within quotes in an extension',
    text: '5;a="\n"\r\nhello\r\n0\r\n\r\n',
    error: ChunkExtensionTooLong,
  },
  { name: 'NUL in an extension', text: '5;a\0\r\nhello\r\n0\r\n\r\n', error: ChunkExtensionTooLong },
  {
    name: 'an extension that is too long',
    text: `1;${'e'.repeat(8192)}\r\nx\r\n`,
    error: ChunkExtensionTooLong,
  },
  {
    name: 'extensions that are too long together',
    text: `1;${'e'.repeat(90)}\r\nx\r\n`.repeat(91),
    error: ChunkExtensionTooLong,
  },
  { name: 'a trailer without a colon', text: '0\r\nX\r\n\r\n', error: InvalidTrailer },
  { name: 'a trailer without a name', text: '0\r\n: x\r\n\r\n', error: InvalidTrailer },
  { name: 'space before the colon of a trailer', text: '0\r\nX : y\r\n\r\n', error: InvalidTrailer },
  { name: 'a folded trailer', text: '0\r\nX: y\r\n z\r\n\r\n', error: InvalidTrailer },
  { name: 'LF behind a trailer', text: '0\r\nX: y\nZ: a\r\n\r\n', error: InvalidTrailer },
  { name: 'CR alone in a trailer', text: '0\r\nX: y\rZ: a\r\n\r\n', error: InvalidTrailer },
  { name: 'NUL in a trailer', text: '0\r\nX: y\0\r\n\r\n', error: InvalidTrailer },
  { name: 'LF for the end of trailers', text: '0\r\nX: y\r\n\n\r\n\r\n', error: InvalidTrailer },
  {
    name: 'a request in place of trailers',
    text: '0\r\nGET /b HTTP/1.1\r\nHost: b\r\n\r\n',
    error: InvalidTrailer,
  },
  { name: 'trailers without end', text: `0\r\n${'X: y\r\n'.repeat(4000)}`, error: InvalidTrailer },
];
