import { describe, expect, test } from 'vitest';
import { CharacterClass, characterClass } from '../../../src/protocol/http1/characters.ts';
import {
  skipHost,
  skipTarget,
  skipToken,
  skipValue,
  viewOf,
  wordOf,
} from '../../../src/protocol/http1/word-scan.ts';
import { type HeadKind, headValues, latin1, roomy } from './head-reading.ts';
import { HeadParser, ParseStatus } from '../../../src/protocol/index.ts';

type Skip = (view: DataView, at: number, end: number) => number;

const scans: readonly (readonly [name: string, skip: Skip, allowed: number])[] = [
  ['skipToken', skipToken, CharacterClass.Token],
  ['skipValue', skipValue, CharacterClass.Value],
  ['skipTarget', skipTarget, CharacterClass.Target],
  ['skipHost', skipHost, CharacterClass.Host],
];

/** A buffer that begins at an odd offset of its memory, with `fill` on both sides of it. */
function within(fill: number, text: Buffer): Buffer {
  const memory = Buffer.alloc(text.length + 18, fill);
  text.copy(memory, 9);
  return memory.subarray(9, 9 + text.length);
}

function byteByByte(bytes: Uint8Array, at: number, end: number, allowed: number): number {
  let next = at;
  while (next < end && (characterClass[bytes[next]!]! & allowed) !== 0) next++;
  return next;
}

