import { describe, expect, test } from 'vitest';
import { LatestQueue } from '../../../src/control/latest-queue.ts';

describe('latest queue', () => {
  test('runs one job at a time and of those that came meanwhile only the latest', async () => {
    const queue = new LatestQueue<string>();
    const gate = Promise.withResolvers<void>();
    const started: string[] = [];
    const job = (name: string) => async () => {
      started.push(name);
      await gate.promise;
      return name;
    };
    const results = [queue.run(job('a')), queue.run(job('b')), queue.run(job('c')), queue.run(job('d'))];
    expect(started).toEqual(['a']);
    expect(queue.isRunning).toBe(true);
    gate.resolve();
    expect(await Promise.all(results)).toEqual(['a', 'd', 'd', 'd']);
    expect(started).toEqual(['a', 'd']);
  });

  test('goes on after a job that failed', async () => {
    const queue = new LatestQueue<number>();
    const first = queue.run(() => Promise.reject(new Error('no')));
    const second = queue.run(() => {
      throw new Error('at once');
    });
    await expect(first).rejects.toThrow('no');
    await expect(second).rejects.toThrow('at once');
    expect(await queue.run(async () => 3)).toBe(3);
  });
});
