import { describe, expect, test } from 'vitest';
import type { CpuProfile, CpuProfileNode } from '../../../../holmes/profile/cpu-profile.ts';
import { mergeCpuProfiles, trimCpuProfile } from '../../../../holmes/recorder/cpu-window.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { expectWholeCpuProfile } from '../subject/contract.ts';

type Random = () => number;

/** A profile as V8 gives it: a random tree, samples in it every 10 ms or so, and ticks per node that add up to its hits. */
function randomProfile(random: Random, startTime = 1_000_000, count = 200): CpuProfile {
  const parents: number[] = [0];
  for (let id = 2; id <= 30; id++) parents.push(1 + Math.floor(random() * (id - 1)));
  const samples: number[] = [];
  const timeDeltas: number[] = [];
  let duration = 0;
  for (let index = 0; index < count; index++) {
    samples.push(1 + Math.floor(random() * 30));
    const delta = 5000 + Math.floor(random() * 10_000);
    timeDeltas.push(delta);
    duration += delta;
  }
  const nodes = parents.map((_, index): CpuProfileNode => {
    const id = index + 1;
    const hitCount = samples.filter((sample) => sample === id).length;
    const lines = new Map<number, number>();
    for (let hit = 0; hit < hitCount; hit++) {
      const line = 1 + Math.floor(random() * 5);
      lines.set(line, (lines.get(line) ?? 0) + 1);
    }
    return {
      id,
      callFrame: {
        functionName: id === 1 ? '(root)' : `f${id % 12}`,
        scriptId: '7',
        url: 'file:///a.ts',
        lineNumber: id % 12,
        columnNumber: 0,
      },
      hitCount,
      children: parents.flatMap((parent, child) => (parent === id ? [child + 1] : [])),
      positionTicks: [...lines].map(([line, number]) => ({ line, ticks: number })),
    };
  });
  return { nodes, startTime, endTime: startTime + duration + 4000, samples, timeDeltas };
}

function times({ startTime, timeDeltas }: CpuProfile): readonly number[] {
  let at = startTime;
  return timeDeltas.map((delta) => (at += delta));
}

/** Samples by the functions from the root to the one that ran, and by time. */
function paths(profile: CpuProfile): readonly string[] {
  const parents = new Map<number, CpuProfileNode>();
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node);
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const at = times(profile);
  return profile.samples.map((id, index) => {
    const names: string[] = [];
    for (let node = byId.get(id); node !== undefined; node = parents.get(node.id)) {
      names.unshift(node.callFrame.functionName);
    }
    return `${at[index]} ${names.join('/')}`;
  });
}

function hits({ nodes }: CpuProfile): number {
  return nodes.reduce((sum, node) => sum + (node.hitCount ?? 0), 0);
}

function ticks({ nodes }: CpuProfile): number {
  return nodes.reduce(
    (sum, node) => sum + (node.positionTicks ?? []).reduce((part, entry) => part + entry.ticks, 0),
    0,
  );
}

const leaf: CpuProfile = {
  nodes: [
    {
      id: 1,
      callFrame: { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 },
      hitCount: 0,
      children: [2],
    },
    {
      id: 2,
      callFrame: { functionName: 'f', scriptId: '1', url: 'file:///f.ts', lineNumber: 9, columnNumber: 0 },
      hitCount: 10,
      positionTicks: [
        { line: 10, ticks: 6 },
        { line: 11, ticks: 3 },
        { line: 12, ticks: 1 },
      ],
    },
  ],
  startTime: 1000,
  endTime: 2000,
  samples: Array.from({ length: 10 }, () => 2),
  timeDeltas: Array.from({ length: 10 }, () => 100),
};

