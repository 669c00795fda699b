import { Buffer } from 'node:buffer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BufferSampler } from '../../../../holmes/agent/buffer-sampler.ts';
import { CallSites } from '../../../../holmes/agent/call-site.ts';
import { collectUntil } from './collect-garbage.ts';

const names = ['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'from', 'concat'] as const;
const originals = Object.fromEntries(
  names.map((name) => [name, Object.getOwnPropertyDescriptor(Buffer, name)]),
);
const mebibyte = 1024 * 1024;
let sampler: BufferSampler;

beforeEach(() => {
  sampler = new BufferSampler(new CallSites());
  sampler.install();
});

afterEach(() => {
  sampler.remove();
});

function leakyAlloc(bytes: number): Buffer {
  return Buffer.alloc(bytes, 1);
}

function bytesOf(name: string): number {
  return sampler
    .groups()
    .filter(({ stack }) => stack[0]?.functionName === name)
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What a call gives or throws, as far as a program can see. */
function outcome(run: () => unknown): unknown {
  try {
    const value = run();
    return Buffer.isBuffer(value) ? ['buffer', value.length, value.toString('hex')] : value;
  } catch (error) {
    return ['threw', (error as NodeJS.ErrnoException).code, (error as Error).name, (error as Error).message];
  }
}

describe('the sampler of Buffers', () => {
  test('leaves the functions what they were: name, length, attributes, results and errors', () => {
    const shared = new ArrayBuffer(16);
    const calls: (() => unknown)[] = [
      () => Buffer.alloc(4),
      () => Buffer.alloc(4, 'ab'),
      () => Buffer.alloc(4, 'YQ==', 'base64'),
      () => Buffer.alloc(-1),
      () => Buffer.alloc('4' as never),
      () => Buffer.allocUnsafe(9).length,
      () => Buffer.allocUnsafeSlow(9).length,
      () => Buffer.allocUnsafe(Number.NaN),
      () => Buffer.from('grün'),
      () => Buffer.from('ff00', 'hex'),
      () => Buffer.from([1, 2, 300]),
      () => Buffer.from(shared, 2, 4),
      () => Buffer.from(shared, 99),
      () => Buffer.from({ length: 1, 0: 7 } as never),
      () => Buffer.from(null as never),
      () => Buffer.from(5 as never),
      () => Buffer.concat([Buffer.from('a'), Buffer.from('bc')]),
      () => Buffer.concat([Buffer.from('a'), Buffer.from('bc')], 2),
      () => Buffer.concat([]),
      () => Buffer.concat('no' as never),
      () => Buffer.from.call(undefined, 'x'),
    ];
    const wrapped = calls.map(outcome);
    const shapes = names.map((name) => [Buffer[name].name, Buffer[name].length]);
    const attributes = names.map((name) => ({
      ...Object.getOwnPropertyDescriptor(Buffer, name),
      value: null,
    }));
    expect(names.every((name) => Buffer[name] !== originals[name]?.value)).toBe(true);
    sampler.remove();
    expect(wrapped).toEqual(calls.map(outcome));
    expect(shapes).toEqual(names.map((name) => [Buffer[name].name, Buffer[name].length]));
    expect(attributes).toEqual(
      names.map((name) => ({ ...Object.getOwnPropertyDescriptor(Buffer, name), value: null })),
    );
  });

  test('puts back the very functions', () => {
    sampler.remove();
    for (const name of names) expect(Object.getOwnPropertyDescriptor(Buffer, name)).toEqual(originals[name]);
  });

  test('leaves what somebody has wrapped once more, and does nothing there any more', () => {
    const ours = Buffer.alloc;
    const theirs = (size: number): Buffer<ArrayBuffer> => ours(size);
    Buffer.alloc = theirs;
    sampler.remove();
    expect(Buffer.alloc).toBe(theirs);
    expect(Buffer.alloc(3 * mebibyte)).toHaveLength(3 * mebibyte);
    expect(sampler.groups()).toEqual([]);
    Object.defineProperty(Buffer, 'alloc', originals['alloc'] as PropertyDescriptor);
  });

  test('tells which place holds memory, in large pieces and in small ones', () => {
    const large = Array.from({ length: 20 }, () => leakyAlloc(5 * mebibyte));
    const small = Array.from({ length: 20_000 }, () => leakyAlloc(1024));
    expect(bytesOf('leakyAlloc')).toBeGreaterThan(0.9 * (100 + 19.5) * mebibyte);
    expect(bytesOf('leakyAlloc')).toBeLessThan(1.1 * (100 + 19.5) * mebibyte);
    expect(large.length + small.length).toBe(20_020);
  });

  test('counts only what is alive', async () => {
    let kept: Buffer[] | null = Array.from({ length: 40 }, () => leakyAlloc(mebibyte));
    expect(bytesOf('leakyAlloc')).toBeGreaterThan(30 * mebibyte);
    expect(kept).toHaveLength(40);
    kept = null;
    expect(await collectUntil(() => bytesOf('leakyAlloc') === 0)).toBe(true);
  });

  test('counts memory that only a slice holds', async () => {
    const slice = leakyAlloc(8 * mebibyte).subarray(0, 1);
    await collectUntil(() => false);
    expect(bytesOf('leakyAlloc')).toBeGreaterThan(7 * mebibyte);
    expect(slice).toHaveLength(1);
  });

  test('takes a view of memory for no new memory', () => {
    const memory = new ArrayBuffer(4 * mebibyte);
    const views = Array.from({ length: 100 }, () => Buffer.from(memory));
    expect(sampler.groups()).toEqual([]);
    expect(views).toHaveLength(100);
  });

  test('becomes coarser under a storm and stays right, and fine again when it is calm', () => {
    const kept = Array.from({ length: 3000 }, () => leakyAlloc(mebibyte / 2));
    expect(bytesOf('leakyAlloc')).toBeGreaterThan(0.85 * 1500 * mebibyte);
    expect(bytesOf('leakyAlloc')).toBeLessThan(1.15 * 1500 * mebibyte);
    for (let round = 0; round < 20; round++) sampler.calm();
    const before = bytesOf('leakyAlloc');
    const fine = leakyAlloc(100 * mebibyte);
    expect(bytesOf('leakyAlloc') - before).toBeGreaterThan(90 * mebibyte);
    expect(kept.length + fine.length).toBeGreaterThan(3000);
  });
});
