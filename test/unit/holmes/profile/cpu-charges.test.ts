import { describe, expect, test } from 'vitest';
import { cpuCharges } from '../../../../holmes/profile/cpu-charges.ts';
import { cpuTimes } from '../../../../holmes/profile/cpu-times.ts';
import { longestCall } from '../../../../holmes/profile/longest-call.ts';
import { exampleCpuProfile, type SampleText } from './example-cpu-profile.ts';

const timers = ['processTimers node:internal/timers:603', 'listOnTimeout node:internal/timers:623'];
const hash = 'passwordHash file:///app/login.ts:6';

function chargesOf(samples: readonly SampleText[]): ReturnType<typeof cpuCharges> {
  return cpuCharges(cpuTimes(exampleCpuProfile(samples)));
}

describe('the charge for time', () => {
  test('in a function of Node goes to the function of the program that called it', () => {
    const stack = [...timers, hash, 'pbkdf2Sync node:internal/crypto/pbkdf2:67', 'run'];
    const { charges } = chargesOf([{ stack, line: 79 }]);
    expect(charges).toHaveLength(1);
    expect(charges[0]).toMatchObject({ functionName: 'passwordHash', functionLine: 6, line: 0, us: 10_000 });
    expect(charges[0]!.callees.map(({ name }) => name)).toEqual(['pbkdf2Sync', 'run']);
    expect(charges[0]!.under).toBe('timers');
  });

  test('in a function without a file takes the line of the caller from its ticks', () => {
    const { charges } = chargesOf([{ stack: [hash, 'indexOf'], line: 9 }]);
    expect(charges[0]).toMatchObject({ functionName: 'passwordHash', line: 9 });
  });

  test('goes to the runtime when nobody of the program is on the stack', () => {
    const { charges, runtimeUs } = chargesOf([
      { stack: timers, ms: 30 },
      { stack: [timers[0]!, 'runNextTicks node:internal/process/task_queues:60', 'runMicrotasks'], ms: 20 },
      { stack: ['(idle)'], ms: 500 },
    ]);
    expect(charges).toEqual([]);
    expect(runtimeUs).toEqual({ timers: 30_000, microtasks: 20_000, other: 0 });
  });

  test('of a function right below the root is one of a microtask', () => {
    const { charges } = chargesOf([{ stack: [hash], line: 7 }]);
    expect(charges[0]!.under).toBe('microtasks');
  });
});

describe('the longest call', () => {
  const spin = 'spin file:///app/spin.ts:1';

  test('is the longest time with one call on the stack, whatever it calls', () => {
    const profile = exampleCpuProfile([
      { stack: [hash] },
      { stack: ['(idle)'] },
      { stack: [spin], ms: 300 },
      { stack: [spin, hash], ms: 200 },
      { stack: ['(idle)'] },
      { stack: [spin], ms: 100 },
    ]);
    expect(longestCall(profile, cpuTimes(profile))).toEqual({ from: 2, to: 4, us: 500_000 });
  });

  test('goes on through a garbage collection', () => {
    const profile = exampleCpuProfile([
      { stack: [spin], ms: 100 },
      { stack: ['(garbage collector)'], ms: 50 },
      { stack: [spin], ms: 100 },
    ]);
    expect(longestCall(profile, cpuTimes(profile))?.us).toBe(250_000);
  });

  test('is none where the program did nothing', () => {
    const profile = exampleCpuProfile([{ stack: ['(idle)'] }, { stack: timers }]);
    expect(longestCall(profile, cpuTimes(profile))).toBeNull();
  });
});