describe('a CPU profile that is trimmed', () => {
  test('keeps the samples of the range with their times, their paths and consistent sums, whatever the range', () => {
    const random = seededRandom(1).next;
    for (let round = 0; round < 60; round++) {
      const profile = randomProfile(random);
      const from = profile.startTime + (random() * 2 - 0.5) * 1_000_000;
      const to = from + random() * 2_500_000;
      const trimmed = trimCpuProfile(profile, from, to);
      expectWholeCpuProfile(trimmed);
      for (const time of [trimmed.startTime, trimmed.endTime]) expect(Number.isInteger(time)).toBe(true);
      const at = times(profile);
      expect(paths(trimmed)).toEqual(
        paths(profile).filter((_, index) => (at[index] ?? 0) >= from && (at[index] ?? 0) <= to),
      );
      expect(hits(trimmed)).toBe(trimmed.samples.length);
      expect(ticks(trimmed)).toBe(trimmed.samples.length);
      for (const node of trimmed.nodes) {
        for (const entry of node.positionTicks ?? []) expect(entry.ticks).toBeGreaterThan(0);
      }
    }
  });

  test('is the same when nothing is cut off', () => {
    const profile = randomProfile(seededRandom(2).next);
    const trimmed = trimCpuProfile(profile, 0, Number.POSITIVE_INFINITY);
    expect(paths(trimmed)).toEqual(paths(profile));
    expect([trimmed.startTime, trimmed.endTime]).toEqual([profile.startTime, profile.endTime]);
    expect(ticks(trimmed)).toBe(ticks(profile));
  });

  test('shares out the ticks of lines by the largest remainder', () => {
    const trimmed = trimCpuProfile(leaf, 1450, 1950);
    expect(trimmed.samples).toHaveLength(5);
    expect(trimmed).toMatchObject({ startTime: 1450, endTime: 1950, timeDeltas: [50, 100, 100, 100, 100] });
    // 3, 1.5 and 0.5 of 5.
    expect(trimmed.nodes[1]).toMatchObject({
      hitCount: 5,
      positionTicks: [
        { line: 10, ticks: 3 },
        { line: 11, ticks: 2 },
      ],
    });
  });

  test('keeps the share of hits without a line', () => {
    const halfKnown: CpuProfile = {
      ...leaf,
      nodes: leaf.nodes.map((node) =>
        node.id === 2 ? { ...node, positionTicks: [{ line: 10, ticks: 5 }] } : node,
      ),
    };
    expect(trimCpuProfile(halfKnown, 1450, 1850).nodes[1]).toMatchObject({
      hitCount: 4,
      positionTicks: [{ line: 10, ticks: 2 }],
    });
  });

  test('has only its root when the range holds no sample', () => {
    for (const [from, to] of [
      [0, 500],
      [5000, 6000],
      [1410, 1490],
    ] as const) {
      const trimmed = trimCpuProfile(leaf, from, to);
      expectWholeCpuProfile(trimmed);
      expect(trimmed.nodes.map(({ callFrame }) => callFrame.functionName)).toEqual(['(root)']);
      expect(trimmed.samples).toEqual([]);
    }
  });

  test('puts samples in order that V8 wrote out of order', () => {
    const trimmed = trimCpuProfile(
      { ...leaf, samples: [2, 1, 2], timeDeltas: [300, -100, 200] },
      0,
      Number.POSITIVE_INFINITY,
    );
    expectWholeCpuProfile(trimmed);
    expect(trimmed).toMatchObject({ samples: [1, 2, 2], timeDeltas: [200, 100, 100] });
  });
});

describe('CPU profiles that are merged', () => {
  test('give every sample once with its path, in order of time, and consistent sums', () => {
    const random = seededRandom(3).next;
    for (let round = 0; round < 30; round++) {
      const first = randomProfile(random, 1_000_000, 60);
      const second = randomProfile(random, first.endTime + 1, 60);
      const third = randomProfile(random, second.endTime + 500_000, 60);
      const merged = mergeCpuProfiles([second, third, first]);
      expectWholeCpuProfile(merged);
      expect(paths(merged)).toEqual([...paths(first), ...paths(second), ...paths(third)]);
      expect(ticks(merged)).toBe(180);
      expect([merged.startTime, merged.endTime]).toEqual([first.startTime, third.endTime]);
    }
  });

  test('count the samples of an overlap once', () => {
    const random = seededRandom(4).next;
    for (let round = 0; round < 30; round++) {
      const whole = randomProfile(random);
      const length = whole.endTime - whole.startTime;
      // Two recorders over one thread see the same samples.
      const first = trimCpuProfile(whole, 0, whole.startTime + length * 0.6);
      const second = trimCpuProfile(whole, whole.startTime + length * 0.4, Number.POSITIVE_INFINITY);
      const merged = mergeCpuProfiles([first, second]);
      expectWholeCpuProfile(merged);
      expect(paths(merged)).toEqual(paths(whole));
      expect(ticks(merged)).toBe(200);
    }
  });

  test('lay the same functions under the same callers over each other', () => {
    const later: CpuProfile = { ...leaf, startTime: 2001, endTime: 3001 };
    const merged = mergeCpuProfiles([leaf, later]);
    expect(merged.nodes).toHaveLength(2);
    expect(merged.nodes[1]).toMatchObject({
      hitCount: 20,
      positionTicks: [
        { line: 10, ticks: 12 },
        { line: 11, ticks: 6 },
        { line: 12, ticks: 2 },
      ],
    });
  });

  test('leave out a window that lies within another', () => {
    const inner = trimCpuProfile(leaf, 1200, 1500);
    expect(mergeCpuProfiles([inner, leaf])).toEqual(mergeCpuProfiles([leaf]));
  });

  test('stand a tree of ten thousand frames', () => {
    const depth = 10_000;
    const deep: CpuProfile = {
      nodes: Array.from({ length: depth }, (_, index) => ({
        id: index + 1,
        callFrame: { functionName: '(root)', scriptId: '1', url: '', lineNumber: 0, columnNumber: 0 },
        hitCount: index === depth - 1 ? 1 : 0,
        children: index === depth - 1 ? [] : [index + 2],
      })),
      startTime: 0,
      endTime: 10,
      samples: [depth],
      timeDeltas: [5],
    };
    expect(mergeCpuProfiles([deep]).nodes).toHaveLength(depth);
  });

  test('are an error when there are none', () => {
    expect(() => mergeCpuProfiles([])).toThrow(RangeError);
  });
});
