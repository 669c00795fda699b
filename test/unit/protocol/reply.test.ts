import { describe, expect, test } from 'vitest';
import { type Reply, writeReply } from '../../../src/protocol/http1/reply.ts';
import { CollectingOut } from './collecting-out.ts';
import { latin1, readHead } from './head-reading.ts';

const wallMs = Date.UTC(2026, 10, 20, 8, 9, 10, 999);

function textOf(reply: Partial<Reply>): string {
  const out = new CollectingOut();
  writeReply(out.connection, { status: 200, lines: '', body: '', isHead: false, wallMs, ...reply });
  return out.text;
}

describe('a reply of the proxy', () => {
  test('says what it is, how long it is and when it was made', () => {
    expect(textOf({ status: 503, lines: 'x: 1\r\n', body: 'no healthy upstream\n' })).toBe(
      'HTTP/1.1 503 Service Unavailable\r\nx: 1\r\ndate: Fri, 20 Nov 2026 08:09:10 GMT\r\n' +
        'content-length: 20\r\ncontent-type: text/plain; charset=utf-8\r\n\r\nno healthy upstream\n',
    );
  });

  test('keeps a content type that it is given', () => {
    const text = textOf({ lines: 'Content-Type: application/json\r\n', body: '{}' });
    expect(text.match(/content-type/gi)).toHaveLength(1);
  });

  test('counts bytes, not characters', () => {
    const text = textOf({ body: 'é☕' });
    expect(text).toContain('content-length: 5\r\n');
    expect(text.endsWith(Buffer.from('é☕').toString('latin1'))).toBe(true);
  });

  test('describes to HEAD a body that it does not send', () => {
    const text = textOf({ body: 'hello', isHead: true });
    expect(text).toContain('content-length: 5\r\n');
    expect(text.endsWith('\r\n\r\n')).toBe(true);
  });

  test.each([204, 304])('has neither body nor length with %d', (status) => {
    const text = textOf({ status, body: 'hello' });
    expect(text).not.toContain('content-length');
    expect(text.endsWith('\r\n\r\n')).toBe(true);
  });

  test('is an answer that can be read, for every status that exists and for others', () => {
    for (let status = 200; status < 600; status += 7) {
      const reading = readHead('response', latin1(textOf({ status })));
      expect(reading).toMatchObject({ kind: 'done', head: { status } });
    }
  });
});
