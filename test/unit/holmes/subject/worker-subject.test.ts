import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../holmes/clock.ts';
import { LinkError } from '../../../../holmes/link/link.ts';
import { WorkerLinks } from '../../../../holmes/link/worker-links.ts';
import type { CpuProfile } from '../../../../holmes/profile/cpu-profile.ts';
import { defaultSettings } from '../../../../holmes/settings.ts';
import { WorkerSubject } from '../../../../holmes/subject/worker-subject.ts';
import { subjectContract } from './contract.ts';
import { linesOf } from './fixtures/culprit-lines.ts';
import { CulpritWorker } from './fixtures/culprit-worker.ts';

function watch(culprit: CulpritWorker, links: WorkerLinks): WorkerSubject {
  return new WorkerSubject({
    worker: culprit.worker,
    name: 'data-1',
    title: 'data thread 1',
    links,
    clock: systemClock,
    recorder: defaultSettings.recorder,
  });
}

subjectContract('a worker', async () => {
  const culprit = new CulpritWorker();
  const links = new WorkerLinks();
  return {
    subject: watch(culprit, links),
    async stop() {
      links.close();
      await culprit.stop();
    },
  };
});

describe('a worker as a subject', () => {
  let culprit: CulpritWorker;
  let links: WorkerLinks;
  let subject: WorkerSubject;

  async function begin(options: { readonly maxHeapMiB?: number } = {}): Promise<void> {
    culprit = new CulpritWorker(options);
    subject = watch(culprit, links);
    await subject.start();
    await culprit.heard('ready');
  }

  beforeEach(() => {
    links = new WorkerLinks();
  });

  afterEach(async () => {
    culprit.release();
    await subject.close();
    links.close();
    await culprit.stop();
  });

  test('tells where it spins, by profile and by live stack, while it does', async () => {
    await begin();
    culprit.order({ act: 'loop' });
    await culprit.heard('begins');
    let stacks = await subject.stacks(3);
    await expect
      .poll(async () => {
        stacks = await subject.stacks(3);
        return stacks.length;
      })
      .toBe(3);
    const { first, last } = linesOf('guiltyLoop');
    for (const { at, frames } of stacks) {
      expect(Math.abs(at - systemClock.wall())).toBeLessThan(60_000);
      const guilty = frames.find(({ functionName }) => functionName === 'guiltyLoop');
      expect(guilty?.url).toMatch(/culprit\.ts$/);
      expect(guilty?.line).toBeGreaterThanOrEqual(first);
      expect(guilty?.line).toBeLessThanOrEqual(last);
    }
    const profile = await subject.cutCpu({ beforeMs: 10_000, afterMs: 300 });
    const heap = await subject.heapProfile();
    culprit.note('in hand');
    const guilty = profile.nodes.filter(({ callFrame }) => callFrame.functionName === 'guiltyLoop');
    expect(guilty.reduce((sum, { hitCount = 0 }) => sum + hitCount, 0)).toBeGreaterThan(10);
    expect(heap.head.callFrame.functionName).toBe('(root)');
    culprit.release();
    await culprit.heard('done');
    expect(culprit.events).toEqual(['ready', 'begins', 'in hand', 'done']);
  });

  test('gives no stack of a thread at rest, and does not stop it later', async () => {
    await begin();
    expect(await subject.stacks(3)).toEqual([]);
    culprit.order({ act: 'profile' });
    await culprit.heard('done');
    expect(culprit.events).toEqual(['ready', 'begins', 'done']);
  });

  test('gives no stack of a thread in native code, and asks it once only', async () => {
    await begin();
    culprit.order({ act: 'pbkdf2', rounds: 4_000_000 });
    await culprit.heard('begins');
    const looks = [await subject.stacks(2), await subject.stacks(2), await subject.stacks(2)];
    for (const stacks of looks) {
      for (const { frames } of stacks) expect(frames.length).toBeGreaterThan(0);
    }
    await culprit.heard('done');
    // It can be looked at again when it answers.
    culprit.order({ act: 'loop' });
    await expect.poll(async () => (await subject.stacks(1)).length, { timeout: 10_000 }).toBe(1);
  });

  test('reads its shared memory and the kernel while it is stuck', async () => {
    await begin();
    await expect.poll(() => subject.pulse()?.beats ?? 0, { timeout: 10_000 }).toBeGreaterThan(1);
    subject.sample();
    culprit.order({ act: 'loop' });
    await culprit.heard('begins');
    const beats = subject.pulse()?.beats;
    await expect
      .poll(() => subject.sample().event_loop_delay_max ?? 0, { timeout: 10_000 })
      .toBeGreaterThan(300);
    expect(subject.pulse()?.beats).toBeLessThanOrEqual((beats ?? 0) + 1);
    expect(['running', 'starved']).toContain(subject.kernelState().kind);
    expect(culprit.events).not.toContain('done');
  });

  test('writes a heap snapshot in pieces, one at a time', async () => {
    await begin();
    const pieces: string[] = [];
    const first = subject.snapshot((piece) => pieces.push(piece));
    await expect(subject.snapshot(() => undefined)).rejects.toMatchObject({ reason: 'refused' });
    await first;
    const snapshot = JSON.parse(pieces.join('')) as { readonly nodes: readonly number[] };
    expect(pieces.length).toBeGreaterThan(1);
    expect(snapshot.nodes.length).toBeGreaterThan(1000);
  });

  test('rejects a snapshot that cannot be written, and goes on', async () => {
    await begin();
    let writes = 0;
    const full = subject.snapshot(() => {
      writes++;
      throw new Error('no space left on device');
    });
    await expect(full).rejects.toThrow('no space left on device');
    expect(writes).toBe(1);
    expect((await subject.heapProfile()).head.callFrame.functionName).toBe('(root)');
  });

  test('ends with an exit and its code', async () => {
    await begin();
    culprit.order({ act: 'exit' });
    expect(await subject.ended).toEqual({ kind: 'exit', detail: 'exit code 3' });
    await expect(subject.heapProfile()).rejects.toBeInstanceOf(LinkError);
  });

  test('ends with the exception that nobody caught, whatever was thrown', async () => {
    await begin();
    culprit.order({ act: 'throw' });
    expect(await subject.ended).toEqual({ kind: 'exception', detail: 'TypeError: nobody catches this' });
    await culprit.stop();
    await begin();
    culprit.order({ act: 'throw null' });
    expect(await subject.ended).toMatchObject({ kind: 'exception' });
  });

  test('ends out of memory', async () => {
    await begin({ maxHeapMiB: 24 });
    culprit.order({ act: 'grow' });
    const end = await subject.ended;
    expect(end.kind).toBe('out_of_memory');
    expect(end.detail).toContain('memory limit');
  });

  test('rejects what is under way when it dies', async () => {
    await begin();
    const captures = Promise.allSettled([
      subject.cutCpu({ beforeMs: 1000, afterMs: 60_000 }),
      subject.handles(60_000),
    ]);
    culprit.order({ act: 'exit' });
    for (const outcome of await captures) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'LinkError', reason: 'closed' } });
    }
    const { kind } = await subject.ended;
    expect(kind).toBe('exit');
  });

  test('rejects the start of a worker that has died', async () => {
    culprit = new CulpritWorker();
    subject = watch(culprit, links);
    await culprit.worker.terminate();
    await expect(subject.start()).rejects.toMatchObject({ name: 'LinkError', reason: 'closed' });
  });

  test('joins thirty workers in the middle of their boot, and harms none', async () => {
    await begin();
    const culprits = Array.from({ length: 30 }, () => new CulpritWorker());
    const subjects: WorkerSubject[] = [];
    try {
      for (const booting of culprits) {
        const watched = watch(booting, links);
        subjects.push(watched);
        await watched.start();
        await booting.heard('ready');
        expect(booting.events).not.toContain('error');
      }
    } finally {
      await Promise.all(subjects.map(async (watched) => watched.close()));
      await Promise.all(culprits.map(async (booting) => booting.stop()));
    }
  });

  test('leaves the thread as it was: no agent, no profiler, no listeners of ours', async () => {
    culprit = new CulpritWorker();
    const exitListeners = culprit.worker.listenerCount('exit');
    subject = watch(culprit, links);
    await subject.start();
    await culprit.heard('ready');
    await subject.close();
    expect(await subject.ended).toEqual({ kind: 'closed', detail: '' });
    expect(culprit.worker.listenerCount('exit')).toBe(exitListeners);
    const link = await links.linkTo(culprit.worker, 10_000);
    const { result } = await link.post<{ result: { value: unknown } }>('Runtime.evaluate', {
      expression: "globalThis[Symbol.for('meshlock.holmes')] === undefined",
    });
    expect(result.value).toBe(true);
    await expect(link.post('Profiler.start')).rejects.toThrow('Profiler is not enabled');
  });

  test('is watched again by a new subject after the first was closed', async () => {
    await begin();
    await subject.close();
    subject = watch(culprit, links);
    await subject.start();
    const profile = await subject.cutCpu({ beforeMs: 1000, afterMs: 100 });
    expect(profile.samples.length).toBeGreaterThan(0);
  });

  test('hands windows over to listeners that came before its start and after it', async () => {
    culprit = new CulpritWorker();
    subject = watch(culprit, links);
    const heard: [string, CpuProfile][] = [];
    subject.onWindow((profile) => heard.push(['before', profile]));
    await subject.start();
    subject.onWindow((profile) => heard.push(['after', profile]));
    await subject.cutCpu({ beforeMs: 1000, afterMs: 0 });
    expect(heard.map(([who]) => who)).toEqual(['before', 'after']);
    expect(heard[0]?.[1]).toEqual(heard[1]?.[1]);
  });

  test('is closed within seconds while it is stuck in native code', async () => {
    await begin();
    culprit.order({ act: 'pbkdf2', rounds: 6_000_000 });
    await culprit.heard('begins');
    const cut = Promise.allSettled([subject.cutCpu({ beforeMs: 1000, afterMs: 60_000 })]);
    await subject.close();
    culprit.note('closed');
    expect(await cut).toMatchObject([{ status: 'rejected', reason: { reason: 'closed' } }]);
    await culprit.heard('done');
    expect(culprit.events).toEqual(['ready', 'begins', 'closed', 'done']);
  });
});
