import { describe, expect, test } from 'vitest';
import { canReusePort, resolveThreadCount } from '../../../src/control/platform.ts';

const linux = { parallelism: 4, reusePort: true };
const mac = { parallelism: 8, reusePort: false };

describe('thread count', () => {
  test('auto is what the machine can run at once', () => {
    expect(resolveThreadCount('auto', linux)).toEqual({ count: 4, warning: null });
    expect(resolveThreadCount('auto', { parallelism: 0, reusePort: true }).count).toBe(1);
  });

  test('is at most 64, also with auto', () => {
    expect(resolveThreadCount('auto', { parallelism: 256, reusePort: true })).toEqual({
      count: 64,
      warning: null,
    });
    expect(resolveThreadCount(65, linux)).toEqual({
      count: 64,
      warning: 'data_threads is 65: running the most allowed, 64',
    });
  });

  test('is one where threads cannot share a port, and says so only when that changes something', () => {
    expect(resolveThreadCount('auto', mac).count).toBe(1);
    expect(resolveThreadCount('auto', mac).warning).toContain('cannot share a port');
    expect(resolveThreadCount(3, mac).warning).toContain('data_threads is 3, but');
    expect(resolveThreadCount(1, mac)).toEqual({ count: 1, warning: null });
    expect(resolveThreadCount('auto', { parallelism: 1, reusePort: false }).warning).toBeNull();
  });

  test('knows where Node can share a port', () => {
    expect(canReusePort('linux')).toBe(true);
    expect(canReusePort('darwin')).toBe(false);
    expect(canReusePort('win32')).toBe(false);
  });
});
