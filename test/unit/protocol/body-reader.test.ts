import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/index.ts';
import { BodyReader } from '../../../src/protocol/http1/body-reader.ts';
import { BodyFraming } from '../../../src/protocol/http1/head-semantics.ts';
import { HeadError } from '../../../src/protocol/index.ts';
import { invalidBodies, validBodies } from './body-corpus.ts';
import { readBody } from './body-reading.ts';
import { errorName, latin1 } from './head-reading.ts';
import { allCuts, everyByte, outcomes, truncations, whole } from './pieces.ts';

const splits = 200;
const rest = 'GET /next HTTP/1.1\r\n';

describe('a chunked body', () => {
  test.each(validBodies)('with $name is decoded alike in any pieces, and leaves the rest', (one) => {
    const bytes = latin1(one.text + rest);
    const readings = outcomes(bytes.length, seededRandom(one.text.length), splits, (cuts) =>
      readBody(BodyFraming.Chunked, bytes, { cuts }),
    );
    const { body, trailers = null, text } = one;
    expect(readings).toEqual([{ done: true, error: HeadError.None, body, trailers, consumed: text.length }]);
  });

  test.each(validBodies)('with $name is not done before its last byte', ({ text, body }) => {
    for (const length of truncations(text.length)) {
      const bytes = latin1(text.slice(0, length));
      const readings = [whole, everyByte(length)].map((cuts) =>
        readBody(BodyFraming.Chunked, bytes, { cuts }),
      );
      expect(readings.every(({ done, error }) => !done && error === HeadError.None)).toBe(true);
      expect(readings.every((reading) => body.startsWith(reading.body))).toBe(true);
    }
  });

  test.each(invalidBodies)('with $name is refused alike in any pieces', ({ text, error }) => {
    const bytes = latin1(text);
    const count = text.length > 2000 ? 10 : splits;
    const readings = outcomes(bytes.length, seededRandom(text.length), count, (cuts) => {
      const reading = readBody(BodyFraming.Chunked, bytes, { cuts });
      return [errorName(reading.error), reading.done];
    });
    expect(readings).toEqual([[errorName(error), false]]);
  });

  test.each(invalidBodies)('with $name is never done at any shorter length', ({ text }) => {
    const done = truncations(text.length).filter(
      (length) => readBody(BodyFraming.Chunked, latin1(text.slice(0, length)), { cuts: whole }).done,
    );
    expect(done).toEqual([]);
  });

  test('stays refused, and hands over nothing more', () => {
    const reader = new BodyReader();
    reader.start(BodyFraming.Chunked, 0);
    let handed = 0;
    const sink = { onBody: () => handed++ };
    const bad = latin1('5\r\nhelloXX');
    reader.read(bad, 0, bad.length, sink);
    const good = latin1('5\r\nworld\r\n0\r\n\r\n');
    expect(reader.read(good, 0, good.length, sink)).toBe(0);
    expect([errorName(reader.error), reader.done, handed]).toEqual(['InvalidChunkEnd', false, 1]);
  });

  test('may follow another one in the same reader, refused or not', () => {
    const reader = new BodyReader();
    const random = seededRandom(3);
    for (let i = 0; i < 300; i++) {
      const one = validBodies[Math.floor(random.next() * validBodies.length)]!;
      const bad = invalidBodies[Math.floor(random.next() * invalidBodies.length)]!;
      readBody(BodyFraming.Chunked, latin1(bad.text), { cuts: whole, reader });
      const reading = readBody(BodyFraming.Chunked, latin1(one.text), { cuts: whole, reader });
      expect(reading).toMatchObject({ done: true, body: one.body, trailers: one.trailers ?? null });
    }
  });

  test('examined a corpus worth the name', () => {
    expect(validBodies.length).toBeGreaterThan(12);
    expect(invalidBodies.length).toBeGreaterThan(40);
  });
});

describe('a body with a length', () => {
  test('ends where it says, in any pieces, and leaves the rest', () => {
    const bytes = latin1(`hello world${rest}`);
    for (const cuts of allCuts(bytes.length, seededRandom(1), splits)) {
      expect(readBody(BodyFraming.Length, bytes, { cuts, length: 11 })).toEqual({
        done: true,
        error: HeadError.None,
        body: 'hello world',
        trailers: null,
        consumed: 11,
      });
    }
  });

  test('is not done before its last byte', () => {
    for (let length = 0; length < 11; length++) {
      const reading = readBody(BodyFraming.Length, latin1('hello world'.slice(0, length)), {
        cuts: whole,
        length: 11,
      });
      expect(reading.done).toBe(false);
    }
  });

  test('may be longer than 32 bits can say', () => {
    const reader = new BodyReader();
    reader.start(BodyFraming.Length, 2 ** 40 + 3);
    const piece = Buffer.alloc(1024);
    let handed = 0;
    const sink = { onBody: (_: Buffer, from: number, to: number) => (handed += to - from) };
    for (let i = 0; i < 1000; i++) reader.read(piece, 0, piece.length, sink);
    expect([reader.done, handed]).toEqual([false, 1_024_000]);
  });
});

describe('a body until the close', () => {
  test('is everything that comes, and is never done by itself', () => {
    const bytes = latin1('anything\r\n\r\n0\r\n\r\n');
    for (const cuts of allCuts(bytes.length, seededRandom(2), 20)) {
      const reading = readBody(BodyFraming.UntilClose, bytes, { cuts });
      expect(reading).toMatchObject({ done: false, body: bytes.toString(), consumed: bytes.length });
    }
    const reader = new BodyReader();
    reader.start(BodyFraming.UntilClose, 0);
    expect([reader.untilClose, reader.error, reader.trailers]).toEqual([true, HeadError.None, null]);
  });
});

describe('no body', () => {
  test('is done before anything comes, and takes nothing', () => {
    const reader = new BodyReader();
    reader.start(BodyFraming.None, 99);
    expect([reader.done, reader.untilClose]).toEqual([true, false]);
    const reading = readBody(BodyFraming.None, latin1(rest), { cuts: whole, reader });
    expect(reading).toMatchObject({ done: true, body: '', consumed: 0 });
  });
});
