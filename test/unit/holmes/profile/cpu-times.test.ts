import { describe, expect, test } from 'vitest';
import { cpuFunctions } from '../../../../holmes/profile/cpu-functions.ts';
import { cpuTimes, linesOf } from '../../../../holmes/profile/cpu-times.ts';
import { exampleCpuProfile } from './example-cpu-profile.ts';

const handler = 'handle file:///app/server.ts:10';
const work = 'work file:///app/work.ts:3';

describe('times of a CPU profile', () => {
  test('come from what lay between the samples, not from their number', () => {
    const profile = exampleCpuProfile([
      { stack: [handler], ms: 10 },
      { stack: [handler, work], ms: 700 },
      { stack: ['(idle)'], ms: 40 },
      { stack: ['(garbage collector)'], ms: 30 },
      { stack: ['(program)'], ms: 20 },
    ]);
    const times = cpuTimes(profile);
    expect(times.durationUs).toBe(800_000);
    expect(times.idleUs).toBe(40_000);
    expect(times.garbageUs).toBe(30_000);
    expect(times.programUs).toBe(20_000);
    expect(times.selfUs.get(profile.samples[1]!)).toBe(700_000);
  });

  test('of a range cover its samples only', () => {
    const profile = exampleCpuProfile([
      { stack: [handler] },
      { stack: [work], ms: 50 },
      { stack: [handler] },
    ]);
    expect(cpuTimes(profile, { from: 1, to: 2 }).durationUs).toBe(50_000);
  });

  test('of an empty profile are nothing', () => {
    const times = cpuTimes({ nodes: [], startTime: 0, endTime: 0, samples: [], timeDeltas: [] });
    expect(times.durationUs).toBe(0);
    expect(times.selfUs.size).toBe(0);
  });

  test('pass over samples without a node and deltas below zero', () => {
    const profile = exampleCpuProfile([{ stack: [handler] }, { stack: [work] }]);
    const hostile = {
      ...profile,
      samples: [99, ...profile.samples],
      timeDeltas: [0, -5, ...profile.timeDeltas],
    };
    const times = cpuTimes(hostile);
    expect(times.durationUs).toBeGreaterThanOrEqual(0);
    expect([...times.selfUs.values()].every((us) => us >= 0)).toBe(true);
  });

  test('are divided over lines as the ticks are', () => {
    const profile = exampleCpuProfile([
      { stack: [work], line: 4, ms: 100 },
      { stack: [work], line: 4, ms: 100 },
      { stack: [work], line: 4, ms: 100 },
      { stack: [work], line: 7, ms: 100 },
    ]);
    const node = profile.nodes[1]!;
    expect(linesOf(node, 400_000)).toEqual([
      { line: 4, us: 300_000 },
      { line: 7, us: 100_000 },
    ]);
  });
});

describe('functions of a CPU profile', () => {
  test('have their own time and that of what they called', () => {
    const profile = exampleCpuProfile([
      { stack: [handler], ms: 10, line: 12 },
      { stack: [handler, work], ms: 90, line: 4 },
      { stack: ['(idle)'], ms: 900 },
    ]);
    const functions = cpuFunctions(profile);
    expect(functions.map(({ functionName, selfUs, totalUs }) => ({ functionName, selfUs, totalUs }))).toEqual(
      [
        { functionName: 'work', selfUs: 90_000, totalUs: 90_000 },
        { functionName: 'handle', selfUs: 10_000, totalUs: 100_000 },
      ],
    );
    expect(functions[0]).toMatchObject({ url: 'file:///app/work.ts', line: 3 });
    expect([...functions[1]!.lines]).toEqual([[12, 10_000]]);
  });

  test('that call themselves count once', () => {
    const profile = exampleCpuProfile([{ stack: [work, work, work], ms: 30 }]);
    expect(cpuFunctions(profile)).toMatchObject([{ functionName: 'work', selfUs: 30_000, totalUs: 30_000 }]);
  });
});
