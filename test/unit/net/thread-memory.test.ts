import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/index.ts';
import { gatheredStart, sentStart, ThreadMemory } from '../../../src/net/thread-memory.ts';

describe('ThreadMemory', () => {
  test('has room for a read, for what is gathered and for what is to be sent', () => {
    const memory = new ThreadMemory();
    expect(memory.readBuffer.length).toBe(64 * 1024);
    expect(sentStart - gatheredStart).toBe(128 * 1024);
    expect(memory.bytes.length - sentStart).toBe(256 * 1024);
    memory.readBuffer.write('seen in both');
    expect(memory.bytes.toString('latin1', 0, 12)).toBe('seen in both');
  });

  test('is a memory of its own', () => {
    const [one, other] = [new ThreadMemory(), new ThreadMemory()];
    one.bytes.fill(1);
    expect(other.bytes.includes(1)).toBe(false);
  });

  test('copies from itself and from elsewhere, to and from any place', () => {
    const memory = new ThreadMemory();
    const random = seededRandom(5);
    for (let i = 0; i < memory.bytes.length; i++) memory.bytes[i] = Math.floor(random.next() * 256);
    const expected = Buffer.from(memory.bytes);
    const elsewhere = Buffer.from(expected.subarray(1000, 9000));
    for (let i = 0; i < 3000; i++) {
      const length = Math.floor(random.next() * (i % 50 === 0 ? 60_000 : 300));
      const [from, at] = [0, 0].map(() => Math.floor(random.next() * (memory.bytes.length - length)));
      if (i % 3 === 0 && length < 8000) {
        memory.put(at!, elsewhere, 8000 - length, 8000);
        elsewhere.copy(expected, at, 8000 - length, 8000);
      } else {
        memory.put(at!, memory.bytes, from!, from! + length);
        Buffer.from(expected.subarray(from, from! + length)).copy(expected, at);
      }
    }
    expect(memory.bytes.equals(expected)).toBe(true);
  });

  test('refuses to copy past its end', () => {
    const memory = new ThreadMemory();
    expect(() => memory.put(memory.bytes.length - 10, memory.bytes, 0, 20)).toThrow(/out of bounds/);
    expect(() => memory.put(0, memory.bytes, memory.bytes.length - 10, memory.bytes.length + 10)).toThrow(
      /out of bounds/,
    );
  });
});
