import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/index.ts';
import { HeadError, HeadParser, ParseStatus } from '../../../src/protocol/index.ts';
import { invalidHeads, validHeads } from './head-corpus.ts';
import { errorName, headValues, latin1, readHead, readWith, roomy } from './head-reading.ts';
import { allCuts, everyByte, outcomes, truncations, whole } from './pieces.ts';

const splits = 200;
const rest = latin1('GET /next HTTP/1.1\r\n');

describe('HeadParser', () => {
  test.each(validHeads)('reads a $kind with $name', ({ kind, text, expected }) => {
    const reading = readHead(kind, latin1(text));
    expect(reading).toMatchObject({ kind: 'done', consumed: text.length, head: expected });
  });

  test.each(validHeads)(
    'reads a $kind with $name alike in any pieces, leaving the rest',
    ({ kind, text }) => {
      const bytes = Buffer.concat([latin1(text), rest]);
      const readings = outcomes(bytes.length, seededRandom(text.length), splits, (cuts) =>
        readHead(kind, bytes, { cuts }),
      );
      expect(readings).toEqual([readHead(kind, bytes)]);
      expect(readings).toMatchObject([{ kind: 'done', consumed: text.length }]);
    },
  );

  test.each(validHeads)('asks for more before the end of a $kind with $name', ({ kind, text }) => {
    const kinds = truncations(text.length).flatMap((length) => {
      const bytes = latin1(text.slice(0, length));
      return [readHead(kind, bytes).kind, readHead(kind, bytes, { cuts: everyByte(length) }).kind];
    });
    expect(new Set(kinds)).toEqual(new Set(['need-more']));
  });

  test.each(invalidHeads)('refuses $name', ({ kind, text, error }) => {
    const reading = readHead(kind, latin1(text));
    expect(reading.kind === 'error' ? errorName(reading.error) : reading.kind).toBe(errorName(error));
  });

  test.each(invalidHeads)('refuses $name in any pieces, and reads no beginning of it', (one) => {
    const { kind, text, error } = one;
    const bytes = latin1(text);
    const readings = outcomes(bytes.length, seededRandom(text.length), splits, (cuts) =>
      readHead(kind, bytes, { cuts }),
    );
    expect(readings).toEqual([{ kind: 'error', error }]);
    const kinds = truncations(bytes.length).map((length) => readHead(kind, bytes.subarray(0, length)).kind);
    expect(kinds).not.toContain('done');
  });

  test('examined a corpus worth the name', () => {
    expect(validHeads.length).toBeGreaterThan(30);
    expect(invalidHeads.length).toBeGreaterThan(100);
    const refused = new Set(invalidHeads.map(({ error }) => error));
    // What is left is about sizes, bodies and bytes after an answer, and is tested where it arises.
    const elsewhere = new Set<HeadError>([
      HeadError.None,
      HeadError.TargetTooLong,
      HeadError.HeadTooLarge,
      HeadError.TooManyFields,
      HeadError.InvalidChunkSize,
      HeadError.ChunkExtensionTooLong,
      HeadError.InvalidChunkEnd,
      HeadError.InvalidTrailer,
      HeadError.UnexpectedBytes,
    ]);
    const missing = Object.values(HeadError).filter((error) => !refused.has(error) && !elsewhere.has(error));
    expect(missing.map(errorName)).toEqual([]);
  });

  test('reads one head after another with nothing left of the one before', () => {
    const parser = new HeadParser('request', roomy);
    const random = seededRandom(5);
    const requests = validHeads.filter(({ kind }) => kind === 'request');
    for (let i = 0; i < 500; i++) {
      const { text, expected } = requests[Math.floor(random.next() * requests.length)]!;
      const bytes = latin1(text);
      const cuts = i % 3 === 0 ? whole : everyByte(bytes.length);
      expect(readWith(parser, 'request', bytes, cuts)).toMatchObject({ kind: 'done', head: expected });
    }
  });

  test('borrows the input of a head that came whole, and keeps it only when told to', () => {
    const parser = new HeadParser('request', roomy);
    const bytes = latin1('GET /kept HTTP/1.1\r\nHost: a.example\r\n\r\n');
    parser.parse(bytes, 0, bytes.length);
    expect(parser.head.bytes).toBe(bytes);
    parser.head.retain();
    const before = headValues('request', parser.head);
    bytes.fill(0);
    expect(headValues('request', parser.head)).toEqual(before);
    expect(before.target).toBe('/kept');
  });

  test('says whether a head has begun, and forgets it on reset', () => {
    const parser = new HeadParser('request', roomy);
    expect(parser.started).toBe(false);
    parser.parse(latin1('\r\n'), 0, 2);
    expect(parser.started).toBe(false);
    parser.parse(latin1('GE'), 0, 2);
    expect(parser.started).toBe(true);
    parser.reset();
    expect(parser.started).toBe(false);
    const bytes = latin1('PUT / HTTP/1.0\r\n\r\n');
    expect(parser.parse(bytes, 0, bytes.length)).toBe(ParseStatus.Done);
    expect(parser.head.method).toBe('PUT');
  });
});

