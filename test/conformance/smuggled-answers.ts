/**
 * Answers of an upstream that could be read in two ways, or that carry more than the answer: what a proxy passes on of
 * them decides whether the next client on the connection gets an answer that was not meant for it.
 */

/** What the client sees. */
export type Fate =
  /** 502 in place of the answer. */
  | 'refused'
  /** The head and a part of the body, and then a broken connection. */
  | 'cut'
  /** The whole answer; the upstream's connection carries no other request. */
  | 'spent';

export interface SmuggledAnswer {
  readonly name: string;
  readonly method?: 'GET' | 'HEAD';
  readonly bytes: string;
  readonly fate: Fate;
  /** Where it is spent: the body. */
  readonly body?: string;
}

/** What must never answer the request after. */
const stray = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray';

const refused = (name: string, bytes: string): SmuggledAnswer => ({ name, bytes, fate: 'refused' });
const fields = (name: string, lines: string): SmuggledAnswer => ({
  name,
  bytes: `HTTP/1.1 200 OK\r\n${lines}\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  fate: 'refused',
});
const chunks = (name: string, body: string): SmuggledAnswer => ({
  name: `chunks: ${name}`,
  bytes: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
  fate: 'cut',
});
const spent = (
  name: string,
  bytes: string,
  body: string,
  method: 'GET' | 'HEAD' = 'GET',
): SmuggledAnswer => ({
  name,
  method,
  bytes,
  fate: 'spent',
  body,
});

export const smuggledAnswers: readonly SmuggledAnswer[] = [
  fields('length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked'),
  fields('chunks and length', 'Transfer-Encoding: chunked\r\nContent-Length: 5'),
  fields('two lengths', 'Content-Length: 5\r\nContent-Length: 6'),
  fields('the same length twice', 'Content-Length: 5\r\nContent-Length: 5'),
  fields('a list of lengths', 'Content-Length: 5, 5'),
  fields('an empty length', 'Content-Length:'),
  fields('a negative length', 'Content-Length: -1'),
  fields('a length with a plus', 'Content-Length: +5'),
  fields('a hexadecimal length', 'Content-Length: 0x5'),
  fields('a length that wraps', 'Content-Length: 18446744073709551621'),
  fields('chunked twice', 'Transfer-Encoding: chunked, chunked'),
  fields('chunked in two fields', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'),
  fields('chunked before another coding', 'Transfer-Encoding: chunked, gzip'),
  fields('a coding that is not implemented', 'Transfer-Encoding: gzip, chunked'),
  fields('identity', 'Transfer-Encoding: identity'),
  fields('an empty coding', 'Transfer-Encoding:'),
  fields('a word that ends in chunked', 'Transfer-Encoding: xchunked'),
  fields('a vertical tab before chunked', 'Transfer-Encoding: \vchunked'),
  fields('space before the colon of a length', 'Content-Length : 5'),
  fields('a folded coding', 'X: y\r\n Transfer-Encoding: chunked'),
  fields('a coding behind bare LF', 'X: y\nTransfer-Encoding: chunked'),
  fields('a coding behind bare CR', 'X: y\rTransfer-Encoding: chunked'),
  fields('NUL in a value', 'X: a\0b'),
  fields('NUL in a name', 'X\0: y'),
  fields('a control byte in a value', 'Set-Cookie: a\x01=b'),
  fields('a line without a colon', 'hello'),
  fields('more fields than are taken', 'X: y\r\n'.repeat(120) + 'Z: z'),
  fields('a head that is larger than is taken', `X: ${'y'.repeat(70_000)}`),
  refused(
    'chunks in HTTP/1.0',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  ),
  refused(
    'length and chunks of an answer without a body',
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
  ),
  refused('HTTP/0.9', 'hello, world\r\n\r\n'),
  refused('HTTP/2', 'HTTP/2 200\r\n\r\n'),
  refused('another protocol', 'ICY 200 OK\r\n\r\n'),
  refused('an empty line before it', '\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
  refused('bare LF for every line', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'),
  refused('a status of two digits', 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'),
  refused('a status of four digits', 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'),
  refused('a status above 599', 'HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n'),
  refused('a status below 100', 'HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n'),
  refused('NUL in the reason', 'HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n'),
  refused(
    'a switch of protocols that nobody asked for',
    `HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n${stray}`,
  ),
  refused('a body behind an interim answer', 'HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello'),
  refused('interim answers without end', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)),
  chunks('an empty size', '5\r\nhello\r\n\r\n'),
  chunks('a size with 0x', '0x5\r\nhello\r\n0\r\n\r\n'),
  chunks('a negative size', '-5\r\nhello\r\n0\r\n\r\n'),
  chunks('space behind a size', '5 \r\nhello\r\n0\r\n\r\n'),
  chunks('a size that wraps', '10000000000000005\r\nhello\r\n0\r\n\r\n'),
  chunks('LF behind a size', '5\nhello\r\n0\r\n\r\n'),
  chunks('LF in an extension', '5;a\nb\r\nhello\r\n0\r\n\r\n'),
  chunks('extensions without end', `1;${'a'.repeat(9000)}\r\nx\r\n0\r\n\r\n`),
  chunks('data longer than its size', '4\r\nhello\r\n0\r\n\r\n'),
  chunks('data shorter than its size', '6\r\nhello\r\n0\r\n\r\n'),
  chunks('LF behind data', '5\r\nhello\n0\r\n\r\n'),
  chunks('an answer for a trailer', `0\r\n${stray}`),
  chunks('LF in a trailer', '0\r\nX: y\nZ: z\r\n\r\n'),
  chunks('trailers without end', `0\r\n${'X: y\r\n'.repeat(4000)}`),
  spent(
    'another answer behind one with a length',
    `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi${stray}`,
    'hi',
  ),
  spent(
    'another answer behind one with chunks',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n${stray}`,
    'hi',
  ),
  spent('another answer behind one of length 0', `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n${stray}`, ''),
  spent('another answer behind 204', `HTTP/1.1 204 No Content\r\n\r\n${stray}`, ''),
  spent('another answer behind 304', `HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n${stray}`, ''),
  spent('a body behind 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello', ''),
  spent('chunks behind 304', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', ''),
  spent('a body of an answer to HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', '', 'HEAD'),
  spent(
    'another answer behind one to HEAD',
    `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n${stray}`,
    '',
    'HEAD',
  ),
  spent('an empty line behind the body', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi\r\n', 'hi'),
  spent('more body than its length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi, there', 'hi'),
];
