import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CaptureRecord } from '../../../../holmes/capture/capture.ts';
import { silentLog } from '../../../../holmes/log.ts';
import { Monitor } from '../../../../holmes/monitor/monitor.ts';
import { CaptureRefused, SettingsError } from '../../../../holmes/monitor/view.ts';
import type { CpuProfile } from '../../../../holmes/profile/cpu-profile.ts';
import { defaultSettings, type SettingsChange } from '../../../../holmes/settings.ts';
import { applyChange } from '../../../../holmes/settings-change.ts';
import { ManualClock } from '../manual-clock.ts';
import { MemoryStore } from './memory-store.ts';
import { cpuProfileOf, ScriptedSubject } from './scripted-subject.ts';

const program = { name: 'app', version: '1', configuration: 'c1', node: 'v24', pid: 1, host: 'h' };

let clock: ManualClock;
let store: MemoryStore;
let monitor: Monitor;
let captured: CaptureRecord[];

async function start(subjects: readonly ScriptedSubject[], change: SettingsChange = {}): Promise<void> {
  monitor = new Monitor({
    settings: applyChange(defaultSettings, change),
    store,
    program: () => program,
    clock,
    log: silentLog,
    onCapture: (record) => captured.push(record),
  });
  for (const subject of subjects) monitor.add(subject);
  await monitor.start();
}

/** The clock stands still while a profile is compressed on another thread. */
async function captures(count: number): Promise<void> {
  await vi.waitFor(() => expect(captured.length).toBeGreaterThanOrEqual(count), { timeout: 5000 });
}

/** Lets so many readings be taken while the thread is alive. */
async function readings(
  subject: ScriptedSubject,
  count: number,
  others: readonly ScriptedSubject[] = [],
): Promise<void> {
  for (let i = 0; i < count * 50; i++) {
    for (const alive of [subject, ...others]) alive.beat();
    clock.advance(100);
  }
  await clock.pass(0);
}

beforeEach(() => {
  clock = new ManualClock();
  store = new MemoryStore();
  captured = [];
});

afterEach(async () => {
  await monitor.close();
  expect(clock.timers).toBe(0);
  expect(store.closes).toBe(1);
});

