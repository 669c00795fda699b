/**
 * What every subject keeps, whatever it watches: a worker, the main thread, the process, or something of a user's own. A
 * test file calls `subjectContract` with a way to make one that is not started yet.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CpuProfile } from '../../../../holmes/profile/cpu-profile.ts';
import type { HeapProfileNode } from '../../../../holmes/profile/heap-profile.ts';
import { ReadingName, readingTable } from '../../../../holmes/reading.ts';
import { CaptureKind, type Subject } from '../../../../holmes/subject/subject.ts';

export interface MadeSubject {
  readonly subject: Subject;
  /** Ends what was watched, after the subject was closed. */
  stop(): Promise<void>;
}

export function subjectContract(name: string, make: () => Promise<MadeSubject>): void {
  describe(`the contract of a subject, kept by ${name}`, () => {
    let made: MadeSubject;
    let subject: Subject;

    beforeEach(async () => {
      made = await make();
      subject = made.subject;
    });

    afterEach(async () => {
      await subject.close();
      await made.stop();
    });

    test('says who it is in words that fit a metric, a path and a sentence', () => {
      expect(subject.name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      expect(['process', 'thread']).toContain(subject.kind);
      expect(subject.title.trim()).not.toBe('');
    });

    test('promises readings of its own kind and captures that exist, each once', () => {
      expect(subject.readings.length).toBeGreaterThan(0);
      expect(new Set(subject.readings).size).toBe(subject.readings.length);
      for (const reading of subject.readings) {
        expect(ReadingName).toContain(reading);
        expect([subject.kind, 'both'], reading).toContain(readingTable[reading].of);
      }
      expect(new Set(subject.captures).size).toBe(subject.captures.length);
      for (const kind of subject.captures) expect(CaptureKind).toContain(kind);
    });

    test('gives only readings that it promised, as numbers in their range, and at least one', async () => {
      await subject.start();
      await vi.waitFor(() => expect(Object.keys(subject.sample()).length).toBeGreaterThan(0), waiting);
      const sample = subject.sample();
      for (const [reading, value] of Object.entries(sample)) {
        expect(subject.readings).toContain(reading);
        expect(Number.isFinite(value), `${reading} ${value}`).toBe(true);
        expect(value, reading).toBeGreaterThanOrEqual(0);
      }
      expect(sample.event_loop_utilization ?? 0).toBeLessThanOrEqual(1);
    });

    test('gives every reading that it promised within a few samples', async () => {
      await subject.start();
      const seen = new Set<string>();
      await vi.waitFor(() => {
        for (const reading of Object.keys(subject.sample())) seen.add(reading);
        expect([...seen].sort()).toEqual([...subject.readings].sort());
      }, waiting);
    });

    test('has a pulse that goes on, or none at all', async () => {
      await subject.start();
      if (subject.kind === 'process') {
        expect(subject.pulse()).toBeNull();
        return;
      }
      await vi.waitFor(() => expect(subject.pulse()).not.toBeNull(), waiting);
      const first = subject.pulse()?.beats ?? Number.NaN;
      await vi.waitFor(() => expect(subject.pulse()?.beats).toBeGreaterThan(first), waiting);
      expect(subject.pulse()).toMatchObject({ lastWords: 'none', error: '' });
      expect(subject.pulse()?.heap).toBeGreaterThan(0);
      expect(subject.pulse()?.heap).toBeLessThan(1);
    });

    test('tells what the kernel says of it', async () => {
      await subject.start();
      const state = subject.kernelState();
      expect(['running', 'sleeping', 'starved', 'unknown']).toContain(state.kind);
      expect(typeof state.waitChannel).toBe('string');
      expect(typeof state.systemCall).toBe('string');
    });

    test('rejects a capture that it does not have with an Error', async () => {
      await subject.start();
      for (const kind of CaptureKind) {
        if (!subject.captures.includes(kind)) await expect(capture(subject, kind)).rejects.toThrow(Error);
      }
      expect(subject.captures.length).toBeLessThanOrEqual(CaptureKind.length);
    });

    test('cuts CPU profiles that are whole, two at once', async () => {
      await subject.start();
      if (!subject.captures.includes('cpu')) return;
      const cuts = await Promise.all([
        subject.cutCpu({ beforeMs: 10_000, afterMs: 0 }),
        subject.cutCpu({ beforeMs: 10_000, afterMs: 300 }),
      ]);
      for (const profile of cuts) expectWholeCpuProfile(profile);
      expect(cuts[1].endTime).toBeGreaterThan(cuts[0].endTime);
    });

    test('gives the live heap by place', async () => {
      await subject.start();
      if (!subject.captures.includes('heap')) return;
      const { head } = await subject.heapProfile();
      expect(head.callFrame.functionName).toBe('(root)');
      expectSizes(head);
    });

    test('gives handles, armed or not', async () => {
      await subject.start();
      if (!subject.captures.includes('handles')) return;
      const profile = await subject.handles(0);
      expect(profile.armedMs).toBe(0);
      expect(Object.keys(profile.activeByType).length).toBeGreaterThan(0);
      const armed = await subject.handles(200);
      expect(armed.armedMs).toBeGreaterThan(0);
    });

    test('looks at a thread as often as it was asked to at most, and lets it go on', async () => {
      await subject.start();
      if (!subject.captures.includes('stack')) return;
      const stacks = await subject.stacks(3);
      expect(stacks.length).toBeLessThanOrEqual(3);
      for (const { frames } of stacks) expect(frames[0]?.line).toBeGreaterThan(0);
      const beats = subject.pulse()?.beats ?? 0;
      await vi.waitFor(() => expect(subject.pulse()?.beats).toBeGreaterThan(beats), waiting);
    });

    test('ends once, as closed, and closes twice without harm', async () => {
      await subject.start();
      const [first] = await Promise.all([subject.close().then(async () => subject.ended), subject.close()]);
      expect(first.kind).toBe('closed');
      await subject.close();
    });

    test('after its end rejects captures, has no news and throws nothing', async () => {
      await subject.start();
      await subject.close();
      for (const kind of CaptureKind) await expect(capture(subject, kind)).rejects.toThrow(Error);
      for (const value of Object.values(subject.sample())) expect(Number.isFinite(value)).toBe(true);
      expect(() => subject.pulse()).not.toThrow();
      expect(() => subject.kernelState()).not.toThrow();
    });

    test('before its start rejects captures and throws nothing', async () => {
      for (const kind of CaptureKind) await expect(capture(subject, kind)).rejects.toThrow(Error);
      expect(() => subject.sample()).not.toThrow();
      expect(subject.pulse()).toBeNull();
      expect(() => subject.kernelState()).not.toThrow();
    });
  });
}

const waiting = { timeout: 10_000, interval: 50 };

async function capture(subject: Subject, kind: CaptureKind): Promise<unknown> {
  switch (kind) {
    case 'cpu':
      return subject.cutCpu({ beforeMs: 1000, afterMs: 0 });
    case 'heap':
      return subject.heapProfile();
    case 'handles':
      return subject.handles(0);
    case 'stack':
      return subject.stacks(1);
    case 'snapshot':
      return subject.snapshot(() => undefined);
  }
}

/** Every sample has a node and a time within the profile; hits are the samples, and ticks add up to hits. */
export function expectWholeCpuProfile(profile: CpuProfile): void {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  expect(byId.size).toBe(profile.nodes.length);
  expect(profile.nodes[0]?.callFrame.functionName).toBe('(root)');
  for (const node of profile.nodes)
    for (const child of node.children ?? []) expect(byId.has(child)).toBe(true);

  expect(profile.timeDeltas.length).toBe(profile.samples.length);
  const hits = new Map<number, number>();
  for (const id of profile.samples) hits.set(id, (hits.get(id) ?? 0) + 1);
  for (const node of profile.nodes) {
    expect(node.hitCount ?? 0).toBe(hits.get(node.id) ?? 0);
    const ticks = (node.positionTicks ?? []).reduce((sum, entry) => sum + entry.ticks, 0);
    expect(ticks).toBeLessThanOrEqual(node.hitCount ?? 0);
  }
  for (const id of hits.keys()) expect(byId.has(id)).toBe(true);

  expect(profile.endTime).toBeGreaterThanOrEqual(profile.startTime);
  let time = profile.startTime;
  for (const delta of profile.timeDeltas) {
    expect(delta).toBeGreaterThanOrEqual(0);
    time += delta;
  }
  expect(time).toBeLessThanOrEqual(profile.endTime);
}

function expectSizes(node: HeapProfileNode): void {
  expect(node.selfSize).toBeGreaterThanOrEqual(0);
  for (const child of node.children) expectSizes(child);
}
