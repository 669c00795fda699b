/**
 * The situations of llhttp's published request tests, in messages of our own: what llhttp decides when it is strict,
 * and what we decide. Where we differ the reason stands beside it. Tests of llhttp's callbacks and of its lenient modes
 * have no counterpart here.
 */
import { accepted, type Comparison, differing, refused, waiting } from './comparison.ts';

const host = 'Host: cart.example\r\n';
const next = `GET /next HTTP/1.1\r\n${host}\r\n`;

/** A request without a body, with these further lines. */
const get = (lines = '', target = '/a'): string => `GET ${target} HTTP/1.1\r\n${host}${lines}\r\n`;
const put = (lines: string, body = ''): string => `PUT /item HTTP/1.1\r\n${host}${lines}\r\n${body}`;
const chunked = (body: string): string => put('Transfer-Encoding: chunked\r\n', body);

const connection: readonly Comparison[] = [
  accepted('keep-alive', put('Connection: keep-alive\r\n')),
  accepted('two requests on a connection that says keep-alive', put('Connection: keep-alive\r\n').repeat(2)),
  accepted('a request behind one of HTTP/1.0 is not read', `PUT /item HTTP/1.0\r\n\r\n${next}`),
  accepted(
    'an empty line between two requests',
    `POST / HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\nn=1\r\n${next}`,
  ),
  refused('CR for the hyphen of keep-alive', put('Connection: keep\ralive\r\n')),
  accepted('close', put('Connection: close\r\n')),
  accepted('close and a tab', put('Connection: close\t\r\n')),
  accepted(
    'a request behind close is not read',
    `${put('Content-Length: 2\r\nConnection: close\r\n', 'hi')}\r\n${next}`,
  ),
  accepted(
    'a request behind close and a tab is not read',
    `${put('Content-Length: 2\r\nConnection: close\t\r\n', 'hi')}\r\n${next}`,
  ),
  accepted('a list of options', put('Connection: close, one, upgrade, two, keep-alive\r\n')),
  accepted(
    'an upgrade in a list',
    `${get('Connection: keep-alive, upgrade\r\nUpgrade: websocket\r\n')}frames`,
  ),
  refused(
    'space before the colon of Connection',
    put('Connection : upgrade\r\nContent-Length: 2\r\nUpgrade: x\r\n', 'hi'),
  ),
  accepted('an upgrade', put('Connection: upgrade\r\nUpgrade: x\r\n')),
  accepted(
    'an upgrade with a body',
    put('Connection: upgrade\r\nContent-Length: 2\r\nUpgrade: x\r\n', 'hiframes'),
  ),
  accepted(
    'an upgrade to WebSocket',
    `${get('Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\nSec-WebSocket-Protocol: chat\r\n')}frames`,
  ),
  accepted(
    'an upgrade to HTTP/2 with a body',
    put('Connection: Upgrade\r\nUpgrade: HTTP/2.0\r\nContent-Length: 4\r\n', 'bodyframes'),
  ),
];

const contentLength: readonly Comparison[] = [
  accepted('zeros before a length', put('Content-Length: 002\r\n', 'hi')),
  accepted('a field behind a length', put('Content-Length: 002\r\nX: y\r\n', 'hi')),
  refused('a length that overflows', put('Content-Length: 9000000000000000000000\r\n')),
  refused('two lengths', put('Content-Length: 2\r\nContent-Length: 3\r\n', 'hi')),
  refused(
    'a length and the identity coding',
    put('Content-Length: 2\r\nTransfer-Encoding: identity\r\n', 'hi'),
  ),
  refused('space before the colon of a length', put('Content-Length : 2\r\n', 'hi')),
  accepted('an odd case of the name, in HTTP/1.0', 'GET /a HTTP/1.0\r\ncONTENT-lENGTH: 2\r\n\r\nhi'),
  waiting('spaces around a length', put('Content-Length:  17  \r\n')),
  waiting('tabs around a length', put('Content-Length:\t17\t \r\n')),
  refused('a space in a length', put('Content-Length: 1 7\r\n')),
  refused('a space in a longer length', put('Content-Length: 17 42\r\n')),
  refused('an empty length', put('Content-Length:\r\n')),
  refused('CR for the hyphen of the name', put('Content\rLength: 2\r\n', 'hi')),
  refused('CR in place of the empty line', put('Content-Length: 2\r\n').replace(/\r\n$/, '\rhi')),
];