describe('the sampling cycle', () => {
  test('keeps the last ten readings of every subject', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject]);
    for (let i = 1; i <= 12; i++) {
      subject.next = { cpu: i / 1000 };
      await readings(subject, 1);
    }
    expect(subject.samples).toBe(12);
    const [ring] = monitor.rings();
    expect(ring!.times).toHaveLength(10);
    expect(ring!.values.cpu).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((i) => i / 1000));
  });

  test('captures what jumps against the ten readings before, and ties the capture to its decision', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject]);
    subject.next = { cpu: 0.2 };
    await readings(subject, 10);
    expect(captured).toEqual([]);
    subject.next = { cpu: 0.5 };
    await readings(subject, 1);
    await captures(1);
    const [record] = captured;
    expect(record).toMatchObject({ subject: 'data-1', kind: 'cpu', rule: 'cpu', program });
    expect(record!.reason).toContain('50 %');
    expect(record!.readings.values.cpu!.at(-1)).toBe(0.5);
    expect(subject.cuts).toEqual([{ beforeMs: 10_000, afterMs: 5000 }]);
    const [decision] = monitor.decisions();
    expect(decision).toMatchObject({ verdict: 'capture', by: 'diff', captureId: record!.id, value: 0.5 });
    expect(decision!.average).toBeCloseTo(0.2);
    expect(record!.files.map(({ format }) => format)).toEqual(['pb.gz', 'cpuprofile']);
    expect(record!.diagnosis.suspects[0]!.place.functionName).toBe('guilty');
  });

  test('tells what each reading was compared with and from where on it is captured, by the rules in force', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject], { rules: { heap: { enabled: false } } });
    expect(monitor.comparisons()).toEqual([]);
    const of = (reading: string) => monitor.comparisons().find((each) => each.reading === reading);
    subject.next = { cpu: 0.2, heap: 0.2 };
    await readings(subject, 1);
    expect(of('cpu')).toEqual({ subject: 'data-1', reading: 'cpu', average: Number.NaN, limit: 0.7 });
    await readings(subject, 10);
    // Of the ten before the newest: a reading that jumps is seen above its limit.
    subject.next = { cpu: 0.6, heap: 0.2 };
    await readings(subject, 1);
    await captures(1);
    expect(of('cpu')!.average).toBeCloseTo(0.2);
    expect(of('cpu')!.limit).toBeCloseTo(0.25);
    expect(of('heap')!.limit).toBe(Number.POSITIVE_INFINITY);
    expect(of('heap_bytes')).toBeUndefined();
    monitor.configure({ rules: { cpu: { diff: 0.5 } } });
    expect(of('cpu')!.limit).toBeCloseTo(0.3);
  });

  test('says why it did not capture', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject]);
    subject.next = { cpu: 0.2 };
    await readings(subject, 3);
    const quiet = monitor.decisions({ quiet: true }).filter(({ rule }) => rule === 'cpu');
    expect(quiet[0]!.verdict).toBe('quiet');
    expect(quiet[0]!.reason).toContain('2 of 10');
    expect(monitor.decisions()).toEqual([]);
  });

  test('waits for the cooldown, by a clock that does not jump', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject]);
    subject.next = { cpu: 0.9 };
    await readings(subject, 1);
    await captures(1);
    clock.jumpWall(24 * 3600 * 1000);
    await readings(subject, 2);
    expect(captured).toHaveLength(1);
    expect(monitor.decisions()[0]!.verdict).toBe('cooldown');
    clock.jumpWall(-48 * 3600 * 1000);
    await readings(subject, 10);
    await captures(2);
    expect(captured).toHaveLength(2);
  });

  test('takes one capture when two rules fire at once', async () => {
    const subject = new ScriptedSubject('data-1');
    const cut = Promise.withResolvers<CpuProfile>();
    subject.cut = () => cut.promise;
    await start([subject]);
    subject.next = { cpu: 0.9, event_loop_delay_p99: 400 };
    await readings(subject, 1);
    expect(subject.cuts).toHaveLength(1);
    expect(monitor.subjects()[0]!.capturing).toBe('cpu');
    cut.resolve(cpuProfileOf('guilty'));
    await captures(1);
    expect(monitor.subjects()[0]!.capturing).toBeNull();
  });

  test('keeps to its budget through ten thousand triggers in a minute', async () => {
    const subject = new ScriptedSubject('data-1');
    const noCooldown = { cooldownMs: 0 };
    await start([subject], { intervalMs: 100, rules: { cpu: noCooldown, event_loop_delay: noCooldown } });
    subject.next = { cpu: 0.9 };
    for (let i = 0; i < 590; i++) {
      for (let j = 0; j < 17; j++) subject.beat();
      clock.advance(100);
      if (i % 20 === 0) await clock.pass(0);
    }
    await clock.pass(0);
    await captures(1);
    await vi.waitFor(() => expect(monitor.subjects()[0]!.capturing).toBeNull());
    expect(subject.cuts.length).toBeLessThanOrEqual(12);
    const counts = monitor.figures().decisions.filter(({ rule }) => rule === 'cpu');
    expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(590);
    expect(monitor.decisions({ limit: 10_000 }).length).toBeLessThanOrEqual(1000);
  });

  test('does not take for a fault the pause that its own reading of the heap has made', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject]);
    await monitor.capture({ subject: 'data-1', kind: 'heap' });
    captured = [];
    subject.next = { gc_pause: 0.5, event_loop_delay_p99: 400 };
    await readings(subject, 1);
    expect(monitor.decisions().map(({ verdict }) => verdict)).toEqual(['busy', 'busy', 'capture']);
    expect(captured).toEqual([]);
    await readings(subject, 1);
    await captures(1);
  });

  test('leaves what costs while the CPU is full, and cuts what is recorded anyway', async () => {
    const subject = new ScriptedSubject('data-1');
    const whole = new ScriptedSubject('process', { kind: 'process', captures: [] });
    await start([subject, whole]);
    whole.next = { cpu: 0.97 };
    subject.next = { heap: 0.65, cpu: 0.6 };
    await readings(subject, 1);
    await captures(1);
    const heap = monitor.decisions().find(({ rule }) => rule === 'heap');
    expect(heap!.verdict).toBe('too_loaded');
    // The process fired as well, and the thread stands in for it.
    expect(captured[0]).toMatchObject({ subject: 'data-1', kind: 'cpu' });
    expect(captured[0]!.reason).toContain('the process');
  });

  test('captures the thread that made the process grow, where it grew', async () => {
    const idle = new ScriptedSubject('data-1');
    const guilty = new ScriptedSubject('data-2');
    const whole = new ScriptedSubject('process', { kind: 'process', captures: [] });
    await start([idle, guilty, whole]);
    whole.next = { rss: 0.3 };
    idle.next = { heap_bytes: 9e8, external_bytes: 1e6 };
    guilty.next = { heap_bytes: 1e8, external_bytes: 1e6 };
    await readings(guilty, 10, [idle]);
    captured = [];
    whole.next = { rss: 0.5 };
    guilty.next = { heap_bytes: 1e8, external_bytes: 3e8 };
    await readings(guilty, 1, [idle]);
    await captures(1);
    expect(captured.some(({ subject, kind }) => subject === 'data-2' && kind === 'handles')).toBe(true);
    expect(captured.some(({ subject }) => subject === 'data-1')).toBe(false);
  });
});

