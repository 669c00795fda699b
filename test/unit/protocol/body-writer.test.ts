import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/index.ts';
import { BodyWriter } from '../../../src/protocol/http1/body-writer.ts';
import { BodyFraming } from '../../../src/protocol/http1/head-semantics.ts';
import { readBody } from './body-reading.ts';
import { CollectingOut } from './collecting-out.ts';
import { latin1 } from './head-reading.ts';
import { whole } from './pieces.ts';

function writerOf(chunked: boolean): { out: CollectingOut; writer: BodyWriter } {
  const out = new CollectingOut();
  const writer = new BodyWriter(out.connection);
  writer.start(chunked);
  return { out, writer };
}

describe('BodyWriter', () => {
  test('passes bytes as they are where the head says how many there are', () => {
    const { out, writer } = writerOf(false);
    writer.write(latin1('hello world'), 0, 5);
    writer.write(latin1('hello world'), 5, 11);
    writer.end(latin1('X-Lost: 1\r\n'));
    expect(out.text).toBe('hello world');
  });

  test('writes one chunk for each piece, none for an empty one, and the trailers', () => {
    const { out, writer } = writerOf(true);
    writer.write(latin1('hello world'), 0, 5);
    writer.write(latin1('hello world'), 5, 5);
    writer.write(Buffer.alloc(300, 'x'), 0, 300);
    writer.end(latin1('X-Sum: 1\r\n'));
    expect(out.text).toBe(`5\r\nhello\r\n12c\r\n${'x'.repeat(300)}\r\n0\r\nX-Sum: 1\r\n\r\n`);
  });

  test('ends chunks without trailers', () => {
    const { out, writer } = writerOf(true);
    writer.end(null);
    expect(out.text).toBe('0\r\n\r\n');
  });

  test('writes what is read back, whatever the pieces', () => {
    const random = seededRandom(9);
    const { out, writer } = writerOf(true);
    const body = Buffer.from(Array.from({ length: 50_000 }, () => Math.floor(random.next() * 256)));
    for (let at = 0; at < body.length; ) {
      const end = Math.min(body.length, at + Math.floor(random.next() * 3000));
      writer.write(body, at, end);
      at = end;
    }
    writer.end(latin1('X-Sum: 1\r\n'));
    const reading = readBody(BodyFraming.Chunked, latin1(out.text), { cuts: whole });
    expect(reading).toMatchObject({ done: true, trailers: 'X-Sum: 1\r\n', consumed: out.text.length });
    expect(reading.body).toBe(body.toString('latin1'));
  });

  test('changes its framing with each message', () => {
    const { out, writer } = writerOf(true);
    writer.end(null);
    writer.start(false);
    writer.write(latin1('plain'), 0, 5);
    writer.end(null);
    expect(out.text).toBe('0\r\n\r\nplain');
  });
});
