import { describe, expect, test } from 'vitest';
import { describeExit, exitOfError } from '../../../src/control/thread-exit.ts';

describe('thread exit', () => {
  test('tells out of heap from a crash', () => {
    const error = Object.assign(new Error('heap'), { code: 'ERR_WORKER_OUT_OF_MEMORY' });
    expect(exitOfError(error, 1048576)).toEqual({ kind: 'out-of-heap', limitBytes: 1048576 });
    expect(exitOfError(new TypeError('x is not a function'), 0)).toMatchObject({
      kind: 'crash',
      message: 'TypeError: x is not a function',
    });
  });

  test('describes whatever else was thrown, in bounded length', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    for (const thrown of [undefined, null, 42n, cyclic, 'x'.repeat(10_000), { a: 1 }]) {
      const exit = exitOfError(thrown, 0);
      expect(exit.kind).toBe('crash');
      expect(describeExit(exit).length).toBeLessThan(300);
    }
    expect(describeExit(exitOfError({ a: 1 }, 0))).toBe(
      'crashed: a value that is no Error was thrown: {"a":1}',
    );
  });

  test('says each reason in words', () => {
    expect(describeExit({ kind: 'out-of-heap', limitBytes: 0 })).toBe('ran out of heap');
    expect(describeExit({ kind: 'stall', stalledMs: 10_240 })).toBe('stalled for 10.2 s');
    expect(describeExit({ kind: 'start-timeout', waitedMs: 30_000 })).toBe('did not start within 30.0 s');
    expect(describeExit({ kind: 'exit', code: 3 })).toBe('ended by itself with code 3');
    expect(describeExit({ kind: 'stopped' })).toBe('was stopped');
  });
});