describe('the watchdog', () => {
  test('captures within 500 ms of the last sign of life, while the thread is stuck', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject]);
    for (let i = 0; i < 5; i++) {
      subject.beat();
      clock.advance(100);
    }
    clock.advance(500);
    expect(subject.cuts).toEqual([{ beforeMs: 10_000, afterMs: 0 }]);
    expect(monitor.subjects()[0]!.state).toBe('stuck');
    await captures(1);
    expect(captured[0]).toMatchObject({ rule: 'stall', kind: 'cpu' });
    clock.advance(5000);
    expect(subject.cuts).toHaveLength(1);
    subject.beat();
    clock.advance(100);
    expect(monitor.subjects()[0]!.state).toBe('watched');
  });

  test('reads the heap of a stuck thread behind the profile of the stall, and seldom', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject]);
    await clock.pass(500);
    expect(subject.asked).toEqual(['cpu', 'heap']);
    await captures(1);
    await clock.pass(2000);
    const heaps = subject.asked.filter((kind) => kind === 'heap').length;
    expect(subject.asked.filter((kind) => kind === 'cpu')).toHaveLength(1);
    expect(heaps).toBeGreaterThanOrEqual(3);
    expect(heaps).toBeLessThanOrEqual(6);
  });

  test('does not hold it against a thread that nobody looked for a while', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject]);
    subject.beat();
    clock.advance(100);
    clock.freeze(60_000);
    expect(subject.cuts).toEqual([]);
  });

  test('does not blame a thread that gets no core', async () => {
    const subject = new ScriptedSubject('data-1');
    subject.kernel = { kind: 'starved', waitChannel: '', systemCall: '' };
    await start([subject]);
    clock.advance(2000);
    expect(subject.cuts).toEqual([]);
    subject.kernel = { kind: 'running', waitChannel: '', systemCall: '' };
    clock.advance(100);
    expect(subject.cuts).toHaveLength(1);
    await captures(1);
  });

  test('captures a stall beside a capture that goes on', async () => {
    const subject = new ScriptedSubject('data-1');
    const slow = Promise.withResolvers<CpuProfile>();
    subject.cut = ({ afterMs }) => (afterMs > 0 ? slow.promise : Promise.resolve(cpuProfileOf('guilty')));
    await start([subject]);
    subject.next = { cpu: 0.9 };
    await readings(subject, 1);
    expect(monitor.subjects()[0]!.capturing).toBe('cpu');
    clock.advance(600);
    await captures(1);
    expect(captured[0]!.rule).toBe('stall');
    slow.resolve(cpuProfileOf('other'));
    await captures(2);
  });

  test('saves the heap at each level of memory once, and again after it has fallen', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject]);
    const heapAt = (heap: number) => {
      subject.pulseNow = { beats: subject.pulseNow!.beats + 1, heap, lastWords: 'none', error: '' };
      clock.advance(100);
    };
    for (const heap of [0.5, 0.69, 0.71, 0.73, 0.69, 0.72]) heapAt(heap);
    await captures(1);
    expect(captured[0]).toMatchObject({ rule: 'near_out_of_memory', kind: 'heap' });
    heapAt(0.9);
    await captures(2);
    for (const heap of [0.5, 0.75]) heapAt(heap);
    await captures(3);
    expect(captured).toHaveLength(3);
  });

  test('looks at a thread that dies of an error, and then lets it go', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject]);
    subject.pulseNow = {
      beats: 2,
      heap: 0.1,
      lastWords: 'exception',
      error: 'TypeError: x is not a function',
    };
    clock.advance(100);
    await captures(1);
    expect(captured[0]).toMatchObject({ rule: 'exception' });
    expect(captured[0]!.reason).toContain('TypeError: x is not a function');
    await vi.waitFor(() => expect(subject.letGoes).toBe(1));
  });

  test('lets a dying thread go when there is nothing to be had of it', async () => {
    const subject = new ScriptedSubject('data-1');
    subject.cut = () => Promise.reject(new Error('gone'));
    await start([subject]);
    subject.pulseNow = { beats: 2, heap: 0.1, lastWords: 'exception', error: 'Error: e' };
    clock.advance(100);
    await vi.waitFor(() => expect(subject.letGoes).toBe(1));
    expect(monitor.figures().captures).toEqual([
      { subject: 'data-1', rule: 'exception', kind: 'cpu', result: 'failed', count: 1 },
    ]);
  });

  test('keeps the last heap profile of a thread that ran out of memory', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject]);
    subject.pulseNow = { beats: 2, heap: 0.75, lastWords: 'none', error: '' };
    clock.advance(100);
    await captures(1);
    subject.end({ kind: 'out_of_memory', detail: 'limit 64 MiB' });
    await captures(2);
    expect(captured[1]).toMatchObject({ rule: 'out_of_memory', kind: 'heap' });
    expect(captured[1]!.reason).toContain('limit 64 MiB');
    expect(monitor.subjects()[0]).toMatchObject({ state: 'ended', problem: 'limit 64 MiB' });
  });
});

