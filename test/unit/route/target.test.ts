import { describe, expect, test } from 'vitest';
import { cookieValue } from '../../../src/route/cookie.ts';
import { pathEnd, queryValue } from '../../../src/route/target.ts';

describe('path of a target', () => {
  test.each([
    ['/a/b', '/a/b'],
    ['/a?b=1', '/a'],
    ['/a?b?c', '/a'],
    ['/a#b?c', '/a'],
    ['/a?b#c', '/a'],
    ['*', '*'],
    ['', ''],
  ])('%s ends after %s', (target, path) => {
    expect(target.slice(0, pathEnd(target))).toBe(path);
  });
});

describe('query parameter', () => {
  const value = (target: string, name: string) => queryValue(target, pathEnd(target), name);

  test.each([
    ['/?a=1', 'a', '1'],
    ['/?a=1&b=2', 'b', '2'],
    ['/?a=1&a=2', 'a', '1'],
    ['/?aa=1&a=2', 'a', '2'],
    ['/?a', 'a', ''],
    ['/?a&b=1', 'a', ''],
    ['/?a=', 'a', ''],
    ['/?a=b=c', 'a', 'b=c'],
    ['/?a=1?2', 'a', '1?2'],
    ['/?&&a=1', 'a', '1'],
    ['/?a=%41+b', 'a', '%41+b'],
    ['/?a=1#x', 'a', '1'],
    ['/?a=1#b&c', 'a', '1'],
    ['/?a&b=1', 'a&b', undefined],
    ['/?x=1#&a=2', 'a', undefined],
    ['/#?a=1', 'a', undefined],
    ['/?b=a', 'a', undefined],
    ['/?A=1', 'a', undefined],
    ['/?ab', 'a', undefined],
    ['/?', 'a', undefined],
    ['/a=1', 'a', undefined],
    ['example.com:443', 'a', undefined],
  ])('%s: %s is %s', (target, name, expected) => {
    expect(value(target, name)).toBe(expected);
  });
});

describe('cookie', () => {
  test.each([
    ['a=1', 'a', '1'],
    ['a=1; b=2', 'b', '2'],
    ['a=1;b=2', 'b', '2'],
    ['a=1; a=2', 'a', '1'],
    ['aa=1; a=2', 'a', '2'],
    ['a="x y"', 'a', 'x y'],
    ['a= 1 ; b=2', 'a', '1'],
    ['a=', 'a', ''],
    ['a=b=c', 'a', 'b=c'],
    ['a="', 'a', '"'],
    ['a', 'a', undefined],
    ['b=a=1', 'a', undefined],
    ['A=1', 'a', undefined],
    ['', 'a', undefined],
    [';;', 'a', undefined],
  ])('%s: %s is %s', (field, name, expected) => {
    expect(cookieValue(field, name)).toBe(expected);
  });
});
