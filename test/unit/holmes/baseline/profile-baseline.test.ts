import { describe, expect, test } from 'vitest';
import { placeKey } from '../../../../holmes/baseline/baseline.ts';
import {
  bufferKind,
  functionKey,
  garbageKey,
  handleKey,
  heapTotalKey,
  ProfileBaseline,
} from '../../../../holmes/baseline/profile-baseline.ts';
import type { CpuProfile } from '../../../../holmes/profile/cpu-profile.ts';
import { exampleCpuProfile } from '../profile/example-cpu-profile.ts';
import { emptyHandles, frame, sockets } from '../profile/example-handle-profile.ts';
import { heapNode } from '../profile/example-heap-profile.ts';

const audit = 'audit file:///app/audit.ts:30';
const auditLine = placeKey('audit', 'file:///app/audit.ts', 31);

/** `share` of `ms` in line 31 of audit, the rest idle. */
function window(share: number, ms: number): CpuProfile {
  return exampleCpuProfile([
    { stack: [audit], ms: ms * share, line: 31 },
    { stack: ['(idle)'], ms: ms * (1 - share) },
  ]);
}

describe('a baseline of CPU time', () => {
  test('knows nothing before the first window', () => {
    expect(new ProfileBaseline().cpuShare(auditLine)).toBeNull();
  });

  test('has the share of all time, by line and by function', () => {
    const baseline = new ProfileBaseline();
    baseline.addCpu(window(0.2, 30_000));
    expect(baseline.cpuShare(auditLine)).toBeCloseTo(0.2);
    expect(baseline.cpuShare(functionKey('audit', 'file:///app/audit.ts', 30))).toBeCloseTo(0.2);
    expect(baseline.cpuShare(placeKey('other', 'file:///app/audit.ts', 1))).toBe(0);
  });

  test('averages windows by how long they lasted', () => {
    const baseline = new ProfileBaseline();
    baseline.addCpu(window(0, 30_000));
    baseline.addCpu(window(0.4, 10_000));
    expect(baseline.cpuShare(auditLine)).toBeCloseTo(0.1, 2);
  });

  test('fades: after ten minutes the old counts half', () => {
    const baseline = new ProfileBaseline();
    for (let at = 0; at < 200; at++) baseline.addCpu(window(0.8, 30_000));
    for (let at = 0; at < 20; at++) baseline.addCpu(window(0, 30_000));
    expect(baseline.cpuShare(auditLine)).toBeCloseTo(0.4, 1);
  });

  test('passes over windows that are too short to say anything', () => {
    const baseline = new ProfileBaseline();
    baseline.addCpu(window(1, 100));
    baseline.addCpu({ nodes: [], startTime: 0, endTime: 0, samples: [], timeDeltas: [] });
    expect(baseline.cpuShare(auditLine)).toBeNull();
  });

  test('knows what the garbage collector takes', () => {
    const baseline = new ProfileBaseline();
    baseline.addCpu(
      exampleCpuProfile([
        { stack: ['(garbage collector)'], ms: 100 },
        { stack: ['(idle)'], ms: 900 },
      ]),
    );
    expect(baseline.cpuShare(garbageKey)).toBeCloseTo(0.1);
  });

  test('forgets the rarest places beyond its bound', () => {
    const baseline = new ProfileBaseline({ maxPlaces: 10 });
    const many = Array.from({ length: 100 }, (_, at) => ({
      stack: [`f${at} file:///app/f.ts:${at + 1}`],
      ms: at + 1,
    }));
    for (let round = 0; round < 20; round++) baseline.addCpu(exampleCpuProfile(many));
    const known = many.filter(
      (_, at) => baseline.cpuShare(placeKey(`f${at}`, 'file:///app/f.ts', at + 1))! > 0,
    );
    expect(known.length).toBeGreaterThan(0);
    expect(known.length).toBeLessThanOrEqual(10);
    expect(known).toContain(many[99]);
  });
});

describe('a baseline of memory and handles', () => {
  const cache = 'remember file:///app/cache.ts:12';

  test('is the last quiet reading, with its time', () => {
    const baseline = new ProfileBaseline();
    expect(baseline.heapBytes(heapTotalKey)).toBeNull();
    expect(baseline.heapAt).toBe(0);
    baseline.setHeap({ head: heapNode('(root)', 10, [heapNode(cache, 500)]) }, 1000);
    baseline.setHeap({ head: heapNode('(root)', 10, [heapNode(cache, 700)]) }, 2000);
    expect(baseline.heapBytes(placeKey('remember', 'file:///app/cache.ts', 12))).toBe(700);
    expect(baseline.heapBytes(heapTotalKey)).toBe(710);
    expect(baseline.heapAt).toBe(2000);
  });

  test('counts handles by kind and maker, and the bytes of buffers', () => {
    const baseline = new ProfileBaseline();
    const maker = frame('leakyDial file:///app/pool.ts:31');
    expect(baseline.handleCount(handleKey('tcp-client', maker))).toBeNull();
    const groups = [sockets(12), sockets(3, { peer: 'other:1' }), sockets(5, { stack: [] })];
    baseline.addHandles({ ...emptyHandles, groups, buffers: [{ bytes: 99, stack: [maker] }] }, 5000);
    expect(baseline.handleCount(handleKey('tcp-client', maker))).toBe(15);
    expect(baseline.handleCount(handleKey('tcp-client', null))).toBe(20);
    expect(baseline.handleCount(handleKey(bufferKind, maker))).toBe(99);
    expect(baseline.handlesAt).toBe(5000);
  });
});
