import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../holmes/clock.ts';
import type { Link } from '../../../../holmes/link/link.ts';
import { WorkerLinks } from '../../../../holmes/link/worker-links.ts';
import type { CpuProfile } from '../../../../holmes/profile/cpu-profile.ts';
import { FlightRecorder, type FlightRecorderOptions } from '../../../../holmes/recorder/flight-recorder.ts';
import { defaultSettings, type RecorderSettings } from '../../../../holmes/settings.ts';
import { expectWholeCpuProfile } from '../subject/contract.ts';
import { CulpritWorker } from '../subject/fixtures/culprit-worker.ts';
import { linesOf } from '../subject/fixtures/culprit-lines.ts';

const everything = { beforeMs: 60_000, afterMs: 0 };

/** Samples by function and, of those with a line, the line. */
function samplesIn(profile: CpuProfile, functionName: string): number {
  const ids = new Set(
    profile.nodes.filter(({ callFrame }) => callFrame.functionName === functionName).map(({ id }) => id),
  );
  return profile.samples.filter((id) => ids.has(id)).length;
}

/** Share of the samples in or below the guilty pattern. */
function patternShare(profile: CpuProfile): number {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const guilty = profile.nodes.filter(({ callFrame }) => callFrame.functionName === 'guiltyPattern');
  const below = new Set<number>();
  for (const { callFrame } of guilty) expect(callFrame.lineNumber + 1).toBe(linesOf('guiltyPattern').first);
  const open = guilty.map(({ id }) => id);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    below.add(id);
    open.push(...(byId.get(id)?.children ?? []));
  }
  return profile.samples.filter((id) => below.has(id)).length / profile.samples.length;
}

function hottestLine(profile: CpuProfile, functionName: string): number {
  const ticks = new Map<number, number>();
  for (const { callFrame, positionTicks = [] } of profile.nodes) {
    if (callFrame.functionName !== functionName) continue;
    for (const entry of positionTicks) ticks.set(entry.line, (ticks.get(entry.line) ?? 0) + entry.ticks);
  }
  return [...ticks].sort((a, b) => b[1] - a[1])[0]?.[0] ?? Number.NaN;
}