const ends: readonly Comparison[] = [
  accepted('the end behind a request', get()),
  waiting('the end within a body', put('Content-Length: 100\r\n', 'hi')),
  waiting('the end within a field', `PUT / HTTP/1.1\r\n${host}Content-Le`),
];

const invalid: readonly Comparison[] = [
  refused('the protocol of Icecast with GET', `GET /radio ICE/1.0\r\n${host}\r\n`),
  refused('a protocol that only resembles it', `GET /radio IHTTP/1.0\r\n${host}\r\n`),
  refused('RTSP with a method that it has not', `PUT /radio RTSP/1.0\r\n${host}\r\n`),
  differing('a method of RTSP in HTTP', `ANNOUNCE /radio HTTP/1.0\r\n${host}\r\n`, {
    llhttp: 'refuses',
    ours: 'accepts',
    why: "a method is any token (RFC 9110 section 9.1); which ones exist is the upstream's to say",
  }),
  refused('fields parted by CR', get('A: 1\rB: 2\r\n')),
  refused('fields parted by LF', put('A:1\nTransfer-Encoding: chunked\r\n', '1\r\nA\r\n0\r\n\r\n')),
  refused(
    'CR and another byte for the empty line',
    `GET / HTTP/1.1\r\nConnection: close\r\n${host}\rXGET /other HTTP/1.1\r\n${host}\r\n`,
  ),
  refused(
    'CR behind the colon of an empty field',
    put('A:\rTransfer-Encoding: chunked\r\n', '1\r\nA\r\n0\r\n\r\n'),
  ),
  refused(
    'LF behind the colon of an empty field',
    put('A:\nTransfer-Encoding: chunked\r\n', '1\r\nA\r\n0\r\n\r\n'),
  ),
  refused('an at sign in a name', get('A@: 1\r\n')),
  refused('a control byte in a name', get('A\x02b: 1\r\n')),
  refused('an empty name', get(': 1\r\n')),
  differing('a method that nobody has registered', `MKCOLX / HTTP/1.1\r\n${host}\r\n`, {
    llhttp: 'refuses',
    ours: 'accepts',
    why: "a method is any token (RFC 9110 section 9.1); which ones exist is the upstream's to say",
  }),
  refused('a name that is folded before its colon', get('A\r\n : 1\r\n')),
  refused('noise in the name of Connection', get('Connection\r\x1c\x34\xc7: close\r\nA: 1\r\n')),
  refused('noise in another name', get('X-Any\r\x1c\x34\xc7: 2\r\nA: 1\r\n')),
  refused(
    'LF that hides a length',
    `${get('A: x\nContent-Length: 40\r\n')}GET / HTTP/1.1\r\nA: GET /admin HTTP/1.1\r\n${host}\r\n`,
  ),
  refused('version 5.6', `GET / HTTP/5.6\r\n${host}\r\n`),
  refused('space behind the first line', 'GET / HTTP/1.1\r\n Host: cart.example\r\n\r\n'),
  refused('LF for every line', chunked('1\r\nA\r\n0\r\n\r\n').replaceAll('\r\n', '\n')),
  refused('space before a length', `POST /a HTTP/1.1\r\n${host}A: b\r\n Content-Length: 40\r\n\r\n${next}`),
  refused('a form feed in a value', get('A: b\fc\r\n')),
  refused('a form feed for a value', get('A: \f\r\n')),
];

