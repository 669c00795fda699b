import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type CallCount,
  EpochCounter,
  type EpochCounterOptions,
} from '../../../../health/observe/epoch-counter.ts';
import type { EpochReport } from '../../../../health/observe/epoch-report.ts';
import { parseReport } from '../../../../health/observe/parse-report.ts';
import { epochMs, epochOf, type Peer } from '../../../../health/observe/viewpoint.ts';
import { ManualClock } from '../../holmes/manual-clock.ts';

const cart: Peer = { node: 'cart-1', service: 'cart', version: '1.0', release: 'r1' };
const web: Peer = { node: 'web-1', service: 'web', version: '2.0', release: 'r2' };

/** Starts at an epoch's beginning unless told otherwise. */
function start(
  startOffsetMs: number = 0,
  options: Partial<EpochCounterOptions> = {},
): {
  clock: ManualClock;
  first: number;
  counter: EpochCounter;
  reports: EpochReport[];
  ok: Counting;
  fail: Counting;
} {
  const clock = new ManualClock(Math.ceil(1.8e12 / epochMs) * epochMs + startOffsetMs);
  const reports: EpochReport[] = [];
  const counter = new EpochCounter({
    node: web,
    incarnation: 1,
    clock,
    viewpoints: ['caller', 'outbound_upstream'],
    // Whatever a counter tells, a receiver takes.
    onClosed: (report) => reports.push(parseReport(JSON.stringify(report))),
    ...options,
  });
  onTestFinished(() => {
    counter.close();
    expect(clock.timers).toBe(0);
  });
  const call: CallCount = { viewpoint: 'caller', peer: cart, failed: false, origin: 'upstream', reason: '' };
  const ok: Counting = (part = {}) => counter.count({ ...call, ...part });
  const fail: Counting = (part = {}) => counter.count({ ...call, failed: true, reason: '5xx', ...part });
  return { clock, first: epochOf(clock.wall()), counter, reports, ok, fail };
}

type Counting = (part?: Partial<CallCount>) => void;

function epochs(reports: readonly EpochReport[]): number[] {
  return reports.map(({ epoch }) => epoch);
}

