import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/index.ts';
import type { RetryCondition, RetryConfig } from '../../../src/config/index.ts';
import { ResetReason } from '../../../src/protocol/index.ts';
import {
  backoffMs,
  isIdempotentMethod,
  mayReplayOnFreshConnection,
  retriesReset,
  retriesStatus,
} from '../../../src/route/index.ts';
import { forwardTo } from './fixture.ts';

function policy(on: readonly RetryCondition[], part: Partial<RetryConfig> = {}): RetryConfig {
  return { ...forwardTo('c').retry, on, attempts: 1, ...part };
}

const reasons = Object.entries(ResetReason);

describe('retry by status', () => {
  const statuses = Array.from({ length: 500 }, (_, index) => 100 + index);
  const retried = (config: RetryConfig) => statuses.filter((status) => retriesStatus(config, status));

  test('5xx covers 500 to 599', () => {
    expect(retried(policy(['5xx']))).toEqual(statuses.filter((status) => status >= 500));
  });

  test('gateway-error covers 502, 503 and 504', () => {
    expect(retried(policy(['gateway-error']))).toEqual([502, 503, 504]);
  });

  test('retriable-4xx covers 409', () => {
    expect(retried(policy(['retriable-4xx']))).toEqual([409]);
  });

  test('retriable-status-codes covers what is listed, and only with the condition', () => {
    expect(retried(policy(['retriable-status-codes'], { statusCodes: [404, 500] }))).toEqual([404, 500]);
    expect(retried(policy(['retriable-4xx'], { statusCodes: [404] }))).toEqual([409]);
  });

  test('conditions about resets, and none at all, cover no status', () => {
    expect(retried(policy(['connect-failure', 'refused-stream', 'reset', 'reset-before-request']))).toEqual(
      [],
    );
    expect(retried(policy([]))).toEqual([]);
  });

  test('any of several conditions is enough', () => {
    expect(retried(policy(['retriable-4xx', 'gateway-error']))).toEqual([409, 502, 503, 504]);
  });
});

describe('retry by reset', () => {
  const retried = (on: readonly RetryCondition[], requestSent: boolean, idempotent = true) =>
    reasons
      .filter(([, reason]) => retriesReset(policy(on), reason, requestSent, idempotent))
      .map(([name]) => name);
  const upstream = [
    'ConnectFailure',
    'ConnectTimeout',
    'ClosedBeforeAnswer',
    'UpstreamReset',
    'UpstreamProtocolError',
    'PerTryTimeout',
    'RefusedStream',
  ];

  test.each(['reset', '5xx', 'gateway-error'] as const)(
    '%s covers every failure of the upstream',
    (condition) => {
      expect(retried([condition], true)).toEqual(upstream);
      expect(retried([condition], false)).toEqual(upstream);
    },
  );

  test('connect-failure covers a refused and a timed-out connect', () => {
    expect(retried(['connect-failure'], false)).toEqual(['ConnectFailure', 'ConnectTimeout']);
  });

  test('refused-stream covers only that', () => {
    expect(retried(['refused-stream'], true)).toEqual(['RefusedStream']);
  });

  test('reset-before-request covers everything as long as nothing was sent', () => {
    expect(retried(['reset-before-request'], false)).toEqual(upstream);
    expect(retried(['reset-before-request'], true)).toEqual([]);
  });

  test('conditions about statuses, and none at all, cover no reset', () => {
    expect(retried(['retriable-4xx', 'retriable-status-codes'], false)).toEqual([]);
    expect(retried([], false)).toEqual([]);
  });

  test('a sent request that is not idempotent is only retried when it cannot have been processed', () => {
    const on: readonly RetryCondition[] = ['reset', '5xx', 'connect-failure', 'refused-stream'];
    expect(retried(on, true, false)).toEqual(['ConnectFailure', 'ConnectTimeout', 'RefusedStream']);
    expect(retried(on, false, false)).toEqual(upstream);
  });

  test('what this side decided is never retried', () => {
    const every: readonly RetryCondition[] = ['5xx', 'reset', 'reset-before-request', 'connect-failure'];
    for (const reason of [ResetReason.Overflow, ResetReason.LocalReset]) {
      expect(retriesReset(policy(every), reason, false, true)).toBe(false);
    }
  });
});

describe('replay on a fresh connection', () => {
  test('only of an idempotent request, and only when a kept-alive connection was closed before the answer', () => {
    const idempotent = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'];
    for (const method of [...idempotent, 'POST', 'PATCH', 'CONNECT', 'PURGE', 'get', '']) {
      expect(isIdempotentMethod(method), method).toBe(idempotent.includes(method));
      for (const [name, reason] of reasons) {
        const expected = idempotent.includes(method) && name === 'ClosedBeforeAnswer';
        expect(mayReplayOnFreshConnection(method, reason), `${method} ${name}`).toBe(expected);
      }
    }
  });
});

describe('back-off', () => {
  const highest = { next: () => 1 - 2 ** -53 };

  test('doubles its bound up to the maximum', () => {
    const bounds = [1, 2, 3, 4, 5, 6, 2000].map((attempt) => backoffMs(policy([]), attempt, highest));
    for (const [index, bound] of [25, 50, 100, 200, 250, 250, 250].entries()) {
      expect(bounds[index]).toBeCloseTo(bound, 6);
      expect(bounds[index]).toBeLessThan(bound);
    }
  });

  test('is spread over the whole range from 0', () => {
    const random = seededRandom(11);
    const waits = Array.from({ length: 20_000 }, () => backoffMs(policy([]), 3, random));
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(mean).toBeGreaterThan(49);
    expect(mean).toBeLessThan(51);
    expect(Math.min(...waits)).toBeLessThan(1);
    expect(Math.max(...waits)).toBeGreaterThan(99);
  });

  test('is 0 with a base of 0, also after very many attempts', () => {
    expect(backoffMs(policy([], { backoffBaseMs: 0 }), 5000, highest)).toBe(0);
  });
});