describe('a capture', () => {
  test('that never returns is given up, and the subject can be captured again', async () => {
    const subject = new ScriptedSubject('data-1');
    subject.cut = () => new Promise(() => {});
    await start([subject], { rules: { cpu: { cooldownMs: 0 } } });
    subject.next = { cpu: 0.9 };
    await readings(subject, 1);
    expect(monitor.subjects()[0]!.capturing).toBe('cpu');
    subject.next = {};
    for (let i = 0; i < 1300; i++) {
      subject.beat();
      clock.advance(100);
    }
    await vi.waitFor(() => expect(monitor.subjects()[0]!.capturing).toBeNull());
    expect(monitor.figures().captures[0]).toMatchObject({ result: 'failed', count: 1 });
    subject.cut = () => Promise.resolve(cpuProfileOf('guilty'));
    await expect(monitor.capture({ subject: 'data-1', kind: 'cpu', seconds: 1 })).resolves.toMatchObject({
      rule: 'request',
    });
  });

  test('of a subject that dies in the middle of it fails without harm', async () => {
    const subject = new ScriptedSubject('data-1');
    const cut = Promise.withResolvers<CpuProfile>();
    subject.cut = () => cut.promise;
    await start([subject]);
    const asked = monitor.capture({ subject: 'data-1', kind: 'cpu' });
    cut.reject(new Error('the thread has ended'));
    await expect(asked).rejects.toMatchObject({ reason: 'failed', message: 'the thread has ended' });
    expect(monitor.subjects()[0]!.capturing).toBeNull();
  });

  test('on request lasts as long as was asked', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject]);
    await monitor.capture({ subject: 'data-1', kind: 'cpu', seconds: 3 });
    expect(subject.cuts).toEqual([{ beforeMs: 0, afterMs: 3000 }]);
  });

  test.each([
    ['of nobody', { subject: 'data-9', kind: 'cpu' }, 'unknown_subject', 'data-1, process'],
    ['that the subject does not have', { subject: 'process', kind: 'cpu' }, 'unsupported', 'data-1 has'],
    ['for too long', { subject: 'data-1', kind: 'cpu', seconds: 600 }, 'bad_request', '1 to 120'],
  ] as const)('%s is refused with the reason', async (_, request, reason, words) => {
    await start([
      new ScriptedSubject('data-1'),
      new ScriptedSubject('process', { kind: 'process', captures: [] }),
    ]);
    const failure = await monitor.capture(request).catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(CaptureRefused);
    expect(failure).toMatchObject({ reason, message: expect.stringContaining(words) });
  });

  test('is refused while another one is taken', async () => {
    const subject = new ScriptedSubject('data-1');
    const cut = Promise.withResolvers<CpuProfile>();
    subject.cut = () => cut.promise;
    await start([subject]);
    const first = monitor.capture({ subject: 'data-1', kind: 'cpu' });
    await expect(monitor.capture({ subject: 'data-1', kind: 'heap' })).rejects.toMatchObject({
      reason: 'busy',
    });
    cut.resolve(cpuProfileOf('guilty'));
    await first;
  });

  test('of the whole heap is refused when there is no room for it', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject]);
    subject.next = { heap_bytes: 1e15 };
    await expect(monitor.capture({ subject: 'data-1', kind: 'snapshot' })).rejects.toMatchObject({
      reason: 'too_little_memory',
      message: expect.stringContaining('of memory'),
    });
    subject.next = { heap_bytes: 1024 };
    store.free = 10;
    await expect(monitor.capture({ subject: 'data-1', kind: 'snapshot' })).rejects.toMatchObject({
      reason: 'too_little_memory',
      message: expect.stringContaining('on disk'),
    });
    store.free = 1e9;
    await expect(monitor.capture({ subject: 'data-1', kind: 'snapshot' })).resolves.toMatchObject({
      kind: 'snapshot',
      files: [{ format: 'heapsnapshot' }],
    });
  });
});