const unregistered = 'REPORT PURGE SEARCH LINK UNLINK SOURCE QUERY'.split(' ');

const methods: readonly Comparison[] = [
  ...unregistered.map((method) => accepted(`method ${method}`, `${method} /a HTTP/1.1\r\n${host}\r\n`)),
  accepted(
    'CONNECT and what is sent through it',
    'CONNECT db.example:5432 HTTP/1.0\r\nUser-Agent: x\r\nProxy-Authorization: Basic eDp5\r\n\r\nfirst bytes\r\nand more',
  ),
  accepted('CONNECT in capitals', 'CONNECT DB.EXAMPLE:5432 HTTP/1.0\r\nUser-Agent: x\r\n\r\n'),
  differing('CONNECT with a length', 'CONNECT db.example:5432 HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello', {
    llhttp: 'accepts',
    ours: 'refuses',
    why: 'it has no body (RFC 9110 section 9.3.6): what one reader takes for it another takes for the tunnel',
  }),
  differing(
    'an asterisk for a method other than OPTIONS',
    'M-SEARCH * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\n\r\n',
    {
      llhttp: 'accepts',
      ours: 'refuses',
      why: 'the form is for OPTIONS only (RFC 9112 section 3.2.4); SSDP speaks it over UDP',
    },
  ),
  accepted(
    'PATCH with a body',
    `PATCH /a HTTP/1.1\r\n${host}If-Match: "v1"\r\nContent-Length: 4\r\n\r\nbody`,
  ),
  accepted('QUERY with a body', `QUERY /a HTTP/1.1\r\n${host}Content-Length: 8\r\n\r\nselect 1`),
  differing('Icecast', `SOURCE /radio ICE/1.0\r\n${host}\r\n`, {
    llhttp: 'accepts',
    ours: 'refuses',
    why: 'it is another protocol, whose answers are not HTTP',
  }),
  differing('RTSP', `OPTIONS /film RTSP/1.0\r\n${host}\r\n`, {
    llhttp: 'accepts',
    ours: 'refuses',
    why: 'it is another protocol, in which both sides send requests',
  }),
  differing('RTSP with a method of its own', `ANNOUNCE /film RTSP/1.0\r\n${host}\r\n`, {
    llhttp: 'accepts',
    ours: 'refuses',
    why: 'it is another protocol, in which both sides send requests',
  }),
  refused('the preface of HTTP/2 as HTTP/1.1', 'PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n'),
];

const samples: readonly Comparison[] = [
  accepted('a body', put('Content-Length: 2\r\n', 'hi')),
  accepted(
    'requests with bodies, one behind another',
    `${put('Content-Length: 1\r\n', 'A')}POST /b HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\nBBPATCH /c HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\nCCC`,
  ),
  accepted(
    'fields with spaces and tabs before their values',
    `OPTIONS /a HTTP/1.1\r\n${host}A: 1\r\nB:\t 2\r\n\r\n`,
  ),
  accepted('HEAD', `HEAD /a HTTP/1.1\r\n${host}\r\n`),
  accepted('what a command-line client sends', get('User-Agent: curl/8.5.0\r\nAccept: */*\r\n')),
  accepted(
    'what a browser sends',
    get(
      'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: de,en;q=0.5\r\nKeep-Alive: 300\r\nConnection: keep-alive\r\n',
    ),
  ),
  accepted('a long name and a value of signs', get('bbbbbbbbbbbbbbbbb:++++++\r\n')),
  accepted('one field', get()),
  accepted(
    'what a load generator of HTTP/1.0 sends',
    'GET /load HTTP/1.0\r\nHost: 10.0.0.1:80\r\nUser-Agent: bench/2\r\n\r\n',
  ),
  accepted('an empty line before it', `\r\n${get()}`),
  differing('many empty lines before it', `${'\r\n'.repeat(10)}${get()}`, {
    llhttp: 'accepts',
    ours: 'refuses',
    why: 'one is asked for (RFC 9112 section 2.2), two are taken; more are a way to hold a connection with nothing',
  }),
  differing('no field at all', 'GET /a HTTP/1.1\r\n\r\n', {
    llhttp: 'accepts',
    ours: 'refuses',
    why: 'HTTP/1.1 needs Host (RFC 9112 section 3.2); Node checks it above its parser',
  }),
  differing('no version', 'GET /\r\n\r\n', {
    llhttp: 'accepts',
    ours: 'refuses',
    why: 'HTTP/0.9 has no fields and its answers no head; nobody may speak it to a mesh',
  }),
  refused('values folded over lines', get('A: one\r\n\ttwo\r\n three\r\nB: four\r\n')),
  refused('values folded over lines that end in LF', get('A: one\n\ttwo\n three\n')),
  refused('CR alone behind the version', 'GET / HTTP/1.1\rHost: cart.example\r\n\r\n'),
  accepted('text of another language in a value', get('City: M\xc3\xbcnchen\r\n')),
  accepted('byte 255 in a value', get('A: \xffb\r\n')),
];

