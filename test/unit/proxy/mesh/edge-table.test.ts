import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../../src/base/index.ts';
import { type EdgeEpoch, EdgeTable } from '../../../../src/proxy/mesh/edge-table.ts';

/** Packed outcomes: an answer, and a failure of the upstream (`5xx`). */
const well = 4;
const broken: number = 7 | (20 << 5);
const aligned = Date.UTC(2026, 0, 1);

function table(options: { maxPeers?: number; wall?: number; take?: boolean } = {}): {
  edges: EdgeTable;
  clock: ManualClock;
  posted: EdgeEpoch[];
} {
  const clock = new ManualClock(options.wall ?? aligned);
  const posted: EdgeEpoch[] = [];
  const edges: EdgeTable = new EdgeTable({
    clock,
    maxPeers: options.maxPeers ?? 10,
    post(epoch) {
      posted.push(epoch);
      if (options.take !== false) edges.taken();
    },
  });
  edges.start();
  return { edges, clock, posted };
}

function callsOf({ rows }: EdgeEpoch): string[] {
  return rows.map(({ role, peer, calls, reason }) => `${role} ${peer.node} ${calls} ${reason}`.trim());
}

describe('a table of calls', () => {
  test('posts each epoch when the wall clock ends it, also an empty one', () => {
    const { edges, clock, posted } = table({ wall: aligned + 4000 });
    edges.add('outbound', edges.peerOf('node=b')!, well);
    clock.advance(5999);
    expect(posted).toEqual([]);
    clock.advance(1);
    expect(posted.map(callsOf)).toEqual([['outbound b 1']]);
    clock.advance(10_000);
    expect(posted.map(callsOf)).toEqual([['outbound b 1'], []]);
    expect(posted.map(({ epoch }) => epoch - aligned / 10_000)).toEqual([0, 1]);
    edges.close();
    expect(clock.pendingTimers).toBe(0);
  });

  test('gives a call to the new epoch although the timer is late', () => {
    const { edges, posted } = table();
    const late = new ManualClock(aligned);
    const slow = new EdgeTable({ clock: late, maxPeers: 10, post: (epoch) => posted.push(epoch) });
    slow.add('inbound', slow.unknown, well);
    late.advance(10_000);
    slow.add('inbound', slow.unknown, broken);
    expect(posted.map(callsOf)).toEqual([['inbound  1']]);
    slow.close();
    expect(posted.map(callsOf)).toEqual([['inbound  1'], ['inbound  1 5xx']]);
    edges.close();
  });

  test('keeps roles, peers and outcomes apart, and tells what each was', () => {
    const { edges, clock, posted } = table();
    const [b, c] = [edges.peerOf('node=b;service=s')!, edges.peerOf('node=c')!];
    for (const peer of [b, b, c]) edges.add('outbound', peer, well);
    edges.add('inbound', b, well);
    edges.add('outbound', b, broken);
    clock.advance(10_000);
    expect(callsOf(posted[0]!)).toEqual(['outbound b 2', 'inbound b 1', 'outbound b 1 5xx', 'outbound c 1']);
    expect(posted[0]!.rows[2]).toEqual({
      role: 'outbound',
      peer: { node: 'b', service: 's', version: '', release: '' },
      calls: 1,
      upstreamCalls: 1,
      downstreamFailed: 1,
      upstreamFailed: 1,
      origin: 'upstream',
      reason: '5xx',
    });
    edges.close();
  });

  test('starts every epoch at zero and keeps nothing for a peer that stays away', () => {
    const { edges, clock, posted } = table({ maxPeers: 1 });
    const b = edges.peerOf('node=b')!;
    edges.add('outbound', b, well);
    clock.advance(10_000);
    edges.add('outbound', b, well);
    clock.advance(10_000);
    expect(posted.map(callsOf)).toEqual([['outbound b 1'], ['outbound b 1']]);
    expect(edges.peerOf('node=c')!.peer.node).toBe('_other');
    clock.advance(60_000);
    const c = edges.peerOf('node=c')!;
    expect([c.peer.node, b.listed]).toEqual(['c', false]);
    // Somebody still holds the one that was forgotten: there is no room for it, but its call is not lost.
    edges.add('outbound', b, well);
    edges.add('outbound', c, well);
    edges.close();
    expect(callsOf(posted.at(-1)!)).toEqual(['outbound _other 1', 'outbound c 1']);
  });

  test('finds a forgotten peer again under the same name', () => {
    const { edges, clock, posted } = table();
    const old = edges.peerOf('node=b')!;
    clock.advance(70_000);
    const fresh = edges.peerOf('node=b')!;
    expect(fresh).not.toBe(old);
    edges.add('outbound', old, well);
    edges.add('outbound', fresh, well);
    edges.close();
    expect(callsOf(posted.at(-1)!)).toEqual(['outbound b 2']);
  });

  test('has a bound on peers and on ways to fail, and counts what is beyond', () => {
    const { edges, posted } = table({ maxPeers: 2 });
    for (let i = 0; i < 100; i++) {
      const peer = edges.peerOf(`node=n${i}`)!;
      for (let reason = 1; reason < 20; reason++) edges.add('inbound', peer, 7 | (reason << 5));
    }
    edges.close();
    const [epoch] = posted;
    const calls = epoch!.rows.reduce((sum, row) => sum + row.calls, 0);
    const others = epoch!.rows.filter(({ peer }) => peer.node === '_other');
    expect(calls).toBe(1900);
    expect(epoch!.rows.length).toBeLessThanOrEqual(8 + 19);
    expect(others.reduce((sum, row) => sum + row.calls, 0)).toBe(epoch!.overflowed);
  });

  test('drops epochs that nobody takes, and says how many calls that were', () => {
    const { edges, clock, posted } = table({ take: false });
    for (let i = 0; i < 8; i++) {
      edges.add('outbound', edges.unknown, well);
      clock.advance(10_000);
    }
    expect(posted.length).toBe(6);
    edges.taken();
    edges.add('outbound', edges.unknown, well);
    clock.advance(10_000);
    expect(posted.length).toBe(7);
    expect([posted[6]!.lost, callsOf(posted[6]!)]).toEqual([2, ['outbound  1']]);
    edges.close();
  });

  test('goes by the wall clock when that was set back within an epoch', () => {
    let shift = 0;
    const base = new ManualClock(aligned);
    const clock = {
      now: () => base.now(),
      wall: () => base.wall() + shift,
      after: base.after.bind(base),
      every: base.every.bind(base),
    };
    const posted: EdgeEpoch[] = [];
    const edges = new EdgeTable({ clock, maxPeers: 10, post: (epoch) => posted.push(epoch) });
    edges.start();
    shift = -3000;
    edges.add('outbound', edges.unknown, well);
    base.advance(10_000);
    expect(posted).toEqual([]);
    base.advance(3000);
    expect(posted.map(callsOf)).toEqual([['outbound  1']]);
    edges.close();
  });
});
