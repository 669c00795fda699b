/**
 * The situations of llhttp's published response tests, in messages of our own, as `llhttp-requests.ts` has them for
 * requests. What llhttp decides is what Node's client does with it, which reads one answer for each request.
 */
import { accepted, type Comparison, differing, refused, waiting } from './comparison.ts';

const ok = (lines: string, body = ''): string => `HTTP/1.1 200 OK\r\n${lines}\r\n${body}`;
const chunked = (body: string): string => ok('Transfer-Encoding: chunked\r\n', body);

const surplus = {
  llhttp: 'accepts',
  ours: 'refuses',
  why: 'what follows an answer belongs to no request: the answer is passed on, its connection is given up',
} as const;

const dropped = {
  llhttp: 'refuses',
  ours: 'accepts',
  why: 'an extension is dropped, not read: the line ends at CRLF whatever stands before, and sizes are written anew',
} as const;

const connection: readonly Comparison[] = [
  accepted('Proxy-Connection', ok('Content-Length: 5\r\nProxy-Connection: close\r\n', 'hello')),
  accepted(
    'HTTP/1.0 that says keep-alive without a length, until its end',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nHTTP/1.0 200 OK',
  ),
  differing(
    'another answer behind 204 of HTTP/1.0 that says keep-alive',
    'HTTP/1.0 204 No Content\r\nConnection: keep-alive\r\n\r\nHTTP/1.0 200 OK\r\n\r\n',
    surplus,
  ),
  accepted('no length, until its end', ok('', 'HTTP/1.1 200 OK')),
  differing('another answer behind 204', 'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n', surplus),
  accepted('204', 'HTTP/1.1 204 No Content\r\n\r\n'),
  accepted(
    'what follows 204 that closes is not read',
    'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  ),
  accepted(
    'what follows a body that closes is not read',
    ok('Content-Length: 5\r\nConnection: close\r\n', 'hello, and more'),
  ),
  accepted(
    '101 with a length',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 4\r\n\r\nbodyframes',
  ),
  accepted(
    '101 with chunks',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nframes',
  ),
  accepted('200 with Upgrade', ok('Connection: upgrade\r\nUpgrade: x\r\n', 'body')),
  accepted(
    '200 with Upgrade and a length',
    ok('Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 4\r\n', 'body'),
  ),
  accepted(
    '200 with Upgrade and chunks',
    ok(
      'Connection: upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked\r\n',
      '2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n',
    ),
  ),
  accepted('304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n'),
  accepted('304 with chunks', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n'),
  differing(
    'another answer behind 304',
    `HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n${ok('Content-Length: 5\r\n', 'hello')}`,
    surplus,
  ),
  accepted(
    '100 and then 404',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone',
  ),
  differing(
    '100, an empty line more, and then 404',
    'HTTP/1.1 100 Continue\r\n\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone',
    {
      llhttp: 'accepts',
      ours: 'refuses',
      why: 'only a server is asked to bear empty lines (RFC 9112 section 2.2); before an answer they mean that one of us has miscounted',
    },
  ),
  accepted(
    '103 and then 200',
    `HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n${ok('Keep-Alive: timeout=5\r\nContent-Length: 2\r\n', 'hi')}`,
  ),
];

const contentLength: readonly Comparison[] = [
  accepted(
    'no length, with Connection: close',
    ok('Content-Type: text/xml\r\nConnection: close\r\n', '<a>\n <b/>\n</a>'),
  ),
  accepted(
    'a name that begins as Content-Length',
    ok('Content-Length-X: 0\r\nTransfer-Encoding: chunked\r\n', '2\r\nhi\r\n0\r\n\r\n'),
  ),
  accepted('a length of an answer to HEAD', ok('Content-Length: 123\r\n'), 'HEAD'),
  waiting('tabs around a length', ok('Content-Length:\t17\t\r\n')),
  accepted('no body', ok('')),
];

const invalid: readonly Comparison[] = [
  refused('a misspelt protocol', 'HTP/1.1 200 OK\r\n\r\n'),
  refused('a padded major version', 'HTTP/01.1 200 OK\r\n\r\n'),
  refused('a major version of two digits', 'HTTP/11.1 200 OK\r\n\r\n'),
  refused('a minor version of two digits', 'HTTP/1.01 200 OK\r\n\r\n'),
  refused('a tab behind the version', 'HTTP/1.1\t200 OK\r\n\r\n'),
  refused('CR before it and a tab behind the version', '\rHTTP/1.1\t200 OK\r\n\r\n'),
  refused('fields parted by CR', ok('A: 1\rB: 2\r\n')),
  refused('CR alone behind the first line', 'HTTP/1.1 200 OK\rContent-Length: 0\r\n\r\n'),
  refused('CR CR behind the first line', 'HTTP/1.1 200 OK\r\rContent-Length: 4\r\n\r\nevil'),
  refused('version 5.6', 'HTTP/5.6 200 OK\r\n\r\n'),
  refused('space behind the first line', 'HTTP/1.1 200 OK\r\n A: b\r\n\r\n'),
  refused('two spaces before the status', 'HTTP/1.1  200 OK\r\n\r\n'),
  accepted('two spaces behind the status', 'HTTP/1.1 200  OK\r\n\r\n'),
  refused('a status of one digit', 'HTTP/1.1 2 OK\r\n\r\n'),
  refused('LF for every line, without a body', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'),
  refused('LF for every line', 'HTTP/1.1 200 OK\nA: b\n\nbody\n'),
];

const samples: readonly Comparison[] = [
  accepted('a body', ok('Content-Length: 2\r\n', 'hi')),
  differing(
    'answers one behind another',
    `${ok('Content-Length: 2\r\n', 'hi')}HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nho`,
    surplus,
  ),
  accepted('spaces and tabs before values', ok('A: 1\r\nB:\t 2\r\nContent-Length: 0\r\n')),
  differing('RTSP', 'RTSP/1.1 200 OK\r\n\r\n', {
    llhttp: 'accepts',
    ours: 'refuses',
    why: 'it is another protocol',
  }),
  differing('Icecast', 'ICE/1.1 200 OK\r\n\r\n', {
    llhttp: 'accepts',
    ours: 'refuses',
    why: 'it is another protocol',
  }),
  refused('a protocol that begins as HTTP', 'HTTPER/1.1 200 OK\r\n\r\n'),
  accepted(
    'a redirect with a body',
    'HTTP/1.1 301 Moved Permanently\r\nLocation: http://b.example/\r\nX-$Odd: 1\r\nContent-Length:  20  \r\n\r\n<a href="/b">b</a>\r\n',
  ),
  accepted(
    'a redirect with chunks',
    'HTTP/1.1 301 MovedPermanently\r\nX-Policy: a="b c",d"\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n0\r\n\r\n',
  ),
  accepted('no field and no body', 'HTTP/1.1 404 Not Found\r\n\r\n'),
  accepted('no reason', 'HTTP/1.1 301\r\n\r\n'),
  accepted('an empty reason', 'HTTP/1.1 200 \r\n\r\n'),
  refused(
    'LF for every line, and a body',
    'HTTP/1.1 200 OK\nContent-Type: text/html\nConnection: close\n\nfrom far away\n',
  ),
  accepted('an underscore in a name', ok('Content-Length: 0\r\nX_odd: v7;x;1-0;0/0;~ok=;text/xml\r\n')),
  accepted(
    'an empty field, in HTTP/1.0',
    'HTTP/1.0 301 Moved Permanently\r\nPragma: \r\nLocation: http://b.example/\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n',
  ),
  accepted(
    'names that have lost their first letter',
    ok(
      '.ccept-Ranges: none\r\n_ge: 5\r\n_onnection: Keep-Alive\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n',
      '0\r\n\r\n',
    ),
  ),
  refused('a space in a name', ok('de-AT X-Type: text\r\nContent-Length: 2\r\n', 'hi')),
  accepted(
    'another language in the reason',
    'HTTP/1.1 500 Gr\xc3\xb6\xc3\x9fenfehler\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
  ),
  differing('version 0.9', 'HTTP/0.9 200 OK\r\n\r\n', {
    llhttp: 'accepts',
    ours: 'refuses',
    why: 'HTTP/0.9 has no status line; a version that nobody speaks is not forwarded as another',
  }),
  accepted('neither length nor chunks', ok('Content-Type: text/plain\r\n', 'hello')),
  differing('an empty line before it', `\r\n${ok('Content-Length: 0\r\n')}`, {
    llhttp: 'accepts',
    ours: 'refuses',
    why: 'only a server is asked to bear empty lines (RFC 9112 section 2.2); before an answer they mean that one of us has miscounted',
  }),
];

const untilClose = {
  llhttp: 'accepts',
  ours: 'refuses',
  why: 'reading until the close what may be chunks lets the sender choose where the answer ends; 502 (RFC 9112 section 6.3 allows it)',
} as const;

const codings: readonly Comparison[] = [
  refused('spaces behind sizes', chunked('2  \r\nhi\r\n0  \r\n\r\n')),
  differing('chunked before another coding', ok('Transfer-Encoding: chunked, gzip\r\n', 'hello'), untilClose),
  differing(
    'chunked before identity in two fields',
    ok('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', 'hello'),
    untilClose,
  ),
  differing(
    'chunked written twice',
    ok('Transfer-Encoding: chunkedchunked\r\n', '2\r\nhi\r\n0\r\n\r\n'),
    untilClose,
  ),
  accepted('chunks', chunked('b\r\nhello there\r\n0\r\n\r\n')),
  accepted('extensions', chunked('2;one;two=three\r\nhi\r\n1;four;five\r\n!\r\n0\r\n\r\n')),
  refused('an extension without a semicolon', chunked('2 extension\r\nhi\r\n0 more\r\n\r\n')),
  differing('an empty extension', chunked('2;\r\nhi\r\n0\r\n\r\n'), dropped),
  accepted('quoted extensions', chunked('2;a="b; c";d="e";f;g=h\r\nhi\r\n0\r\n\r\n')),
  differing(
    'a quote that is not closed in an extension',
    chunked('2;a="b";c="d; e\r\nhi\r\n0\r\n\r\n'),
    dropped,
  ),
];

/** By the file of llhttp's tests whose situations they are. */
export const answerComparisons: Readonly<Record<string, readonly Comparison[]>> = {
  connection,
  'content-length, finish': contentLength,
  invalid,
  'sample, pausing, pipelining': samples,
  'transfer-encoding': codings,
};