const codings: readonly Comparison[] = [
  waiting('chunks that have not come', chunked('')),
  accepted('a size in lower case', chunked('b\r\nhello there\r\n0\r\n\r\n')),
  accepted('a size in upper case', chunked('B\r\nhello there\r\n0\r\n\r\n')),
  accepted('a size of two digits', chunked(`1c\r\n${'z'.repeat(28)}\r\n0\r\n\r\n`)),
  accepted('two chunks and a last one of three zeros', chunked('3\r\none\r\n4\r\n two\r\n000\r\n\r\n')),
  accepted('trailers', chunked('3\r\none\r\n0\r\nX-Sum: 1\r\nContent-Type: text/plain\r\n\r\n')),
  accepted('extensions', chunked('3;one;two=three;four=five\r\none\r\n2;six\r\nto\r\n0\r\n\r\n')),
  refused('an extension without a semicolon', chunked('2 extension\r\nhi\r\n0\r\n\r\n')),
  differing('an empty extension', chunked('2;\r\nhi\r\n0\r\n\r\n'), {
    llhttp: 'refuses',
    ours: 'accepts',
    why: 'an extension is dropped, not read: the line ends at CRLF whatever stands before, and sizes are written anew',
  }),
  accepted('quoted extensions', chunked('2;a="b \\"c\\" ; d";e="\\\\f\\\\";g=h\r\nhi\r\n0\r\n\r\n')),
  differing('a quote that is not closed in an extension', chunked('2;a="b";c="d; e\r\nhi\r\n0\r\n\r\n'), {
    llhttp: 'refuses',
    ours: 'accepts',
    why: 'an extension is dropped, not read: the line ends at CRLF whatever stands before, and sizes are written anew',
  }),
  refused('a coding that nobody knows', put('Transfer-Encoding: doves\r\n')),
  refused('identity and a length', put('Transfer-Encoding: identity\r\nContent-Length: 2\r\n', 'hi')),
  refused(
    'empty codings and a length',
    put('Content-Length: 8\r\nTransfer-Encoding:\r\nTransfer-Encoding:\r\n', '1\r\nA\r\n0\r\n\r\n'),
  ),
  refused('chunked before another coding', put('Transfer-Encoding: chunked, gzip\r\n', 'hello')),
  refused(
    'chunked before another coding in two fields',
    put('Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n', 'hello'),
  ),
  ...[
    'Transfer-Encoding: gzip, chunked\r\n',
    'Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n',
  ].map((lines, i) =>
    differing(
      `another coding before chunked${i === 0 ? '' : ' in two fields'}`,
      put(lines, '2\r\nhi\r\n0\r\n\r\n'),
      {
        llhttp: 'accepts',
        ours: 'refuses',
        why: 'a proxy that forwards a coding must know it; 501 says that we do not (RFC 9112 section 6.1)',
      },
    ),
  ),
  refused('chunked written twice', put('Transfer-Encoding: chunkedchunked\r\n', '2\r\nhi\r\n0\r\n\r\n')),
  refused('no last chunk', chunked('2\r\nhi\r\n\r\n')),
  refused('LF and spaces behind a size', chunked('2 \n  \r\nhi\r\n')),
  refused(
    'CR CR behind a size',
    `GET / HTTP/1.1\r\n${host}Connection: close \r\nTransfer-Encoding: chunked \r\n\r\n5\r\r;ABCD\r\n34\r\nE\r\n0\r\n\r\n${next}`,
  ),
  refused('no CRLF behind data', chunked('5\r\nhello0\r\n\r\n')),
  refused('a space behind a size', chunked('2 \r\nhi\r\n0\r\n\r\n')),
];

