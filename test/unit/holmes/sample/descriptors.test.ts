import type * as Fs from 'node:fs';
import { mkdirSync, readdirSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { Descriptors } from '../../../../holmes/sample/descriptors.ts';
import { ManualClock } from '../manual-clock.ts';
import { fakeTree } from './fake-tree.ts';

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  // What a kernel before 6.2 says of a folder that is there.
  const statSync = (path: string) => {
    fs.accessSync(path);
    return { size: 0 };
  };
  return { ...fs, statSync, readdirSync: vi.fn<(path: string) => string[]>(fs.readdirSync) };
});

describe('descriptors on a kernel that does not say how many there are', () => {
  test('are counted one by one, and the dearer that was the later again', () => {
    const tree = fakeTree();
    for (const name of ['0', '1', '2']) mkdirSync(`${tree.root}/self/fd/${name}`, { recursive: true });
    const clock = new ManualClock();
    const descriptors = new Descriptors(clock, tree.root);
    const reading = vi.mocked(readdirSync as (path: string) => string[]);
    const list = reading.getMockImplementation();
    expect(descriptors.open()).toBe(3);
    expect(descriptors.open(), 'it took no time').toBe(3);

    reading.mockImplementation((path) => {
      clock.advance(5);
      return list?.(path) ?? [];
    });
    expect(descriptors.open()).toBe(3);
    expect(descriptors.open()).toBeNaN();
    clock.advance(24_999);
    expect(descriptors.open()).toBeNaN();
    clock.advance(1);
    expect(descriptors.open()).toBe(3);
    expect(reading).toHaveBeenCalledTimes(4);
  });

  test('are not to be had without /proc', () => {
    const descriptors = new Descriptors(new ManualClock(), '/nonexistent');
    expect([descriptors.open(), descriptors.limit()]).toEqual([Number.NaN, Number.NaN]);
    descriptors.close();
  });
});
