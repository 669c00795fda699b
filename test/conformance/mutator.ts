/**
 * Makes HTTP/1 messages from a grammar and breaks them: bytes inserted, deleted, changed, pieces repeated, moved or
 * replaced by what parsers have stumbled over before. Everything follows from the seed.
 */
import type { Random } from '../../src/base/index.ts';
import type { HeadKind } from '../unit/protocol/head-reading.ts';

const methods = ['GET', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT', 'PURGE'];
const targets = ['/', '/a/b?c=d', '/%20', '*', 'http://a.example/p?q', 'http://a', 'a.example:443', '/a"b|c'];
const versions = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'];
const names = [
  'X-One',
  'accept',
  'Cookie',
  'VIA',
  'x_y',
  'Trailer',
  'TE',
  'Keep-Alive',
  'Upgrade',
  'b3',
  'Expect',
];
const values = [
  '',
  'a',
  'a, b;c="d"',
  ' spaced\t ',
  'caf\xe9',
  '0',
  '100-continue',
  'trailers',
  'h2c',
  'x:y',
];
const options = [
  'close',
  'keep-alive',
  'upgrade',
  'x-one',
  'Keep-Alive, X-One',
  'te, close',
  ',',
  'x_y',
  'host, content-length, b3',
];
const statuses = [
  '200 OK',
  '200 OK',
  '204 No Content',
  '304 Not Modified',
  '404 ',
  '500',
  '101 Switching',
  '103 Early',
];
const pieces = ['a', 'hello', 'GET / HTTP/1.1\r\nHost: b\r\n\r\n', '0\r\n\r\n', '\0\xff', '\r\n'];

/** What is put where it does not belong. */
const splinters = [
  '\r\n',
  '\n',
  '\r',
  '\r\r\n',
  '\n\r',
  ' ',
  '\t',
  '\0',
  '\v',
  '\f',
  '\x7f',
  '\xa0',
  '\xff',
  ':',
  ';',
  ',',
  '"',
  '#',
  '+',
  '-',
  '0x',
  '_',
  '00',
  '9',
  'f',
  '0\r\n\r\n',
  '\r\n\r\n',
  '\r\n ',
  '\r\n\t',
  'HTTP/1.1',
  'http://',
  '@',
  '[',
  '\\',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'content-length:5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'transfer-encoding: identity\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Connection: close\r\n',
  'Host: c\r\n',
  'Expect: 100-continue\r\n',
  'Upgrade: x\r\n',
  'chunked',
  ', chunked',
  '5\r\nhello\r\n',
  '1;a=b\r\nx\r\n',
];

export class Mutator {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A valid message or two, broken in no place or in a few. */
  next(kind: HeadKind): Buffer {
    let text = this.#message(kind);
    if (this.#random.next() < 0.2) text += this.#message(kind);
    const breaks = this.#random.next() < 0.15 ? 0 : 1 + Math.floor(this.#random.next() ** 2 * 4);
    for (let i = 0; i < breaks; i++) text = this.#break(text);
    return Buffer.from(text.slice(0, 4000), 'latin1');
  }

  #message(kind: HeadKind): string {
    const line =
      kind === 'request'
        ? `${this.#one(methods)} ${this.#one(targets)} ${this.#one(versions)}\r\n`
        : `${this.#one(versions)} ${this.#one(statuses)}\r\n`;
    const fields = Array.from(
      { length: this.#below(4) },
      () => `${this.#one(names)}:${this.#space()}${this.#one(values)}\r\n`,
    );
    if (kind === 'request')
      fields.push(`Host:${this.#space()}${this.#one(['a', 'a.example:80', '[::1]', ''])}\r\n`);
    if (this.#random.next() < 0.3) fields.push(`Connection: ${this.#one(options)}\r\n`);
    const { lines, body } = this.#body();
    fields.splice(this.#below(fields.length + 1), 0, ...lines);
    return `${line}${fields.join('')}\r\n${body}`;
  }

  #body(): { lines: string[]; body: string } {
    const choice = this.#random.next();
    const parts = Array.from({ length: this.#below(4) }, () => this.#one(pieces));
    if (choice < 0.3) return { lines: [], body: '' };
    if (choice < 0.6) {
      const body = parts.join('');
      return { lines: [`Content-Length:${this.#space()}${body.length}\r\n`], body };
    }
    const chunks = parts.map(
      (part) => `${part.length.toString(16)}${this.#one(['', '', ';a', ';a=b;c="d"'])}\r\n${part}\r\n`,
    );
    const trailers = this.#one(['', '', 'X-Sum: 1\r\n', 'Content-Type: a\r\nX: y\r\n']);
    return { lines: ['Transfer-Encoding: chunked\r\n'], body: `${chunks.join('')}0\r\n${trailers}\r\n` };
  }

  #break(text: string): string {
    const at = this.#below(text.length + 1);
    const end = Math.min(text.length, at + 1 + this.#below(this.#random.next() < 0.7 ? 3 : 40));
    const [before, piece, after] = [text.slice(0, at), text.slice(at, end), text.slice(end)];
    switch (this.#below(7)) {
      case 0:
        return before + this.#one(splinters) + piece + after;
      case 1:
        return before + after;
      case 2:
        return before + String.fromCharCode(this.#below(256)) + piece.slice(1) + after;
      case 3:
        return before + piece + piece + after;
      case 4:
        return this.#betweenLines(text);
      case 5:
        return before + this.#one(splinters) + after;
      default:
        return this.#random.next() < 0.3
          ? before
          : before + String.fromCharCode(this.#below(256)) + piece + after;
    }
  }

  /** Puts a splinter where a line ends, or repeats or drops the line. */
  #betweenLines(text: string): string {
    const lines = text.split('\r\n');
    const at = this.#below(lines.length);
    const line = lines[at]!;
    const changed = this.#one([
      [line, line],
      [],
      [line + this.#one(splinters)],
      [this.#one(splinters) + line],
    ]);
    lines.splice(at, 1, ...changed);
    return lines.join('\r\n');
  }

  #space(): string {
    return this.#one([' ', ' ', '', '\t', '  ']);
  }

  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  #one<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)]!;
  }
}