describe('epoch counter', () => {
  test('tells failing edges exactly and healthy ones in the totals', () => {
    const { clock, first, reports, ok, fail } = start();
    const other: Peer = { ...cart, node: 'cart-2' };
    const newer: Peer = { ...cart, node: 'cart-3', version: '1.1' };
    ok({ calls: 90 });
    fail();
    fail({ reason: 'reset', calls: 2 });
    fail({ reason: '5xx', origin: 'local' });
    ok({ peer: other, calls: 50 });
    ok({ peer: newer, calls: 7 });
    ok({ viewpoint: 'outbound_upstream', calls: 3 });
    clock.advance(epochMs + 999);
    expect(reports).toEqual([]);
    clock.advance(1);
    expect(reports).toEqual([
      {
        format: 1,
        node: web,
        incarnation: 1,
        epoch: first,
        viewpoints: ['caller', 'outbound_upstream'],
        edges: [
          {
            viewpoint: 'caller',
            peer: cart,
            calls: 94,
            failures: [
              { origin: 'upstream', reason: '5xx', count: 1 },
              { origin: 'upstream', reason: 'reset', count: 2 },
              { origin: 'local', reason: '5xx', count: 1 },
            ],
          },
        ],
        totals: [
          total('caller', '1.0', 144, 4),
          total('caller', '1.1', 7, 0),
          total('outbound_upstream', '1.0', 3, 0),
        ],
        overflowed: 0,
      },
    ]);
  });

  test('tells what the client is to blame for with its edge, and not as a failure in the totals', () => {
    const { clock, reports, ok, fail } = start();
    ok({ calls: 10 });
    fail({ calls: 3, origin: 'client', reason: 'DC' });
    fail({ calls: 2 });
    clock.advance(epochMs + 1000);
    expect(reports[0]?.totals).toEqual([total('caller', '1.0', 15, 2)]);
    expect(reports[0]?.edges[0]?.failures).toContainEqual({ origin: 'client', reason: 'DC', count: 3 });
    expect(parseReport(structuredClone(reports[0]))).toEqual(reports[0]);
  });

  test('says that it watched when nothing happened, and begins each epoch anew', () => {
    const { clock, first, reports, fail } = start();
    fail();
    clock.advance(3 * epochMs + 1000);
    expect(epochs(reports)).toEqual([first, first + 1, first + 2]);
    expect(reports.map(({ totals }) => totals.length)).toEqual([1, 0, 0]);
  });

  test('leaves out the epoch it was started in', () => {
    const { clock, first, counter, reports, fail } = start(1);
    fail({ calls: 5 });
    clock.advance(epochMs);
    fail();
    clock.advance(epochMs + 1000);
    expect(epochs(reports)).toEqual([first + 1]);
    expect(reports[0]?.totals).toEqual([total('caller', '1.0', 1, 1)]);
    expect(counter.figures()).toEqual({ closed: 1, leftOut: 0, lost: 5, jumps: 0 });
  });

  test('leaves out the epoch it was closed in, and counts no more', () => {
    const { clock, counter, reports, fail } = start();
    fail();
    counter.close();
    fail();
    clock.advance(5 * epochMs);
    expect(reports).toEqual([]);
  });

  test('takes counts of the last epoch for a second, and no longer', () => {
    const { clock, first, counter, reports, fail } = start();
    const at = first * epochMs + 9999;
    clock.advance(epochMs + 999);
    fail({ at });
    fail();
    clock.advance(1);
    fail({ at, calls: 3 });
    clock.advance(epochMs);
    expect(reports.map(({ totals }) => totals[0]?.calls)).toEqual([1, 1]);
    expect(counter.figures().lost).toBe(3);
  });

  test('takes nothing of an epoch that has not begun, nor of no time at all', () => {
    const { clock, first, counter, reports, fail } = start();
    fail({ at: (first + 1) * epochMs });
    fail({ at: Number.NaN });
    clock.advance(2 * epochMs + 1000);
    expect(reports.map(({ totals }) => totals)).toEqual([[], []]);
    expect(counter.figures().lost).toBe(2);
  });

  test('waits for counts that are behind a timer that is late', () => {
    const { clock, first, reports, fail } = start();
    clock.advance(5000);
    clock.freeze(12_000);
    // What other threads sent meanwhile arrives after the timer.
    fail({ at: first * epochMs + 9000, calls: 4 });
    expect(reports).toEqual([]);
    clock.advance(1000);
    expect(reports.map(({ epoch, totals }) => [epoch, totals[0]?.calls])).toEqual([[first, 4]]);
    clock.advance(3000);
    expect(epochs(reports)).toEqual([first, first + 1]);
  });

  test('after a long stand-still it tells the last six epochs and leaves the others out', () => {
    const { clock, first, counter, reports, fail } = start();
    clock.freeze(100 * epochMs + 1);
    fail({ at: (first + 1) * epochMs });
    clock.advance(1000);
    expect(counter.figures().lost).toBe(1);
    expect(epochs(reports)).toEqual([94, 95, 96, 97, 98, 99].map((ahead) => first + ahead));
    expect(counter.figures()).toMatchObject({ closed: 6, leftOut: 94, jumps: 0 });
  });

  test('a clock set forward costs the two epochs it cuts', () => {
    const { clock, first, counter, reports, fail } = start();
    clock.advance(epochMs + 3000);
    fail();
    clock.jumpWall(60_000);
    fail();
    clock.advance(3 * epochMs);
    expect(epochs(reports)).toEqual([first, first + 8, first + 9]);
    expect(reports.map(({ totals }) => totals.length)).toEqual([0, 0, 0]);
    expect(counter.figures()).toMatchObject({ jumps: 1, leftOut: 1 });
  });

  test('a clock set back tells no epoch a second time', () => {
    const { clock, first, reports, fail } = start();
    clock.advance(3 * epochMs + 5000);
    expect(epochs(reports)).toEqual([first, first + 1, first + 2]);
    clock.jumpWall(-20_000);
    fail({ calls: 9 });
    clock.advance(5 * epochMs);
    // Epoch 3 was cut by the jump, and comes again.
    expect(epochs(reports)).toEqual([first, first + 1, first + 2, first + 4, first + 5]);
    expect(reports.slice(3).map(({ totals }) => totals.length)).toEqual([0, 0]);
    expect(new Set(reports.map(({ incarnation }) => incarnation))).toEqual(new Set([1]));
  });

  test('a clock that was wrong by a day is no reason to be silent for a day', () => {
    const { clock, first, reports } = start(86_400_000);
    clock.advance(epochMs + 1000);
    clock.jumpWall(-86_400_000);
    clock.advance(4 * epochMs);
    const back = first - 8640;
    // Nothing was counted, so the jump is only seen ten seconds later.
    expect(epochs(reports)).toEqual([first, back + 3, back + 4]);
    expect(reports[0]?.incarnation).toBe(1);
    expect(reports.slice(1).every(({ incarnation }) => incarnation > 1)).toBe(true);
  });

  test('what was counted before the clock was set is in no later epoch of the same number', () => {
    const { clock, first, reports, fail } = start();
    fail({ calls: 5 });
    clock.jumpWall(-100 * epochMs);
    fail({ calls: 7 });
    clock.advance(103 * epochMs);
    expect(epochs(reports)).toContain(first);
    expect(reports.filter(({ totals }) => totals.length > 0)).toEqual([]);
  });

  test('an epoch that still waited for late counts when the clock was set is left out', () => {
    const { clock, first, counter, reports, fail } = start();
    fail();
    clock.advance(epochMs + 500);
    clock.jumpWall(60_000);
    clock.advance(3 * epochMs);
    expect(epochs(reports)).toEqual([first + 8]);
    expect(counter.figures()).toMatchObject({ jumps: 1, leftOut: 2 });
  });

  test('sees a jump within ten seconds, also when nothing is counted', () => {
    const { clock, first, counter, reports } = start();
    clock.advance(2000);
    clock.jumpWall(epochMs);
    clock.advance(epochMs);
    expect(counter.figures().jumps).toBe(1);
    clock.advance(2 * epochMs);
    expect(epochs(reports)).toEqual([first + 3]);
  });

  test('a clock that is slewed is no jump', () => {
    const { clock, counter, reports, ok } = start();
    for (let second = 0; second < 100; second++) {
      clock.advance(1000);
      clock.jumpWall(second % 2 === 0 ? 4 : -3);
      ok();
    }
    expect(counter.figures()).toMatchObject({ jumps: 0, lost: 0 });
    expect(reports.length).toBe(9);
  });

  test('peers beyond the bound are counted together, with their failures', () => {
    const { clock, reports, ok, fail } = start(0, { maxPeers: 3 });
    for (let index = 0; index < 10; index++) ok({ peer: { ...cart, node: `cart-${index}` }, calls: 2 });
    fail({ peer: { ...cart, node: 'cart-1' } });
    fail({ peer: { ...cart, node: 'cart-9' }, reason: 'reset' });
    ok({ viewpoint: 'outbound_upstream' });
    clock.advance(epochMs + 1000);
    const [report] = reports;
    expect(report?.overflowed).toBe(15);
    expect(report?.edges.map(({ peer, calls, failures }) => [peer.node, calls, failures[0]?.reason])).toEqual(
      [
        ['cart-1', 3, '5xx'],
        ['_other', 15, 'reset'],
      ],
    );
    expect(report?.totals.map(({ peerService, calls, failures }) => [peerService, calls, failures])).toEqual([
      ['cart', 7, 1],
      ['_other', 15, 1],
      ['cart', 1, 0],
    ]);
  });

  test('reasons beyond the bound are counted together, those known before stay exact', () => {
    const { clock, reports, fail } = start();
    for (let index = 0; index < 100; index++) fail({ reason: `e${index}` });
    fail({ reason: 'e0' });
    fail({ reason: 'x'.repeat(1000), origin: 'local' });
    clock.advance(epochMs + 1000);
    const failures = reports[0]?.edges[0]?.failures ?? [];
    expect(failures.length).toBeLessThanOrEqual(32);
    expect(failures.find(({ reason }) => reason === 'e0')?.count).toBe(2);
    expect(failures.reduce((sum, { count }) => sum + count, 0)).toBe(102);
  });

  test('the largest report that it can make is one that a receiver takes', () => {
    const viewpoints = ['caller', 'outbound_downstream', 'outbound_upstream'] as const;
    const { clock, reports, fail } = start(0, { maxPeers: 1600, viewpoints });
    for (const viewpoint of viewpoints)
      for (let index = 0; index < 2000; index++)
        fail({ viewpoint, peer: { ...cart, node: `cart-${index}` } });
    clock.advance(epochMs + 1000);
    expect(reports[0]?.edges.length).toBe(3 * 1601);
  });

  test('names that are not allowed are made so, and lead to one edge each', () => {
    const { clock, reports, fail } = start();
    for (let round = 0; round < 2; round++)
      fail({ peer: { ...cart, node: 'a\nb', version: 'v'.repeat(1000) } });
    clock.advance(epochMs + 1000);
    expect(reports[0]?.edges.map(({ peer, calls }) => [peer.node, peer.version.length, calls])).toEqual([
      ['a_b', 256, 2],
    ]);
  });

  test('failures may be told apart from their calls, and are calls if those do not come', () => {
    const { clock, reports, ok, fail } = start();
    ok({ calls: 10 });
    fail({ calls: 0, failures: 2 });
    fail({ calls: 0, failures: 3, viewpoint: 'outbound_upstream' });
    clock.advance(epochMs + 1000);
    expect(reports[0]?.edges.map(({ calls, failures }) => [calls, failures[0]?.count])).toEqual([
      [10, 2],
      [3, 3],
    ]);
  });

  test('refuses what is no count and a viewpoint that it does not watch', () => {
    const { ok } = start();
    expect(() => ok({ calls: -1 })).toThrow(RangeError);
    expect(() => ok({ calls: 0.5 })).toThrow(RangeError);
    expect(() => ok({ failures: Number.NaN })).toThrow(RangeError);
    expect(() => ok({ viewpoint: 'callee' })).toThrow('calls are counted at callee, which is not watched');
    expect(() => start(0, { maxPeers: 0 })).toThrow('maxPeers');
    expect(() => start(0, { maxPeers: 1601 })).toThrow('maxPeers');
    expect(() => start(0, { viewpoints: [] })).toThrow('viewpoint');
  });
});

function total(viewpoint: string, peerVersion: string, calls: number, failures: number): unknown {
  return { viewpoint, peerService: 'cart', peerVersion, peerRelease: 'r1', calls, failures };
}
