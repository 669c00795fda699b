import { describe, expect, test } from 'vitest';
import { AccessLogBatch, CounterStore, ThreadSlot } from '../../../src/telemetry/index.ts';

class Receiver {
  readonly counters: CounterStore = new CounterStore(CounterStore.allocate(256));
  readonly chunks: Uint8Array<ArrayBuffer>[] = [];

  batch(options: { chunkBytes?: number; maxUnacknowledgedBytes?: number } = {}): AccessLogBatch {
    return new AccessLogBatch({
      counters: this.counters,
      deliver: (lines) => this.chunks.push(lines),
      ...options,
    });
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('utf8');
  }
}

describe('AccessLogBatch', () => {
  test('hands nothing over before 64 KiB are full or it is flushed', () => {
    const receiver = new Receiver();
    const batch = receiver.batch();
    batch.flush();
    batch.append('one\n');
    batch.append('two\n');
    expect(receiver.chunks).toHaveLength(0);
    batch.flush();
    batch.flush();
    expect(receiver.chunks).toHaveLength(1);
    expect(receiver.text).toBe('one\ntwo\n');
  });

  test('hands over full chunks in order and loses nothing', () => {
    const receiver = new Receiver();
    const batch = receiver.batch();
    let expected = '';
    for (let i = 0; i < 5000; i++) {
      const line = `${i} ${'x'.repeat(i % 97)}\n`;
      expected += line;
      batch.append(line);
    }
    expect(receiver.chunks.length).toBeGreaterThan(2);
    for (const chunk of receiver.chunks) {
      expect(chunk.byteLength).toBeGreaterThan(65_000);
      expect(chunk.byteLength).toBeLessThanOrEqual(65_536);
      expect(chunk.at(-1)).toBe(10);
    }
    batch.flush();
    expect(receiver.text).toBe(expected);
  });

  test('gives every chunk a buffer of its own that can be transferred', () => {
    const receiver = new Receiver();
    const batch = receiver.batch({ chunkBytes: 16 });
    for (let i = 0; i < 4; i++) batch.append('0123456789ABCDE\n');
    batch.append('x\n');
    batch.flush();
    expect(receiver.chunks).toHaveLength(5);
    expect(new Set(receiver.chunks.map((chunk) => chunk.buffer)).size).toBe(5);
    const [first] = receiver.chunks;
    const moved = structuredClone(first!, { transfer: [first!.buffer] });
    expect(Buffer.from(moved).toString()).toBe('0123456789ABCDE\n');
    batch.append('y\n');
    batch.flush();
    expect(Buffer.from(receiver.chunks[5]!).toString()).toBe('y\n');
  });

  test('splits no line and no character', () => {
    const receiver = new Receiver();
    const batch = receiver.batch({ chunkBytes: 10 });
    for (const line of ['éééé\n', 'aa\n', '☕\n', 'bbbbb\n']) batch.append(line);
    batch.flush();
    expect(receiver.chunks.map((chunk) => Buffer.from(chunk).toString('utf8'))).toEqual([
      'éééé\n',
      'aa\n☕\n',
      'bbbbb\n',
    ]);
  });

  test('hands a line that is larger than a chunk over alone', () => {
    const receiver = new Receiver();
    const batch = receiver.batch({ chunkBytes: 8 });
    batch.append('a\n');
    batch.append('0123456789\n');
    batch.append('b\n');
    batch.flush();
    expect(receiver.chunks.map((chunk) => chunk.byteLength)).toEqual([2, 11, 2]);
    expect(receiver.text).toBe('a\n0123456789\nb\n');
  });

  test('drops and counts lines beyond the unacknowledged bytes, and goes on after an acknowledgement', () => {
    const receiver = new Receiver();
    const batch = receiver.batch({ chunkBytes: 16, maxUnacknowledgedBytes: 64 });
    const line = '0123456789ABCDE\n';
    for (let i = 0; i < 10; i++) batch.append(line);
    expect(receiver.chunks).toHaveLength(4);
    expect(batch.unacknowledgedBytes).toBe(64);
    expect(batch.dropped).toBe(6);
    expect(receiver.counters.get(ThreadSlot.accessLogDropped)).toBe(6);
    batch.acknowledge(16);
    batch.append(line);
    batch.append(line);
    expect(receiver.chunks).toHaveLength(5);
    expect(batch.dropped).toBe(7);
  });

  test('drops a line that alone is beyond the bound', () => {
    const receiver = new Receiver();
    const batch = receiver.batch({ chunkBytes: 16, maxUnacknowledgedBytes: 64 });
    batch.append('x'.repeat(100));
    expect(receiver.chunks).toHaveLength(0);
    expect(batch.dropped).toBe(1);
  });
});
