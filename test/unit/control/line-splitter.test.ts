import { describe, expect, test } from 'vitest';
import { LineSplitter } from '../../../src/control/line-splitter.ts';

function split(pieces: readonly string[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const piece of pieces) splitter.push(piece);
  splitter.end();
  return lines;
}

describe('line splitter', () => {
  test('puts lines together from pieces, whatever their borders', () => {
    const text = 'one\ntwo\r\n\nthree';
    for (let cut = 0; cut <= text.length; cut++) {
      expect(split([text.slice(0, cut), text.slice(cut)])).toEqual(['one', 'two', 'three']);
    }
  });

  test('cuts a line without an end into pieces of bounded length', () => {
    const lines = split(Array.from({ length: 100 }, () => 'x'.repeat(1000)));
    expect(lines.map((line) => line.length)).toEqual([...Array(12).fill(LineSplitter.maxLength), 1696]);
  });
});