const fragment = {
  llhttp: 'accepts',
  ours: 'refuses',
  why: 'a fragment is no part of a target (RFC 9112 section 3.2); upstreams disagree about what it hides',
} as const;

const user = {
  llhttp: 'accepts',
  ours: 'refuses',
  why: 'a user in a target hides where it goes and must be taken for an error (RFC 9110 section 4.2.4)',
} as const;

const targets: readonly Comparison[] = [
  accepted('quotes', get('', '/a_"quoted"_word?x="y"')),
  accepted('a second question mark', get('', '/a.cgi?x=y?z')),
  accepted('a bar', get('', '/a.cgi?x=|')),
  accepted('an absolute target with a query behind the host', get('', 'http://cart.example?x=y')),
  accepted('an absolute target with a query behind the port', get('', 'http://cart.example:81?x=y')),
  accepted('an absolute target with a port at its end', get('', 'http://cart.example:81')),
  accepted('an absolute target with a path', get('', 'http://cart.example/')),
  accepted('an absolute target with an IPv6 host', get('', 'http://[2001:db8::1]/')),
  accepted('an absolute target with an IPv6 host and a port', get('', 'http://[2001:db8::1]:81/')),
  accepted('an absolute target with IPv4 in IPv6', get('', 'http://[2001:db8::192.0.2.1]/')),
  accepted('an escaped space', get('', '/a%20b?c=d%20e')),
  accepted('two question marks', get('', 'http://cart.example/a/??b,c-d.css?e=1')),
  differing('UTF-8', get('', '/caf\xc3\xa9?b=c'), {
    llhttp: 'refuses',
    ours: 'accepts',
    why: 'clients do send it, no other reader ends a target there, and it is forwarded as it came',
  }),
  differing('a fragment', get('', '/a?b=c#part-2'), fragment),
  differing('a fragment behind a path', get('', '/a.html#part'), fragment),
  differing('a fragment of an absolute target', get('', 'http://cart.example:81/a?b=c#d'), fragment),
  accepted('an underscore in a host', 'CONNECT db_1.example:443 HTTP/1.0\r\nUser-Agent: x\r\n\r\n'),
  differing('a user and a password', get('', 'http://me%40:x&y!@cart.example:81/c'), user),
  differing('a user of odd characters', get('', 'http://x;y=_-+z@cart.example/'), user),
  refused('two at signs', get('', 'http://a:b@@cart.example:81/')),
  accepted('a zone in an IPv6 host', get('', 'http://[fe80::1%25en0]/')),
  refused('a scheme without its slashes', get('', 'http:/a?b=c')),
  refused('a space', get('', '/a b/')),
  refused('a tab', get('', '/a\tb/')),
  refused('a form feed', get('', '/a\fb/')),
];

/** By the file of llhttp's tests whose situations they are. */
export const requestComparisons: Readonly<Record<string, readonly Comparison[]>> = {
  connection,
  'content-length': contentLength,
  finish: ends,
  invalid,
  method: methods,
  'sample, pausing, pipelining': samples,
  'transfer-encoding': codings,
  uri: targets,
};
