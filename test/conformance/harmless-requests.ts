/**
 * Requests that look like an attack and have one reading only. They are forwarded, and in a form that leaves an
 * upstream nothing to guess: one length or chunks of this hop's own making, one Host, no field of the previous hop.
 */
import { smuggled } from './smuggled-requests.ts';

export interface HarmlessRequest {
  readonly name: string;
  readonly bytes: string;
  /** What the upstream sees, request by request. */
  readonly seen: readonly {
    readonly line: string;
    readonly body: string;
    readonly host?: string;
    readonly trailers?: readonly string[];
  }[];
}

const chunkedOf = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

/** A POST with these lines; the upstream sees `body`. */
const post = (name: string, lines: string, sent: string, body: string): HarmlessRequest => ({
  name,
  bytes: `POST / HTTP/1.1\r\nHost: shop\r\n${lines}\r\n\r\n${sent}`,
  seen: [{ line: 'POST / HTTP/1.1', body }],
});

/** Trailers with these lines; the upstream sees `trailers` of them. */
const trailers = (name: string, lines: string, kept: readonly string[]): HarmlessRequest => ({
  name,
  bytes: `POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n${lines}\r\n\r\n`,
  seen: [{ line: 'POST / HTTP/1.1', body: 'hi', trailers: kept }],
});

export const harmlessRequests: readonly HarmlessRequest[] = [
  post('zeros before a length', 'Content-Length: 00046', smuggled.padEnd(46), smuggled.padEnd(46)),
  post('space around a length', 'Content-Length: \t 2 \t ', 'hi', 'hi'),
  post('chunked in any case', 'tRANSFER-eNCODING: CHUNKED', chunkedOf(smuggled), smuggled),
  post('a tab before chunked', 'Transfer-Encoding:\tchunked', chunkedOf(smuggled), smuggled),
  post('space behind chunked', 'Transfer-Encoding: chunked \t', chunkedOf(smuggled), smuggled),
  post(
    'chunked that Connection names',
    'Connection: transfer-encoding\r\nTransfer-Encoding: chunked',
    chunkedOf('hi'),
    'hi',
  ),
  post(
    'a length that Connection names',
    'Connection: close, Content-Length\r\nContent-Length: 2',
    'hi',
    'hi',
  ),
  post(
    'names that only look like framing',
    'Content-Length: 2\r\nContent_Length: 9\r\nX-Transfer-Encoding: chunked\r\nTransfer_Encoding: chunked',
    'hi',
    'hi',
  ),
  post('extensions of chunks', 'Transfer-Encoding: chunked', `2;a=b;c="0;1"\r\nhi\r\n0;z\r\n\r\n`, 'hi'),
  post('zeros before sizes of chunks', 'Transfer-Encoding: chunked', '0002\r\nhi\r\n000\r\n\r\n', 'hi'),
  post(
    'data of a chunk that looks like the last one',
    'Transfer-Encoding: chunked',
    `2d\r\n0\r\n\r\n${smuggled}\r\n0\r\n\r\n`.replace('2d', (smuggled.length + 5).toString(16)),
    `0\r\n\r\n${smuggled}`,
  ),
  {
    name: 'a body of GET that looks like a request',
    bytes: `GET / HTTP/1.1\r\nHost: shop\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    seen: [{ line: 'GET / HTTP/1.1', body: smuggled }],
  },
  {
    name: 'a body of HEAD that looks like a request',
    bytes: `HEAD / HTTP/1.1\r\nHost: shop\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    seen: [{ line: 'HEAD / HTTP/1.1', body: smuggled }],
  },
  {
    name: 'chunks in OPTIONS, which some drop',
    bytes: `OPTIONS / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n${chunkedOf(smuggled)}`,
    seen: [{ line: 'OPTIONS / HTTP/1.1', body: smuggled }],
  },
  {
    name: 'a body of a static page, which some do not read',
    bytes: `POST /index.html HTTP/1.1\r\nHost: shop\r\nContent-Length: ${smuggled.length}\r\nConnection: keep-alive\r\n\r\n${smuggled}`,
    seen: [{ line: 'POST /index.html HTTP/1.1', body: smuggled }],
  },
  {
    name: 'an upgrade that the route does not allow, with a request behind it',
    bytes: `GET / HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n${smuggled}`,
    seen: [
      { line: 'GET / HTTP/1.1', body: '' },
      { line: 'GET /smuggled HTTP/1.1', body: '', host: 'victim' },
    ],
  },
  {
    name: 'an absolute target beside another Host',
    bytes: 'GET http://shop/a HTTP/1.1\r\nHost: inside\r\n\r\n',
    seen: [{ line: 'GET /a HTTP/1.1', body: '', host: 'shop' }],
  },
  {
    name: 'a request behind one that closes',
    bytes: `GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n${smuggled}`,
    seen: [{ line: 'GET / HTTP/1.1', body: '' }],
  },
  {
    name: 'a request behind one of HTTP/1.0',
    bytes: `GET / HTTP/1.0\r\nHost: shop\r\n\r\n${smuggled}`,
    seen: [{ line: 'GET / HTTP/1.1', body: '' }],
  },
  {
    name: 'a later minor version',
    bytes: 'GET / HTTP/1.9\r\nHost: shop\r\nConnection: close\r\n\r\n',
    seen: [{ line: 'GET / HTTP/1.1', body: '' }],
  },
  {
    name: 'two empty lines before it',
    bytes: '\r\n\r\nGET / HTTP/1.1\r\nHost: shop\r\n\r\n',
    seen: [{ line: 'GET / HTTP/1.1', body: '' }],
  },
  trailers('trailers that frame', 'Content-Length: 50\r\nTransfer-Encoding: chunked\r\nX-Kept: 1', [
    'X-Kept: 1',
  ]),
  trailers(
    'trailers that route',
    'Host: inside\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Host: inside',
    [],
  ),
  trailers(
    'trailers that admit',
    'Authorization: Basic eA==\r\nCookie: admin=1\r\nProxy-Authorization: x',
    [],
  ),
  trailers(
    'trailers that steer the hop',
    'Connection: close\r\nUpgrade: h2c\r\nTE: trailers\r\nKeep-Alive: 1',
    [],
  ),
];
