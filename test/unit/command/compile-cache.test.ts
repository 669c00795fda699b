import { describe, expect, test } from 'vitest';
import { compileCacheFolder } from '../../../src/command/compile-cache.ts';

describe('compile cache', () => {
  test("lies in the user's own cache folder, or where Node was told", () => {
    const all = { NODE_COMPILE_CACHE: '/n', XDG_CACHE_HOME: '/x', HOME: '/h' };
    expect(compileCacheFolder(all)).toBe('/n');
    expect(compileCacheFolder({ ...all, NODE_COMPILE_CACHE: '' })).toBe('/x/meshlock/compiled');
    expect(compileCacheFolder({ HOME: '/h' })).toBe('/h/.cache/meshlock/compiled');
  });

  test('is nowhere rather than in a folder that others can write to', () => {
    expect(compileCacheFolder({})).toBeUndefined();
  });
});
