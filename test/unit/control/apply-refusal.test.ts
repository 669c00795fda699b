import { describe, expect, test } from 'vitest';
import { refusalOf } from '../../../src/control/apply-refusal.ts';
import type { ApplyOutcome } from '../../../src/control/apply-round.ts';

const address = { host: '127.0.0.1', port: 8080 };
const clean: ApplyOutcome = { version: 1, failures: [], listening: new Map(), died: [], unanswered: [] };

describe('refusal of a configuration', () => {
  test('there is none when every thread took it, or will later', () => {
    expect(refusalOf(clean, true)).toBeNull();
    expect(refusalOf({ ...clean, unanswered: [2] }, false)).toBeNull();
  });

  test('a thread without an answer stands in the way of the first one', () => {
    const error = refusalOf({ ...clean, unanswered: [2] }, true);
    expect(error).toMatchObject({
      code: 'THREAD_FAILED',
      message: 'data thread 2 did not answer in time while applying it',
    });
  });

  test('names each listener that could not be opened', () => {
    const failures = [
      { listener: 'a', address, code: 'EADDRINUSE', message: 'in use' },
      { listener: 'b', address, code: 'EACCES', message: 'denied' },
    ];
    expect(refusalOf({ ...clean, failures: failures.slice(0, 1) }, false)).toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: 'listener a: cannot listen on 127.0.0.1:8080: the address is in use by another process',
    });
    expect(refusalOf({ ...clean, failures }, false)).toMatchObject({
      message: '2 listeners cannot be opened',
      problems: [{ path: 'listener a' }, { path: 'listener b' }],
    });
  });

  test('tells a filter that cannot be loaded from an address that cannot be had', () => {
    for (const code of ['MODULE_INVALID', 'ERR_MODULE_NOT_FOUND', 'FAILED']) {
      const failures = [{ listener: 'a', address, code, message: 'filter x has no create' }];
      expect(refusalOf({ ...clean, failures }, false)).toMatchObject({
        code: 'MODULE_INVALID',
        message: 'listener a: filter x has no create',
      });
    }
  });

  test('names the thread that died of it', () => {
    const died = [{ thread: 2, exit: { kind: 'out-of-heap', limitBytes: 0 } as const }];
    expect(refusalOf({ ...clean, died }, false)).toMatchObject({
      message: 'data thread 2 ran out of heap while applying it',
    });
  });
});
