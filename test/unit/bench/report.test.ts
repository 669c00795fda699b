/** From cells to medians, ratios, verdicts and the published table. */
import { describe, expect, test } from 'vitest';
import type { Cell, Figures, Results } from '../../../bench/report/results.ts';
import { problemOf, ratio, reading, summarize } from '../../../bench/report/statistics.ts';
import { renderMarkdown } from '../../../bench/report/table.ts';
import { allMet, judgeAll, targets } from '../../../bench/report/targets.ts';
import type { PeerName } from '../../../bench/peers/peer.ts';
import { scenarios } from '../../../bench/scenarios.ts';

function measured(peer: PeerName, round: number, figures: Figures): Cell {
  return { scenario: 'http-1k', peer, round, outcome: { status: 'measured', figures } };
}

function resultsOf(cells: readonly Cell[]): Results {
  return {
    format: 1,
    startedAt: '2026-11-20T08:00:00.000Z',
    seconds: 60,
    quick: false,
    rounds: 3,
    revision: 'abc',
    machine: {
      processor: 'test',
      coreCount: 2,
      cores: { proxy: 1, load: [0], sharedPhysicalCore: false },
      memoryBytes: 1,
      kernel: '6',
      node: '24',
      v8: '13',
      loadAverage: 0,
      openFilesLimit: 1,
    },
    versions: {},
    ceilings: { 'http-1k': 90_000 },
    cells,
  };
}

/** Meshlock as `good` in every scenario, each peer as 1. */
function everythingMeasured(good: Figures): Results {
  const rival: Figures = { requestsPerSecond: 1, requestsPerCpuSecond: 1, p99Ms: 1, cpuMicrosPerRequest: 1 };
  return resultsOf(
    scenarios(false).flatMap(({ name, peers }) =>
      peers.map((peer) => ({
        scenario: name,
        peer,
        round: 1,
        outcome: { status: 'measured', figures: peer === 'meshlock' ? good : rival } as const,
      })),
    ),
  );
}

const good: Figures = {
  requestsPerSecond: 3,
  requestsPerCpuSecond: 3,
  p99Ms: 2,
  idleAddedBytes: 150e6,
  idleCoreShare: 0.0199,
  startMs: 699,
};

describe('statistics', () => {
  test('takes the median, and the mean of the middle two of an even count', () => {
    expect(summarize([9, 1, 5])).toEqual({ median: 5, lowest: 1, highest: 9, count: 3 });
    expect(summarize([4, 1, 2, 9])?.median).toBe(3);
    expect(summarize([])).toBeNull();
  });

  test('divides round by round before it takes the median', () => {
    const rounds: [number, number][] = [
      [90, 100],
      [40, 50],
      [220, 200],
    ];
    const results = resultsOf(
      rounds.flatMap(([mine, theirs], index) => [
        measured('meshlock', index + 1, { requestsPerSecond: mine }),
        measured('nginx', index + 1, { requestsPerSecond: theirs }),
      ]),
    );
    const wanted = { scenario: 'http-1k', peer: 'meshlock', metric: 'requestsPerSecond' } as const;
    // The medians alone, 90 and 100, would also give 0.9; the lowest and highest show the pairs.
    expect(ratio(results, wanted, 'nginx')).toEqual({ median: 0.9, lowest: 0.8, highest: 1.1, count: 3 });
  });

  test('gives no figure for a proxy that failed in one round', () => {
    const results = resultsOf([
      measured('meshlock', 1, { requestsPerSecond: 5 }),
      {
        scenario: 'http-1k',
        peer: 'meshlock',
        round: 2,
        outcome: { status: 'failed', reason: '3 read errors' },
      },
    ]);
    const wanted = { scenario: 'http-1k', peer: 'meshlock', metric: 'requestsPerSecond' } as const;
    expect(reading(results, wanted)).toBeNull();
    expect(problemOf(results, 'http-1k', 'meshlock')).toBe('FAILED in round 2: 3 read errors');
  });
});

describe('targets', () => {
  test('are all met exactly at their bounds', () => {
    const verdicts = judgeAll(everythingMeasured(good));
    expect(verdicts).toHaveLength(targets.length);
    expect(verdicts.filter(({ verdict }) => verdict !== 'met')).toEqual([]);
    expect(allMet(verdicts)).toBe(true);
  });

  test.each([
    ['requestsPerSecond', 2.9, 'requests/s on one core at least 3 times http-proxy'],
    ['p99Ms', 2.01, 'p99 at most 2 times nginx'],
    ['idleAddedBytes', 151e6, 'memory of 10,000 idle connections at most 150 MB'],
    ['idleCoreShare', 0.02, 'CPU with 10,000 idle connections under 2 %'],
    ['startMs', 700, 'start to first answer under 700 ms'],
  ] as const)('%s of %d misses "%s", and nothing else', (metric, value, what) => {
    const verdicts = judgeAll(everythingMeasured({ ...good, [metric]: value }));
    const missed = verdicts.filter(({ verdict }) => verdict === 'MISSED');
    expect(missed.map(({ target }) => target.replace(/^\S+: /, ''))).toEqual([what]);
    expect(allMet(verdicts)).toBe(false);
  });

  test('count as missed where a scenario ran and a side of it has no figure', () => {
    const absent: Cell = {
      scenario: 'http-1k',
      peer: 'nginx',
      round: 1,
      outcome: { status: 'unavailable', reason: 'not installed' },
    };
    const verdicts = judgeAll(resultsOf([measured('meshlock', 1, good), absent]));
    expect(verdicts[0]).toMatchObject({ figure: 'nginx not installed', verdict: 'NOT MEASURED' });
    expect(allMet(verdicts)).toBe(false);
  });

  test('of a run that examined nothing are not met', () => {
    expect(allMet(judgeAll(resultsOf([])))).toBe(false);
  });
});

describe('the table', () => {
  const cells = [
    measured('meshlock', 1, { requestsPerSecond: 60_000, proxyCoreShare: 0.97, p99Ms: 2 }),
    measured('nginx', 1, { requestsPerSecond: 80_000, proxyCoreShare: 0.8, p99Ms: 1 }),
    {
      scenario: 'http-1k',
      peer: 'haproxy',
      round: 1,
      outcome: { status: 'unavailable', reason: 'not installed' },
    },
  ] as const;

  test('shows absolute figures, the ratio, and who is not installed', () => {
    const text = renderMarkdown(resultsOf(cells));
    expect(text).toContain('| meshlock | 60,000 | 0.75 |');
    expect(text).toContain('| haproxy | not installed |');
    expect(text).toContain('| to nginx | 0.75 | - | - | 2.00 | - |');
    expect(text).toContain('without a proxy: 90,000 requests/s');
  });

  test('says which proxy was not limited by its own core', () => {
    expect(renderMarkdown(resultsOf(cells))).toContain('Not held back by their own core: nginx.');
  });

  test('warns when something else used the core of the proxy', () => {
    const disturbed = measured('nginx', 1, { requestsPerSecond: 1, foreignCoreShare: 0.2 });
    expect(renderMarkdown(resultsOf([disturbed]))).toContain("5 % of the proxy's core in 1 of 1 cells");
  });
});
