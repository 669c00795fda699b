import { describe, expect, test } from 'vitest';
import { type ExchangeTimes, nextLimitMs, passedLimit, TimeLimit } from '../../../src/proxy/time-limit.ts';

const idleMs = 1000;

/** A tunnel: of all limits only the idle one counts. */
function tunnel(changes: Partial<ExchangeTimes>): ExchangeTimes {
  return {
    startedMs: 100,
    requestEndedMs: -1,
    answerBegunMs: 200,
    tryStartedMs: 150,
    movedMs: -1,
    isTrying: false,
    isTunnel: true,
    ...changes,
  };
}

describe('the idle limit', () => {
  test('counts from the last phase that began', () => {
    expect(nextLimitMs(tunnel({}), null, idleMs, 700)).toBe(500);
    expect(passedLimit(tunnel({}), null, idleMs, 1199)).toBe(TimeLimit.None);
    expect(passedLimit(tunnel({}), null, idleMs, 1200)).toBe(TimeLimit.Idle);
  });

  test('counts from what was last seen to have moved, however often one looks', () => {
    const times = tunnel({ movedMs: 5000 });
    for (const now of [5001, 5500, 5999]) {
      expect(passedLimit(times, null, idleMs, now)).toBe(TimeLimit.None);
      expect(nextLimitMs(times, null, idleMs, now)).toBe(6000 - now);
    }
    expect(passedLimit(times, null, idleMs, 6000)).toBe(TimeLimit.Idle);
  });

  test('is none when it is 0', () => {
    expect(nextLimitMs(tunnel({}), null, 0, 99_999)).toBe(Number.POSITIVE_INFINITY);
    expect(passedLimit(tunnel({}), null, 0, 99_999)).toBe(TimeLimit.None);
  });
});
