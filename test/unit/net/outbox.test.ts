import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/index.ts';
import type { Connection } from '../../../src/net/index.ts';
import { Outbox } from '../../../src/net/outbox.ts';

/** A connection whose kernel takes writes when the test says so; until then it refers to the bytes of the outbox. */
class Stub {
  expected = '';
  received = '';
  slow = false;
  writes = 0;
  readonly #waiting: Buffer[] = [];

  send(bytes: Buffer): boolean {
    this.writes++;
    this.#waiting.push(bytes);
    if (!this.slow) this.take();
    return !this.slow;
  }

  take(): void {
    for (const bytes of this.#waiting.splice(0)) this.received += bytes.toString('latin1');
  }
}

function write(outbox: Outbox, stub: Stub, text: string, asText: boolean): void {
  stub.expected += text;
  const owner = stub as unknown as Connection;
  if (asText) outbox.appendLatin1(owner, text);
  else outbox.append(owner, Buffer.from(text, 'latin1'), 0, text.length);
}

describe('Outbox', () => {
  test('sends what was written to one connection without a break in one piece', () => {
    const outbox = new Outbox();
    const [a, b] = [new Stub(), new Stub()];
    write(outbox, a, 'one ', false);
    write(outbox, a, 'piece', true);
    write(outbox, b, 'other', false);
    expect([a.writes, b.writes]).toEqual([0, 0]);
    outbox.flush();
    expect([a.received, b.received]).toEqual(['one piece', 'other']);
    expect([a.writes, b.writes]).toEqual([1, 1]);
  });

  test('forgets what a connection has pending, and nothing else', () => {
    const outbox = new Outbox();
    const [a, b] = [new Stub(), new Stub()];
    write(outbox, a, 'dropped', false);
    write(outbox, b, 'kept', false);
    write(outbox, a, 'dropped too', false);
    outbox.discard(a as unknown as Connection);
    write(outbox, a, ', written after', false);
    outbox.flush();
    expect([a.received, b.received]).toEqual([', written after', 'kept']);
  });

  test('keeps bytes that the kernel has not taken, whatever is written meanwhile', () => {
    const outbox = new Outbox();
    const random = seededRandom(7);
    const stubs = Array.from({ length: 8 }, () => new Stub());
    for (let i = 0; i < 6000; i++) {
      const stub = stubs[Math.floor(random.next() * stubs.length)]!;
      const size = random.next() < 0.02 ? 300_000 : 2000;
      const text = String.fromCharCode(33 + (i % 90)).repeat(Math.floor(random.next() * size));
      write(outbox, stub, text, i % 3 === 0);
      if (random.next() < 0.2) outbox.flush();
      if (random.next() < 0.05) stub.slow = !stub.slow;
      if (random.next() < 0.05) stub.take();
    }
    outbox.flush();
    for (const stub of stubs) {
      stub.take();
      expect(stub.received === stub.expected).toBe(true);
    }
  });

  test('sends early rather than holding more writes than it has places for', () => {
    const outbox = new Outbox();
    const [a, b] = [new Stub(), new Stub()];
    for (let i = 0; i < 3000; i++) write(outbox, i % 2 === 0 ? a : b, `${i};`, false);
    expect(a.writes).toBeGreaterThan(0);
    outbox.flush();
    expect([a.received === a.expected, b.received === b.expected]).toEqual([true, true]);
  });
});
