import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../../src/base/index.ts';
import { type EdgeCount, EdgeCounts, type MeshEpoch } from '../../../../src/control/mesh/edge-counts.ts';

const origin = Date.UTC(2026, 0, 1);
const first: number = origin / 10_000;

function row(node: string, calls: number, changes: Partial<EdgeCount> = {}): EdgeCount {
  return {
    role: 'inbound',
    peer: { node, service: 's', version: '1', release: '' },
    calls,
    upstreamCalls: calls,
    downstreamFailed: 0,
    upstreamFailed: 0,
    origin: 'upstream',
    reason: '',
    ...changes,
  };
}

function counts(options: { threads?: number; maxRows?: number } = {}): {
  edges: EdgeCounts;
  clock: ManualClock;
  heard: MeshEpoch[];
  post: (thread: number, epoch: number, rows: readonly EdgeCount[], lost?: number) => void;
} {
  const clock = new ManualClock(origin);
  const edges = new EdgeCounts({
    clock,
    threads: () => options.threads ?? 2,
    ...(options.maxRows === undefined ? {} : { maxRows: options.maxRows }),
  });
  const heard: MeshEpoch[] = [];
  edges.onEpoch((epoch) => heard.push(epoch));
  return {
    edges,
    clock,
    heard,
    post: (thread, epoch, rows, lost = 0) =>
      edges.accept(thread, { kind: 'edges', epoch: first + epoch, rows, overflowed: 1, lost }),
  };
}

describe('the counts of all threads', () => {
  test('are added up and handed on as soon as every thread has told its own', () => {
    const { clock, heard, post } = counts();
    clock.advance(10_000);
    post(1, 0, [row('a', 3), row('a', 1, { reason: '5xx', downstreamFailed: 1, upstreamFailed: 1 })]);
    expect(heard).toEqual([]);
    post(2, 0, [row('a', 2), row('b', 5)]);
    expect(heard).toEqual([
      {
        epoch: first,
        rows: [
          row('a', 5),
          row('a', 1, { reason: '5xx', downstreamFailed: 1, upstreamFailed: 1 }),
          row('b', 5),
        ],
        overflowed: 2,
        lost: 0,
        missing: 0,
      },
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('wait for a thread that is late, but not long, and tell that it is missing', () => {
    const { clock, heard, post } = counts();
    clock.advance(10_000);
    post(1, 0, [row('a', 3)]);
    clock.advance(699);
    expect(heard).toEqual([]);
    clock.advance(1);
    expect(heard.map(({ missing, rows }) => [missing, rows.length])).toEqual([[1, 1]]);
    post(2, 0, [row('a', 7)]);
    clock.advance(9300);
    post(1, 1, []);
    post(2, 1, []);
    expect(heard.map(({ epoch, lost }) => [epoch - first, lost])).toEqual([
      [0, 0],
      [1, 7],
    ]);
  });

  test('take what a draining thread tells before its epoch is over', () => {
    const { edges, clock, heard, post } = counts({ threads: 1 });
    clock.advance(4000);
    post(1, 0, [row('a', 3)]);
    // Its successor.
    clock.advance(6000);
    expect(heard).toEqual([]);
    post(1, 0, [row('a', 4)]);
    expect(heard.map(({ rows }) => rows)).toEqual([[row('a', 7)]]);
    edges.close();
  });

  test('have a bound: calls beyond it are those of the others', () => {
    const { edges, heard, post } = counts({ maxRows: 2 });
    post(1, 0, [row('a', 1), row('b', 1), row('c', 1), row('d', 2), row('a', 1)]);
    edges.close();
    expect(heard[0]!.rows.map(({ peer, calls }) => [peer.node, calls])).toEqual([
      ['a', 2],
      ['b', 1],
      ['_other', 3],
    ]);
    expect(heard[0]!.overflowed).toBe(1 + 3);
  });

  test('never hold more than a few epochs, whatever threads say the time is', () => {
    const { heard, post, edges } = counts();
    for (let epoch = 5; epoch < 15; epoch++) post(1, epoch, [row('a', 1)]);
    expect(heard.map(({ epoch }) => epoch - first)).toEqual([5, 6, 7, 8, 9, 10]);
    edges.close();
    expect(heard.length).toBe(10);
    post(1, 20, [row('a', 1)]);
    expect(heard.length).toBe(10);
  });

  test('are told no more to who does not want to hear', () => {
    const { edges, heard, post } = counts();
    const more: MeshEpoch[] = [];
    edges.onEpoch((epoch) => more.push(epoch))();
    post(1, 0, []);
    edges.close();
    expect([heard.length, more.length]).toEqual([1, 0]);
  });
});