describe.each(scans)('%s', (_, skip, allowed) => {
  test('stops at each byte that is not allowed and passes each that is, wherever it stands in a word', () => {
    const wrong: string[] = [];
    for (let byte = 0; byte < 256; byte++) {
      for (let position = 0; position <= 16; position++) {
        for (const ordinary of ['a', 'Z', '-', '7']) {
          const bytes = within(byte, latin1(ordinary.repeat(18)));
          bytes[position] = byte;
          const end = skip(viewOf(bytes), 0, bytes.length);
          if (end !== byteByByte(bytes, 0, bytes.length, allowed))
            wrong.push(`${byte} at ${position}: ${end}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test('stops at the first of two such bytes in a word', () => {
    const bytes = Buffer.alloc(12);
    for (const [first, second] of [
      [13, 10],
      [0, 127],
      [127, 0],
      [31, 13],
    ] as const) {
      for (let position = 0; position < 11; position++) {
        bytes.fill('b').fill(second, position + 1);
        bytes[position] = first;
        expect(skip(viewOf(bytes), 0, bytes.length)).toBe(position);
      }
    }
  });

  test('reads neither before `at` nor from `end` on, at the end of a buffer as within it', () => {
    for (let at = 0; at < 6; at++) {
      for (let length = 0; length < 14; length++) {
        for (const behind of [0, 1, 5]) {
          const bytes = Buffer.alloc(at + length + behind, 13);
          bytes.fill('c', at, at + length);
          expect(skip(viewOf(bytes), at, at + length)).toBe(at + length);
          bytes.fill('c');
          expect(skip(viewOf(bytes), at, at + length)).toBe(at + length);
        }
      }
    }
  });
});

describe('viewOf', () => {
  test('is of the bytes that were asked for, though others of the same memory were before', () => {
    const memory = Buffer.from('....GET POST');
    expect(viewOf(memory.subarray(4)).getInt32(0)).toBe(wordOf('GET '));
    expect(viewOf(memory.subarray(8)).getInt32(0)).toBe(wordOf('POST'));
    expect(viewOf(memory.subarray(4)).getInt32(0)).toBe(wordOf('GET '));
    expect(viewOf(memory.subarray(4, 6)).byteLength).toBe(2);
  });
});

interface Place {
  readonly name: string;
  readonly kind: HeadKind;
  readonly before: string;
  readonly behind: string;
  /** What may stand there without ending or breaking what it stands in. */
  readonly allowed: RegExp;
}

const places: readonly Place[] = [
  {
    name: 'method',
    kind: 'request',
    before: '',
    behind: ' /t HTTP/1.1\r\nHost: a\r\n\r\n',
    allowed: /[\w!#$%&'*+\-.^`|~]/,
  },
  {
    name: 'target',
    kind: 'request',
    before: 'GET /',
    behind: ' HTTP/1.1\r\nHost: a\r\n\r\n',
    allowed: /[!"$-~\x80-\xff]/,
  },
  {
    name: 'Host',
    kind: 'request',
    before: 'GET / HTTP/1.1\r\nHost:a',
    behind: 'z\r\n\r\n',
    allowed: /[\w!$%&'()*+,\-.:;=[\]~]/,
  },
  {
    name: 'reason',
    kind: 'response',
    before: 'HTTP/1.1 200 ',
    behind: '\r\n\r\n',
    allowed: /[\t\x20-\x7e\x80-\xff]/,
  },
  {
    name: 'field name',
    kind: 'response',
    before: 'HTTP/1.1 200 OK\r\n',
    behind: ': x\r\n\r\n',
    allowed: /[\w!#$%&'*+\-.^`|~:]/,
  },
  {
    name: 'field value',
    kind: 'response',
    before: 'HTTP/1.1 200 OK\r\nX: a',
    behind: 'z\r\n\r\n',
    allowed: /[\t\x20-\x7e\x80-\xff]/,
  },
];

/** Parses what stands at the very end of its buffer, or before bytes that would change or end the head. */
function parse(kind: HeadKind, text: string, behind: string): HeadParser | null {
  const buffer = within(13, latin1(`\r\n:${text}${behind}`));
  const parser = new HeadParser(kind, roomy);
  return parser.parse(buffer, 3, 3 + text.length) === ParseStatus.Done ? parser : null;
}

describe('a head that is read in words', () => {
  test.each(places)('takes and refuses the same bytes at every position of a $name', (place) => {
    const wrong: string[] = [];
    for (let byte = 0; byte < 256; byte++) {
      const character = String.fromCharCode(byte);
      for (let position = 0; position <= 16; position++) {
        const text = `${'q'.repeat(position)}${character}${'q'.repeat(16 - position)}`;
        // A colon ends a name, which must not be empty.
        const allowed =
          place.allowed.test(character) && !(place.name === 'field name' && position === 0 && byte === 58);
        const taken = parse(place.kind, `${place.before}${text}${place.behind}`, '') !== null;
        if (taken !== allowed) wrong.push(`${byte} at ${position}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test.each(places)('does not care what lies behind it, with a $name of any length', (place) => {
    for (let length = 1; length <= 17; length++) {
      const text = `${place.before}${'q'.repeat(length)}${place.behind}`;
      const alone = parse(place.kind, text, '');
      expect(alone).not.toBeNull();
      for (const behind of [
        '\r',
        '\r\n',
        '\n',
        ':',
        ' ',
        'q',
        '\0\0\0\0',
        'Host: b\r\n\r\n',
        '\xff\xff\xff',
      ]) {
        const followed = parse(place.kind, text, behind);
        expect(followed).not.toBeNull();
        expect(headValues(place.kind, followed!.head)).toEqual(headValues(place.kind, alone!.head));
        expect(followed!.consumedTo).toBe(alone!.consumedTo);
      }
    }
  });

  test.each(places)('is not completed by what lies behind its end, with a $name of any length', (place) => {
    for (let length = 1; length <= 8; length++) {
      const text = `${place.before}${'q'.repeat(length)}${place.behind}`;
      for (let cut = 1; cut < text.length; cut++) {
        const buffer = within(10, latin1(text));
        const parser = new HeadParser(place.kind, roomy);
        expect(parser.parse(buffer, 0, cut)).toBe(ParseStatus.NeedMore);
        expect(parser.parse(buffer, cut, text.length)).toBe(ParseStatus.Done);
      }
    }
  });
});

describe('the words of a head', () => {
  const methodOf = (method: string): string | undefined =>
    parse(
      'request',
      `${method} a:1 HTTP/1.1\r\nHost: a\r\n\r\n`.replace(/a:1/, method === 'CONNECT' ? 'a:1' : '/'),
      '',
    )?.head.method;

  test.each(['GET', 'PUT', 'POST', 'HEAD', 'PATCH', 'TRACE', 'DELETE', 'OPTIONS', 'CONNECT'])(
    'are %s and not what differs from it in one character',
    (method) => {
      expect(methodOf(method)).toBe(method);
      for (let i = 0; i < method.length; i++) {
        const other = `${method.slice(0, i)}x${method.slice(i + 1)}`;
        expect(methodOf(other)).toBe(other);
      }
    },
  );

  test('are keep-alive in any case and nothing that differs in one character', () => {
    const keeps = (value: string): boolean =>
      parse('response', `HTTP/1.1 200 OK\r\nConnection: ${value}\r\n\r\n`, '')!.head.connectionKeepAlive;
    for (const value of ['keep-alive', 'Keep-Alive', 'KEEP-ALIVE', 'close, keep-alive'])
      expect(keeps(value)).toBe(true);
    for (let i = 0; i < 10; i++) {
      expect(keeps(`${'keep-alive'.slice(0, i)}_${'keep-alive'.slice(i + 1)}`)).toBe(false);
      expect(keeps('keep-alive'.slice(0, i))).toBe(false);
    }
    expect(keeps('keep-alivee')).toBe(false);
  });

  test('are HTTP/1.1 and nothing that differs in one character, but for a minor version', () => {
    const version = (text: string): number | undefined =>
      parse('response', `${text} 200 OK\r\n\r\n`, '')?.head.minorVersion;
    expect(version('HTTP/1.1')).toBe(1);
    expect(version('HTTP/1.0')).toBe(0);
    expect(version('HTTP/1.2')).toBe(2);
    for (let i = 0; i < 7; i++)
      expect(version(`${'HTTP/1.1'.slice(0, i)}h${'HTTP/1.1'.slice(i + 1)}`)).toBeUndefined();
  });
});
