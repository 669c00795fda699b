import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { CallSites, captureStack, framesOfText, stackKey } from '../../../../holmes/agent/call-site.ts';
import { collectUntil } from './collect-garbage.ts';

const sites = new CallSites();

function inner() {
  return captureStack(inner);
}

function outer() {
  return inner();
}

describe('a stack', () => {
  const limit = Error.stackTraceLimit;
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  afterEach(() => {
    Error.stackTraceLimit = limit;
    if (prepare === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
    else Object.defineProperty(Error, 'prepareStackTrace', prepare);
  });

  test('names function, file, line and column, innermost first, without the one who took it', () => {
    const frames = sites.framesOf(outer());
    expect(frames[0]?.functionName).toBe('outer');
    expect(frames[0]?.url).toContain('call-site.test.ts');
    expect(frames[0]?.url).toMatch(/^file:/);
    expect(frames[0]?.line).toBeGreaterThan(5);
    expect(frames[0]?.column).toBeGreaterThan(0);
    expect(frames.some(({ functionName }) => functionName === 'inner')).toBe(false);
  });

  test('has at most 16 frames, whatever the program has set, and leaves that as it was', () => {
    const deep = (left: number): ReturnType<typeof inner> => (left === 0 ? inner() : deep(left - 1));
    for (const own of [1, 10, 100]) {
      Error.stackTraceLimit = own;
      expect(sites.framesOf(deep(30))).toHaveLength(16);
      expect(Error.stackTraceLimit).toBe(own);
    }
  });

  test('does not call what the program has set to put stacks into words, and leaves it', () => {
    let calls = 0;
    const own = (error: Error): string => {
      calls++;
      return `${error.name} of the program`;
    };
    Error.prepareStackTrace = own;
    expect(sites.framesOf(outer()).length).toBeGreaterThan(0);
    expect(calls).toBe(0);
    expect(Error.prepareStackTrace).toBe(own);
    expect(new Error('x').stack).toBe('Error of the program');
  });

  test('leaves no property behind where the program has none', () => {
    Reflect.deleteProperty(Error, 'prepareStackTrace');
    sites.framesOf(outer());
    expect(Object.hasOwn(Error, 'prepareStackTrace')).toBe(false);
  });

  test('shares its frames with alike ones', () => {
    const [a, b] = [0, 1].map(() => sites.framesOf(outer()));
    expect(a).toBe(b);
    expect(stackKey(a ?? [])).toContain('outer');
  });

  test('lets go of the objects in it once it is in words', async () => {
    class Holder {
      take() {
        return inner();
      }
    }
    const made = (): [ReturnType<typeof inner>, WeakRef<Holder>] => {
      const object = new Holder();
      return [object.take(), new WeakRef(object)];
    };
    const [stack, object] = made();
    expect(sites.framesOf(stack).length).toBeGreaterThan(0);
    expect(await collectUntil(() => object.deref() === undefined)).toBe(true);
    expect(stack).toBeDefined();
  });
});

describe('the text of a stack', () => {
  test('is read as V8 writes it', () => {
    const text = [
      'Warning: at fault',
      '    at Socket.onData (file:///srv/app/a.ts:31:7)',
      '    at async run (/srv/app/b c.js:4:5)',
      '    at node:internal/timers:12:3',
      '    at Array.map (<anonymous>)',
      '    at new Pool (C:\\app\\pool.js:1:2)',
    ].join('\n');
    expect(framesOfText(text)).toEqual([
      { functionName: 'Socket.onData', url: 'file:///srv/app/a.ts', line: 31, column: 7 },
      { functionName: 'run', url: 'file:///srv/app/b%20c.js', line: 4, column: 5 },
      { functionName: '', url: 'node:internal/timers', line: 12, column: 3 },
      { functionName: 'new Pool', url: expect.stringContaining('pool.js'), line: 1, column: 2 },
    ]);
  });

  test('agrees with the frames of the same place', () => {
    const error = new Error('here');
    expect(framesOfText(error.stack ?? '')[0]?.url).toContain(
      fileURLToPath(import.meta.url)
        .split('/')
        .at(-1),
    );
    expect(framesOfText('nothing of the sort')).toEqual([]);
  });
});
