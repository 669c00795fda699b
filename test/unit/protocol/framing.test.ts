import { describe, expect, test } from 'vitest';
import { HeadParser, type Http1Head, Method, ParseStatus } from '../../../src/protocol/index.ts';
import {
  BodyFraming,
  isPersistent,
  requestFraming,
  responseFraming,
} from '../../../src/protocol/http1/head-semantics.ts';
import { type HeadKind, latin1, roomy } from './head-reading.ts';

function headOf(kind: HeadKind, text: string): Http1Head {
  const parser = new HeadParser(kind, roomy);
  const bytes = latin1(text);
  expect(parser.parse(bytes, 0, bytes.length)).toBe(ParseStatus.Done);
  return parser.head;
}

const { None, Length, Chunked, UntilClose } = BodyFraming;

describe('the body of a request', () => {
  const framingOf = (line: string, fields = ''): BodyFraming =>
    requestFraming(headOf('request', `${line}\r\nHost: a\r\n${fields}\r\n`));

  test.each(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'BREW'])(
    'of %s is there if it is announced, and never until the close',
    (method) => {
      expect(framingOf(`${method} / HTTP/1.1`)).toBe(None);
      expect(framingOf(`${method} / HTTP/1.1`, 'Content-Length: 0\r\n')).toBe(None);
      expect(framingOf(`${method} / HTTP/1.1`, 'Content-Length: 1\r\n')).toBe(Length);
      expect(framingOf(`${method} / HTTP/1.1`, 'Transfer-Encoding: chunked\r\n')).toBe(Chunked);
      expect(framingOf(`${method} / HTTP/1.0`, 'Connection: close\r\n')).toBe(None);
    },
  );

  test('of CONNECT is none: what follows belongs to the tunnel', () => {
    expect(framingOf('CONNECT a:80 HTTP/1.1')).toBe(None);
    expect(framingOf('CONNECT a:80 HTTP/1.1', 'Content-Length: 0\r\n')).toBe(None);
  });
});

describe('the body of an answer', () => {
  const framingOf = (status: number, fields: string, method: Method): BodyFraming =>
    responseFraming(headOf('response', `HTTP/1.1 ${status} x\r\n${fields}\r\n`), method);
  const length = 'Content-Length: 7\r\n';
  const chunked = 'Transfer-Encoding: chunked\r\n';

  test('is as long as it says, or chunked, or lasts until the close', () => {
    expect(framingOf(200, length, Method.Get)).toBe(Length);
    expect(framingOf(200, 'Content-Length: 0\r\n', Method.Get)).toBe(None);
    expect(framingOf(200, chunked, Method.Post)).toBe(Chunked);
    expect(framingOf(200, '', Method.Get)).toBe(UntilClose);
    expect(framingOf(500, '', Method.Other)).toBe(UntilClose);
    expect(framingOf(205, length, Method.Get)).toBe(Length);
  });

  test.each([100, 101, 103, 199, 204, 304])('of %d is none, whatever its fields say', (status) => {
    for (const fields of [length, chunked, '']) expect(framingOf(status, fields, Method.Get)).toBe(None);
  });

  test('to HEAD is none', () => {
    for (const fields of [length, chunked, '']) expect(framingOf(200, fields, Method.Head)).toBe(None);
  });

  test('to CONNECT is none if it succeeds, and like any other if not', () => {
    for (const fields of [length, chunked, '']) expect(framingOf(200, fields, Method.Connect)).toBe(None);
    expect(framingOf(299, length, Method.Connect)).toBe(None);
    expect(framingOf(403, length, Method.Connect)).toBe(Length);
    expect(framingOf(302, chunked, Method.Connect)).toBe(Chunked);
  });
});

describe('a connection', () => {
  test.each([
    ['HTTP/1.1', '', true],
    ['HTTP/1.1', 'close', false],
    ['HTTP/1.1', 'keep-alive', true],
    ['HTTP/1.1', 'keep-alive, close', false],
    ['HTTP/1.7', '', true],
    ['HTTP/1.0', '', false],
    ['HTTP/1.0', 'keep-alive', true],
    ['HTTP/1.0', 'Keep-Alive', true],
    ['HTTP/1.0', 'close, keep-alive', false],
    ['HTTP/1.0', 'upgrade', false],
  ])('of %s with "%s" lives on: %s', (version, connection, lives) => {
    const field = connection === '' ? '' : `Connection: ${connection}\r\n`;
    expect(isPersistent(headOf('request', `GET / ${version}\r\nHost: a\r\n${field}\r\n`))).toBe(lives);
    expect(isPersistent(headOf('response', `${version} 200 OK\r\n${field}\r\n`))).toBe(lives);
  });

  test('is not kept by Proxy-Connection, which is no part of the protocol', () => {
    const head = headOf('request', 'GET / HTTP/1.0\r\nProxy-Connection: keep-alive\r\n\r\n');
    expect(isPersistent(head)).toBe(false);
  });
});
