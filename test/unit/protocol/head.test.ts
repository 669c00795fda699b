import { describe, expect, test } from 'vitest';
import { Field, fieldBit, HeadParser, type Http1Head, ParseStatus } from '../../../src/protocol/index.ts';
import { fieldByName, fieldNames, identifyField } from '../../../src/protocol/http1/field.ts';
import { latin1, roomy } from './head-reading.ts';

function headOf(text: string): Http1Head {
  const parser = new HeadParser('request', roomy);
  const bytes = latin1(text);
  expect(parser.parse(bytes, 0, bytes.length)).toBe(ParseStatus.Done);
  return parser.head;
}

describe('a head', () => {
  const head = headOf(
    'GET / HTTP/1.1\r\nHost: a.example:80\r\nX-One: 1\r\nVia: 1.0 a\r\nx-one: 2\r\nVIA:  1.1 b \r\nX_One: 3\r\n\r\n',
  );

  test('gives the first value of a field, whatever the case of its name', () => {
    expect(head.header('x-one')).toBe('1');
    expect(head.header('x_one')).toBe('3');
    expect(head.header('via')).toBe('1.0 a');
    expect(head.header('host')).toBe('a.example:80');
    expect(head.header('x-on')).toBeUndefined();
    expect(head.header('connection')).toBeUndefined();
    expect(head.header('')).toBeUndefined();
  });

  test('joins the values of a known field in their order', () => {
    expect(head.fieldList(Field.Via)).toBe('1.0 a, 1.1 b');
    expect(head.fieldList(Field.Te)).toBeUndefined();
    expect(head.fieldValue(Field.Te)).toBeUndefined();
  });

  test('keeps names as they were written', () => {
    const names = Array.from({ length: head.headerCount }, (_, i) => head.headerName(i));
    expect(names).toEqual(['Host', 'X-One', 'Via', 'x-one', 'VIA', 'X_One']);
    expect(head.nameIs(1, 'x-one')).toBe(true);
    expect(head.nameIs(5, 'x-one')).toBe(false);
  });

  test('notes which known fields are present', () => {
    expect(head.present).toBe(fieldBit(Field.Host) | fieldBit(Field.Via));
  });

  test('compares its authority without reading it', () => {
    expect(head.authorityIs(latin1('a.example:80'))).toBe(true);
    expect(head.authorityIs(latin1('a.example:8'))).toBe(false);
    expect(head.authorityIs(latin1('b.example:80'))).toBe(false);
    expect(head.hasAuthority).toBe(true);
  });

  test('knows an authority that is missing or empty', () => {
    for (const text of ['GET / HTTP/1.0\r\n\r\n', 'GET / HTTP/1.1\r\nHost:\r\n\r\n']) {
      const empty = headOf(text);
      expect([empty.hasAuthority, empty.authority]).toEqual([false, '']);
      expect(empty.authorityIs(latin1(''))).toBe(true);
    }
  });

  test('prefers the authority of an absolute target to Host', () => {
    const absolute = headOf('GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n');
    expect(absolute.authority).toBe('b.example');
    expect(absolute.authorityIs(latin1('b.example'))).toBe(true);
    expect(absolute.authorityIs(latin1('a.example'))).toBe(false);
  });
});

describe('the target', () => {
  test('is that of this request, whatever the ones before on the connection asked for', () => {
    const parser = new HeadParser('request', roomy);
    const targets = ['/a', '/a', '/b', '/ab', '/a', 'http://h/a', '/a', 'http://h', '/', '/a'];
    for (const target of targets) {
      const bytes = latin1(`GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`);
      expect(parser.parse(bytes, 0, bytes.length)).toBe(ParseStatus.Done);
      expect(parser.head.target).toBe(target.replace('http://h', '') || '/');
      expect(parser.head.target).toBe(target.replace('http://h', '') || '/');
    }
  });
});

describe('Connection', () => {
  const connectionOf = (value: string): Http1Head =>
    headOf(
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: ${value}\r\nX-Hop: 1\r\nX_Hop: 2\r\nHop~: 3\r\nUpgrade: ws\r\n\r\n`,
    );
  const named = (head: Http1Head): string[] =>
    Array.from({ length: head.headerCount }, (_, i) => i)
      .filter((i) => head.namedByConnection(i))
      .map((i) => head.headerName(i));

  test.each([
    ['close', { connectionClose: true, connectionKeepAlive: false }],
    ['CLOSE', { connectionClose: true }],
    ['keep-alive', { connectionKeepAlive: true, connectionClose: false }],
    ['Keep-Alive', { connectionKeepAlive: true }],
    ['Upgrade', { connectionUpgrade: true, connectionNamesFields: false }],
    ['keep-alive, Upgrade', { connectionKeepAlive: true, connectionUpgrade: true }],
    [',, close ,', { connectionClose: true, connectionNamesFields: false }],
    ['x-hop,close', { connectionClose: true, connectionNamesFields: true }],
    ['TE', { connectionNamesFields: false }],
    ['closed', { connectionClose: false, connectionNamesFields: true }],
    ['', { connectionClose: false, connectionNamesFields: false }],
    ['"close"', { connectionClose: false }],
  ])('of "%s" says so', (value, expected) => {
    expect(connectionOf(value)).toMatchObject(expected);
  });

  test('names fields in any case, in lists and in several fields', () => {
    expect(named(connectionOf('X-HOP'))).toEqual(['X-Hop']);
    expect(named(connectionOf('close, x-hop'))).toEqual(['X-Hop']);
    expect(named(connectionOf('keep-alive\r\nConnection: x-hop'))).toEqual(['X-Hop']);
    expect(named(connectionOf('x-ho, x-hop2, -hop'))).toEqual([]);
  });

  test('names fields by every character that a name may have', () => {
    expect(named(connectionOf('x_hop'))).toEqual(['X_Hop']);
    expect(named(connectionOf('hop~'))).toEqual(['Hop~']);
    expect(named(connectionOf('hop^'))).toEqual([]);
  });
});

describe('the table of fields', () => {
  test('finds every name in any case, and nothing that differs', () => {
    for (const [field, name] of fieldNames.entries()) {
      if (field === Field.Other) continue;
      expect(fieldByName(name)).toBe(field);
      for (const variant of [name, name.toUpperCase(), name[0]!.toUpperCase() + name.slice(1)]) {
        expect(identifyField(latin1(variant), 0, variant.length), variant).toBe(field);
      }
      for (const other of [`${name}s`, name.slice(1), `x${name}`, name.replace(/.$/, '_')]) {
        expect(identifyField(latin1(other), 0, other.length), other).toBe(Field.Other);
      }
    }
    expect(fieldByName('x-anything')).toBe(Field.Other);
  });

  test('takes no other byte of a token for the one in a known name', () => {
    for (const [field, name] of fieldNames.entries()) {
      if (field === Field.Other) continue;
      for (let i = 0; i < name.length; i++) {
        for (const byte of "!#$%&'*+.^_`|~0") {
          const changed = name.slice(0, i) + byte + name.slice(i + 1);
          expect(identifyField(latin1(changed), 0, changed.length), changed).toBe(Field.Other);
        }
      }
    }
  });
});
