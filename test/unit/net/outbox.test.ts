import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/index.ts';
import type { Connection } from '../../../src/net/index.ts';
import { Outbox } from '../../../src/net/outbox.ts';
import { ThreadMemory } from '../../../src/net/thread-memory.ts';

/** A connection whose kernel takes writes when the test says so; until then it refers to the bytes of the outbox. */
class Stub {
  expected = '';
  received = '';
  slow = false;
  writes = 0;
  /** Memory that this connection was given bytes of. */
  readonly memories = new Set<ArrayBufferLike>();
  readonly #waiting: Buffer[] = [];

  get sending(): boolean {
    return this.#waiting.length > 0;
  }

  send(bytes: Buffer): boolean {
    this.writes++;
    this.memories.add(bytes.buffer);
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

function outboxAndMemory(): { outbox: Outbox; memory: ThreadMemory } {
  const memory = new ThreadMemory();
  return { outbox: new Outbox(memory), memory };
}

describe('Outbox', () => {
  test('sends what was written to one connection without a break in one piece', () => {
    const { outbox } = outboxAndMemory();
    const [a, b] = [new Stub(), new Stub()];
    write(outbox, a, 'one ', false);
    write(outbox, a, 'piece', true);
    write(outbox, b, 'other', false);
    expect([a.writes, b.writes]).toEqual([0, 0]);
    outbox.flush();
    expect([a.received, b.received]).toEqual(['one piece', 'other']);
    expect([a.writes, b.writes]).toEqual([1, 1]);
  });

  test('takes bytes of the memory that it lies in', () => {
    const { outbox, memory } = outboxAndMemory();
    const stub = new Stub();
    memory.bytes.write('twenty bytes of text', 100, 'latin1');
    outbox.append(stub as unknown as Connection, memory.bytes, 100, 120);
    memory.bytes.fill('?', 100, 120);
    outbox.flush();
    expect(stub.received).toBe('twenty bytes of text');
  });

  test('forgets what a connection has pending, and nothing else', () => {
    const { outbox } = outboxAndMemory();
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
    const { outbox } = outboxAndMemory();
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

  test('leaves the memory of the thread to slow readers, and comes back when they have taken all', () => {
    const { outbox, memory } = outboxAndMemory();
    const home = memory.bytes.buffer;
    const [slow, quick] = [new Stub(), new Stub()];
    slow.slow = true;
    write(outbox, slow, 's'.repeat(130 * 1024), false);
    outbox.flush();
    expect([...slow.memories]).toEqual([home]);
    write(outbox, quick, 'elsewhere', false);
    outbox.flush();
    expect(quick.memories.has(home)).toBe(false);
    slow.take();
    quick.memories.clear();
    quick.slow = true;
    write(outbox, quick, 'q'.repeat(130 * 1024), false);
    outbox.flush();
    quick.take();
    quick.memories.clear();
    write(outbox, quick, 'at home', false);
    outbox.flush();
    expect([...quick.memories]).toEqual([home]);
    quick.take();
    expect([slow.received === slow.expected, quick.received === quick.expected]).toEqual([true, true]);
  });

  test('sends early rather than holding more writes than it has places for', () => {
    const { outbox } = outboxAndMemory();
    const [a, b] = [new Stub(), new Stub()];
    for (let i = 0; i < 3000; i++) write(outbox, i % 2 === 0 ? a : b, `${i};`, false);
    expect(a.writes).toBeGreaterThan(0);
    outbox.flush();
    expect([a.received === a.expected, b.received === b.expected]).toEqual([true, true]);
  });
});
