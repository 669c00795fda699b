import { describe, expect, test } from 'vitest';
import type { HistoryStatus } from '../../../../health/aggregate/history-keeper.ts';
import { hasGap, pastReasons, windowsOfGaps } from '../../../../health/aggregate/release-past.ts';
import type { ReleaseInput, ReleaseWindow, StratumCount } from '../../../../health/verdict/release-input.ts';

const stratum = (version: string, calls: number, failures = 0): StratumCount => ({
  ...{ callerService: 'web', calleeService: 'cart', version, calls, failures, nodes: [] },
});
const window = (epoch: number, ...strata: StratumCount[]): ReleaseWindow => ({ epoch, strata });

const status: HistoryStatus = {
  engine: 'http://engine/',
  state: 'ok',
  reason: '',
  reads: { ok: 1, failed: 0 },
  services: 1,
  rows: 1,
  lastReadAt: 1,
};

function input(windows: readonly ReleaseWindow[]): ReleaseInput {
  return {
    release: { id: 'r.2', service: 'cart', version: '2', order: 'r', iteration: '2' },
    baselineVersion: '1',
    windows,
    stepEnds: null,
    fleet: { nodes: 0, canaryNodes: 0, touched: 0 },
    suspects: [],
    asOf: 0,
    lastEpoch: 100,
  };
}

describe('windows of history', () => {
  const windows = [0, 6, 12, 18, 24, 30, 36].map((epoch) => window(epoch, stratum('2', 1)));
  const epochs = (from: number, to: number, covered: readonly number[]) =>
    windowsOfGaps(windows, { from, to }, new Set(covered)).map(({ epoch }) => epoch);

  test('stand for whole minutes that nobody reported on', () => {
    expect(epochs(0, 41, [36])).toEqual([0, 6, 12, 18, 24, 30]);
    expect(epochs(7, 40, [])).toEqual([12, 18, 24, 30]);
  });

  test('never count a call twice: one after a reported minute holds calls of that minute', () => {
    expect(epochs(0, 41, [6, 30])).toEqual([0, 18, 24]);
    expect(epochs(0, 41, [0, 6, 12, 18, 24, 30])).toEqual([]);
  });

  test('are asked for only where a whole minute is missing', () => {
    expect(hasGap({ from: 3, to: 17 }, new Set([0, 6, 12]))).toBe(false);
    expect(hasGap({ from: 3, to: 17 }, new Set([0, 12]))).toBe(true);
    // Of the last minute only half is judged.
    expect(hasGap({ from: 0, to: 8 }, new Set([0]))).toBe(false);
    expect(hasGap({ from: 0, to: 11 }, new Set([0]))).toBe(true);
  });
});

describe('the reasons of a verdict', () => {
  const use = { status, reason: '', hasPast: true };

  test('say how much of it comes from history, from when and which engine', () => {
    const windows = [
      window(0, stratum('1', 70), stratum('2', 30), stratum('0', 900)),
      window(6, stratum('1', 7)),
    ];
    expect(pastReasons(input(windows), { ...use, used: new Set([0]) })).toEqual([
      '100 calls of 1 minute without reports, 1970-01-01T00:00Z to 1970-01-01T00:01Z, come from history (http://engine/).',
    ]);
  });

  test('say nothing of a history that has nothing to add', () => {
    expect(
      pastReasons(input([window(6, stratum('1', 7), stratum('2', 7))]), { ...use, used: new Set() }),
    ).toEqual([]);
  });

  test('tell what a baseline that is gone was like, and that this proves nothing', () => {
    const windows = [
      window(0, stratum('1', 2000, 2)),
      window(6, stratum('2', 30)),
      window(7, stratum('2', 30)),
    ];
    const [, lost] = pastReasons(input(windows), { ...use, used: new Set([0]) });
    expect(lost).toBe(
      '1 has had no calls since 2 came; before, by history, it failed 0.1 % of 2,000 calls: another time, so no evidence either way.',
    );
    const still = [...windows, window(8, stratum('1', 1))];
    expect(pastReasons(input(still), { ...use, used: new Set([0]) })).toHaveLength(1);
  });
});