describe('the limits of a head', () => {
  const limits = { maxHeadBytes: 200, maxRequestLineBytes: 60, maxHeaderCount: 5 };

  /** A request whose line has `lineBytes` with its end and whose whole head has `headBytes`. */
  function requestOf(lineBytes: number, headBytes: number): Buffer {
    const line = `GET /${'a'.repeat(lineBytes - 16)} HTTP/1.1\r\n`;
    const start = `${line}Host: a\r\nX: `;
    return latin1(`${start}${'b'.repeat(headBytes - start.length - 4)}\r\n\r\n`);
  }

  function errorsOf(bytes: Buffer): readonly string[] {
    return [...allCuts(bytes.length, seededRandom(1), 20)].map((cuts) => {
      const reading = readHead('request', bytes, { cuts, limits });
      return reading.kind === 'error' ? errorName(reading.error) : reading.kind;
    });
  }

  const only = (name: string): Set<string> => new Set([name]);

  test('take a request line and a head of exactly the greatest length', () => {
    expect(requestOf(60, 200)).toHaveLength(200);
    expect(new Set(errorsOf(requestOf(60, 200)))).toEqual(only('done'));
  });

  test('refuse a request line that is one byte longer', () => {
    expect(new Set(errorsOf(requestOf(61, 200)))).toEqual(only('TargetTooLong'));
  });

  test('refuse a head that is one byte longer', () => {
    expect(new Set(errorsOf(requestOf(60, 201)))).toEqual(only('HeadTooLarge'));
  });

  test('refuse one field more', () => {
    const fields = (count: number): Buffer =>
      latin1(`GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(count - 1)}\r\n`);
    expect(new Set(errorsOf(fields(5)))).toEqual(only('done'));
    expect(new Set(errorsOf(fields(6)))).toEqual(only('TooManyFields'));
  });

  test('end a request line that never ends, and a head that never ends', () => {
    expect(new Set(errorsOf(latin1(`GET /${'a'.repeat(1000)}`)))).toEqual(only('TargetTooLong'));
    expect(new Set(errorsOf(latin1(`GET / HTTP/1.1\r\nX: ${'a'.repeat(1000)}`)))).toEqual(
      only('HeadTooLarge'),
    );
  });

  test('do not count what follows the head', () => {
    const bytes = Buffer.concat([requestOf(60, 200), Buffer.alloc(10_000, 'x')]);
    expect(new Set(errorsOf(bytes))).toEqual(only('done'));
  });

  test('bound an answer by the size of its head alone', () => {
    const answer = (length: number): Buffer => latin1(`HTTP/1.1 200 ${'r'.repeat(length - 17)}\r\n\r\n`);
    expect(readHead('response', answer(200), { limits }).kind).toBe('done');
    expect(readHead('response', answer(201), { limits })).toEqual({
      kind: 'error',
      error: HeadError.HeadTooLarge,
    });
  });

  test('are reached as well by a head that comes one byte at a time', () => {
    const large = { maxHeadBytes: 60_000, maxRequestLineBytes: 50_000, maxHeaderCount: 100 };
    const bytes = latin1(`GET /${'a'.repeat(49_984)} HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(99)}\r\n`);
    const cuts = everyByte(bytes.length);
    expect(readHead('request', bytes, { cuts, limits: large })).toMatchObject({ consumed: bytes.length });
  });
});