describe('a monitor', () => {
  test('goes on without a subject that cannot be watched', async () => {
    const broken = new ScriptedSubject('data-1');
    broken.startFailure = new Error('no inspector');
    const sound = new ScriptedSubject('data-2');
    await start([broken, sound]);
    expect(monitor.subjects()).toMatchObject([
      { name: 'data-1', state: 'failed', problem: 'no inspector' },
      { name: 'data-2', state: 'watched' },
    ]);
  });

  test('goes on with the thread that replaces one that ended', async () => {
    const old = new ScriptedSubject('data-1');
    await start([old]);
    old.end({ kind: 'exit', detail: 'code 1' });
    await vi.waitFor(() => expect(monitor.subjects()[0]!.state).toBe('ended'));
    const fresh = new ScriptedSubject('data-1');
    monitor.add(fresh);
    await vi.waitFor(() => expect(monitor.subjects()).toMatchObject([{ name: 'data-1', state: 'watched' }]));
    fresh.next = { cpu: 0.9 };
    await readings(fresh, 1);
    await captures(1);
    expect(old.samples).toBe(0);
  });

  test('changes its interval and rules while running, or nothing at all', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject]);
    monitor.configure({ intervalMs: 1000, rules: { cpu: { abs: 0.95 } }, limits: { maxCount: 5 } });
    expect(store.limits.maxCount).toBe(5);
    subject.next = { cpu: 0.9 };
    clock.advance(1000);
    expect(subject.samples).toBe(1);
    expect(subject.cuts.filter(({ afterMs }) => afterMs > 0)).toEqual([]);
    expect(() => monitor.configure({ intervalMs: -1, rules: { cpu: { min: 7 } } })).toThrow(SettingsError);
    expect(monitor.settings()).toMatchObject({ intervalMs: 1000 });
  });

  test('learns what is normal from quiet windows only', async () => {
    const subject = new ScriptedSubject('data-1');
    await start([subject]);
    for (let i = 0; i < 320; i++) {
      subject.beat();
      clock.advance(100);
    }
    subject.windowListener!(cpuProfileOf('usual'));
    await clock.pass(0);
    subject.next = { cpu: 0.9 };
    subject.cut = () => Promise.resolve(cpuProfileOf('usual'));
    await readings(subject, 1);
    await captures(1);
    expect(captured[0]!.diagnosis.suspects[0]?.before ?? 1).toBeCloseTo(1);
  });
});