describe('a flight recorder', () => {
  let culprit: CulpritWorker;
  let links: WorkerLinks;
  let link: Link;
  const recorders: FlightRecorder[] = [];

  beforeEach(async () => {
    culprit = new CulpritWorker();
    links = new WorkerLinks();
    link = await links.linkTo(culprit.worker, 10_000);
    await culprit.heard('ready');
  });

  afterEach(async () => {
    culprit.release();
    await Promise.all(recorders.splice(0).map(async (recorder) => recorder.close()));
    links.close();
    await culprit.stop();
  });

  async function record(
    settings: Partial<RecorderSettings> = {},
    options: Partial<FlightRecorderOptions> = {},
  ): Promise<FlightRecorder> {
    const recorder = new FlightRecorder({
      link,
      clock: systemClock,
      settings: { ...defaultSettings.recorder, ...settings },
      title: `test ${recorders.length}`,
      ...options,
    });
    recorders.push(recorder);
    await recorder.start();
    return recorder;
  }

  /** Returns when the guilty function has been running for some samples. */
  async function untilBusy(recorder: FlightRecorder, functionName: string): Promise<void> {
    await expect
      .poll(async () => samplesIn(await recorder.cut(everything), functionName), { timeout: 10_000 })
      .toBeGreaterThan(5);
  }

  test('has the loop in hand while it goes on, with its function and a line of it', async () => {
    const recorder = await record();
    culprit.order({ act: 'loop' });
    await untilBusy(recorder, 'guiltyLoop');
    const profile = await recorder.cut(everything);
    culprit.note('in hand');
    expectWholeCpuProfile(profile);
    const { first, last } = linesOf('guiltyLoop');
    expect(hottestLine(profile, 'guiltyLoop')).toBeGreaterThanOrEqual(first);
    expect(hottestLine(profile, 'guiltyLoop')).toBeLessThanOrEqual(last);
    culprit.release();
    await culprit.heard('done');
    expect(culprit.events).toEqual(['ready', 'begins', 'in hand', 'done']);
  });

  test('has the regular expression in hand while it is being matched, with the line it stands in', async () => {
    const recorder = await record();
    culprit.order({ act: 'pattern' });
    await expect
      .poll(async () => patternShare(await recorder.cut(everything)), { timeout: 10_000 })
      .toBeGreaterThan(0.2);
    culprit.note('in hand');
    culprit.release();
    await culprit.heard('done');
    expect(culprit.events).toEqual(['ready', 'begins', 'in hand', 'done']);
  });

  test('names a native call when it ends, also for a cut that was asked for in the middle', async () => {
    const recorder = await record();
    culprit.order({ act: 'pbkdf2', rounds: 1_500_000 });
    await culprit.heard('begins');
    const profile = await recorder.cut({ beforeMs: 10_000, afterMs: 100 });
    // Until the thread answered, nothing could be cut; what came after the range is left out.
    const whole = await recorder.cut(everything);
    expect(samplesIn(whole, 'guiltyPbkdf2') + samplesIn(whole, 'run')).toBeGreaterThan(10);
    expect(whole.samples.length).toBeGreaterThan(profile.samples.length);
    await culprit.heard('done');
  });

  test('gives several cuts at once each its own time', async () => {
    const recorder = await record();
    culprit.order({ act: 'loop' });
    await untilBusy(recorder, 'guiltyLoop');
    const before = await recorder.cut(everything);
    const cuts = await Promise.all([
      recorder.cut({ beforeMs: 60_000, afterMs: 0 }),
      recorder.cut({ beforeMs: 60_000, afterMs: 400 }),
      recorder.cut({ beforeMs: 50, afterMs: 400 }),
      recorder.cut({ beforeMs: 50, afterMs: 0 }),
    ]);
    for (const profile of cuts) expectWholeCpuProfile(profile);
    const [atOnce, later, narrow] = cuts;
    expect(atOnce.startTime).toBe(before.startTime);
    expect(later.startTime).toBe(before.startTime);
    expect(later.endTime).toBeGreaterThan(atOnce.endTime);
    expect(narrow.startTime).toBeGreaterThan(before.startTime);
    // Two estimates of one clock: they may differ by what an answer takes.
    expect(Math.abs(narrow.endTime - later.endTime)).toBeLessThan(200_000);
    expect(narrow.endTime - narrow.startTime).toBeLessThan(1_000_000);
  });

  test('rotates by itself, hands every window over, and joins them for a cut', async () => {
    const windows: CpuProfile[] = [];
    const recorder = await record({ windowMs: 50 });
    recorder.onWindow((profile) => windows.push(profile));
    culprit.order({ act: 'loop' });
    await expect.poll(() => windows.length, { timeout: 10_000 }).toBeGreaterThan(20);
    for (const window of windows) expectWholeCpuProfile(window);
    const profile = await recorder.cut({ beforeMs: 10_000, afterMs: 0 });
    expectWholeCpuProfile(profile);
    expect(profile.startTime).toBeLessThan(windows[5]?.startTime ?? 0);
    expect(profile.endTime).toBeGreaterThanOrEqual(windows.at(-2)?.endTime ?? Number.NaN);
    // Windows overlap by a moment, but no sample is counted twice: they lie 10 ms apart.
    expect(profile.samples.length).toBeLessThan((profile.endTime - profile.startTime) / 5000);
  });

  test('keeps no listener, no call and no window too many over 200 rotations', async () => {
    const recorder = await record({ beforeMs: 100 });
    const counts: number[] = [];
    for (let round = 0; round < 200; round++) {
      const { nodes } = await recorder.cut({ beforeMs: 100, afterMs: 0 });
      counts.push(nodes.length);
    }
    expect(culprit.worker.listenerCount('exit')).toBeLessThanOrEqual(2);
    expect(counts).toHaveLength(200);
    const last = await recorder.cut(everything);
    // Of what lies further back than anybody has asked for nothing is kept but what one window spans.
    expect(last.endTime - last.startTime).toBeLessThan(10_000_000);
    expect(culprit.worker.listenerCount('message')).toBe(1);
  });

  test("ignores other people's profiles in the same thread", async () => {
    const windows: CpuProfile[] = [];
    const recorder = await record();
    recorder.onWindow((profile) => windows.push(profile));
    const { promise: others, resolve } = Promise.withResolvers<unknown>();
    link.on('Profiler.consoleProfileFinished', resolve);
    culprit.order({ act: 'profile' });
    expect(await others).toMatchObject({ title: 'of somebody else' });
    expect(windows).toHaveLength(0);
    await recorder.cut(everything);
    expect(windows).toHaveLength(1);
  });

  test('takes recording up again when somebody ends the newest profile of the thread', async () => {
    const recorder = await record();
    culprit.order({ act: 'end newest profile' });
    await culprit.heard('done');
    const before = await recorder.cut(everything);
    expect(before.samples.length).toBeGreaterThan(0);
    culprit.order({ act: 'loop' });
    await untilBusy(recorder, 'guiltyLoop');
  });

  test('works in a thread that has replaced its console', async () => {
    const recorder = await record();
    culprit.order({ act: 'replace console' });
    await culprit.heard('done');
    expectWholeCpuProfile(await recorder.cut(everything));
  });

  test('rejects the cut when the thread refuses it, and goes on', async () => {
    let refusals = 1;
    const refusing: Link = {
      closed: link.closed,
      close: () => link.close(),
      on: (method, listener) => link.on(method, listener),
      post: async (method, params, timeoutMs) => {
        const isRotation = String(params?.['expression']).includes('profileEnd');
        if (!isRotation || refusals-- <= 0) return link.post(method, params, timeoutMs);
        return link.post(method, { ...params, expression: 'throw new Error("not now")' }, timeoutMs);
      },
    };
    const recorder = await record({}, { link: refusing });
    await expect(recorder.cut(everything)).rejects.toMatchObject({
      reason: 'refused',
      message: expect.stringContaining('Error: not now'),
    });
    culprit.order({ act: 'loop' });
    await untilBusy(recorder, 'guiltyLoop');
  });

  test('rejects the start and the cut of a thread that has gone', async () => {
    await culprit.worker.terminate();
    const recorder = new FlightRecorder({
      link,
      clock: systemClock,
      settings: defaultSettings.recorder,
      title: 'of a dead thread',
    });
    await expect(recorder.start()).rejects.toMatchObject({ reason: 'closed' });
    await expect(recorder.cut(everything)).rejects.toMatchObject({ reason: 'closed' });
    await recorder.close();
  });

  test('rejects a cut after its time when the thread does not answer, sends it nothing more, and goes on', async () => {
    const posts: string[] = [];
    const counted: Link = {
      closed: link.closed,
      close: () => link.close(),
      on: (method, listener) => link.on(method, listener),
      post: async (method, params, timeoutMs) => {
        posts.push(method);
        return link.post(method, params, timeoutMs);
      },
    };
    const recorder = await record({ windowMs: 20 }, { link: counted, answerTimeoutMs: 100 });
    culprit.order({ act: 'pbkdf2', rounds: 3_000_000 });
    await culprit.heard('begins');
    await expect
      .poll(async () => recorder.cut(everything).then(() => 'cut', String), { interval: 1 })
      .toContain('no answer in 100 ms');
    const sent = posts.length;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, async () => recorder.cut({ beforeMs: 1000, afterMs: 10 })),
    );
    if (!culprit.events.includes('done')) {
      expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'rejected'));
      expect(posts.length).toBe(sent);
    }
    await culprit.heard('done');
    const whole = await recorder.cut(everything);
    expect(samplesIn(whole, 'guiltyPbkdf2') + samplesIn(whole, 'run')).toBeGreaterThan(10);
  });

  test('rejects cuts in the middle when the thread dies, and every later one', async () => {
    const recorder = await record();
    const cuts = Promise.allSettled([
      recorder.cut({ beforeMs: 1000, afterMs: 60_000 }),
      recorder.cut({ beforeMs: 1000, afterMs: 50_000 }),
    ]);
    culprit.order({ act: 'exit' });
    for (const outcome of await cuts) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'LinkError', reason: 'closed' } });
    }
    await expect(recorder.cut(everything)).rejects.toMatchObject({ reason: 'closed' });
    await recorder.close();
  });

  test('rejects waiting cuts when it is closed, and stops the profiler of the thread', async () => {
    const recorder = await record();
    const cut = Promise.allSettled([recorder.cut({ beforeMs: 1000, afterMs: 60_000 })]);
    await recorder.close();
    expect(await cut).toMatchObject([{ reason: { reason: 'closed' } }]);
    await expect(recorder.cut(everything)).rejects.toMatchObject({ reason: 'closed' });
    await expect(link.post('Profiler.start')).rejects.toThrow('Profiler is not enabled');
  });
});
