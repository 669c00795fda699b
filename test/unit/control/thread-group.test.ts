import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/index.ts';
import type { ControlLog } from '../../../src/control/log.ts';
import type { ThreadExit } from '../../../src/control/thread-exit.ts';
import { ThreadGroup, type ThreadGroupOptions } from '../../../src/control/thread-group.ts';
import type { FromData } from '../../../src/data/snapshot.ts';
import { CounterStore, ThreadSlot } from '../../../src/telemetry/index.ts';
import { fakeWorker } from './fake-worker.ts';
import { Recorder } from './recorder.ts';
import { testSnapshot } from './test-config.ts';

interface Happening {
  readonly what: 'started' | 'ended' | 'message' | 'log';
  readonly thread?: number;
  readonly exit?: ThreadExit;
  readonly memory?: SharedArrayBuffer;
  readonly message?: FromData;
  readonly level?: string;
  readonly text?: string;
}

const groups: ThreadGroup[] = [];
const folders: string[] = [];

function makeGroup(
  count: number,
  { heapBytes = 0, ...changes }: Partial<ThreadGroupOptions> & { heapBytes?: number } = {},
): { group: ThreadGroup; seen: Recorder<Happening> } {
  const seen = new Recorder<Happening>();
  const at = (level: string) => (text: string) => seen.push({ what: 'log', level, text });
  const log: ControlLog = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
  };
  const respawn = (thread: number) => fakeWorker(thread, { threads: count, heapBytes });
  const group = new ThreadGroup({
    workers: Array.from({ length: count }, (_, index) => respawn(index + 1)),
    respawn,
    stallRestartMs: () => 0,
    reusePort: true,
    clock: systemClock,
    log,
    events: {
      started: (thread, { memory }) => seen.push({ what: 'started', thread, memory }),
      ended: (thread, exit) => seen.push({ what: 'ended', thread, exit }),
      message: (thread, message) => seen.push({ what: 'message', thread, message }),
    },
    ...changes,
  });
  groups.push(group);
  group.start();
  return { group, seen };
}

afterEach(async () => {
  for (const group of groups.splice(0)) expect(await group.stop()).toBe(true);
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const deadlineMs = 10_000;

describe('thread group', () => {
  test('hands every thread the snapshot and says where its listeners accept', async () => {
    const { group } = makeGroup(2);
    const outcome = await group.apply(testSnapshot(1), deadlineMs);
    expect(outcome).toMatchObject({ version: 1, failures: [], died: [], unanswered: [] });
    expect([...outcome.listening]).toEqual([['inbound', { host: '127.0.0.1', port: 0 }]]);
    expect(group.report().map((thread) => [thread.thread, thread.state, thread.appliedVersion])).toEqual([
      [1, 'serving', 1],
      [2, 'serving', 1],
    ]);
  });

  test('reports a listener that several threads could not open once, and keeps the last good snapshot', async () => {
    const { group, seen } = makeGroup(2);
    await group.apply(testSnapshot(1), deadlineMs);
    const outcome = await group.apply(testSnapshot(2, '*:unbindable'), deadlineMs);
    expect(outcome.failures).toEqual([
      {
        listener: 'inbound',
        address: { host: '127.0.0.1', port: 0 },
        code: 'EADDRINUSE',
        message: 'address already in use',
      },
    ]);
    // A thread that is replaced now starts with version 1.
    group.post(testSnapshot(3, '1:applyFirst,1:exit3'));
    await seen.until((item) => item.what === 'ended');
    expect(group.report()[0]!.restarts).toBe(1);
  });

  test('replaces a crashed thread, reports error and stack, and gives the replacement the last good snapshot', async () => {
    const { group, seen } = makeGroup(2);
    await group.apply(testSnapshot(1), deadlineMs);
    const outcome = await group.apply(testSnapshot(2, '2:mute,2:crash'), deadlineMs);
    expect(outcome.died).toHaveLength(1);
    expect(outcome.died[0]).toMatchObject({
      thread: 2,
      exit: { kind: 'crash', message: 'RangeError: the test told me to crash' },
    });
    const exit = outcome.died[0]!.exit;
    expect(exit.kind === 'crash' && exit.stack).toContain('fake-data-thread.ts');
    const line = await seen.until((item) => item.what === 'log' && item.level === 'error');
    expect(line.text).toBe('data thread 2 crashed: RangeError: the test told me to crash; replacing it now');
    // Version 2 killed it, so the replacement runs version 1 until the caller decides.
    const again = await group.apply(testSnapshot(3, '2:log'), deadlineMs);
    expect(again).toMatchObject({ died: [], unanswered: [] });
    expect(group.report()[1]).toMatchObject({ state: 'serving', appliedVersion: 3, restarts: 1 });
    expect(group.report()[0]).toMatchObject({ restarts: 0, lastReplacement: null });
  });

  test('says what was thrown when it was no error', async () => {
    const { group } = makeGroup(1);
    const outcome = await group.apply(testSnapshot(1, '1:mute,1:throwString'), deadlineMs);
    expect(outcome.died[0]!.exit).toEqual({
      kind: 'crash',
      message: 'a value that is no Error was thrown: just text',
      stack: '',
    });
  });

  test('replaces a thread that exhausted its heap, and the process survives', async () => {
    const heapBytes = 32 * 1048576;
    const { group, seen } = makeGroup(2, { heapBytes });
    await group.apply(testSnapshot(1), deadlineMs);
    const outcome = await group.apply(testSnapshot(2, '1:heap'), deadlineMs);
    expect(outcome.died).toEqual([{ thread: 1, exit: { kind: 'out-of-heap', limitBytes: heapBytes } }]);
    const line = await seen.until((item) => item.what === 'log' && item.level === 'error');
    expect(line.text).toBe('data thread 1 ran out of heap (limit 32 MiB); replacing it now');
    const again = await group.apply(testSnapshot(3), deadlineMs);
    expect(again).toMatchObject({ died: [], unanswered: [] });
  });

  test('replaces a thread that ended by itself and names the code', async () => {
    const { group, seen } = makeGroup(1);
    await group.apply(testSnapshot(1), deadlineMs);
    group.post(testSnapshot(2, '1:exit3'));
    const ended = await seen.until((item) => item.what === 'ended');
    expect(ended.exit).toEqual({ kind: 'exit', code: 3 });
  });

  test('gives a replacement fresh counters and leaves the old ones readable', async () => {
    const { group, seen } = makeGroup(1);
    await group.apply(testSnapshot(1), deadlineMs);
    group.post(testSnapshot(2, '1:count,1:crash'));
    await seen.until((item) => item.what === 'ended');
    const memories = seen.all.filter((item) => item.what === 'started').map((item) => item.memory!);
    expect(memories).toHaveLength(2);
    expect(new CounterStore(memories[0]!).get(ThreadSlot.localReplies)).toBe(1);
    expect(memories[1]).not.toBe(memories[0]);
  });

  test('reports a stuck thread once, does not wait for it, and takes it back when it answers again', async () => {
    const { group, seen } = makeGroup(2);
    await group.apply(testSnapshot(1), deadlineMs);
    const outcome = await group.apply(testSnapshot(2, '1:spin2s'), deadlineMs);
    expect(outcome).toMatchObject({ failures: [], died: [], unanswered: [1] });
    expect(group.report()[0]).toMatchObject({ state: 'stalled', appliedVersion: 1 });
    expect(group.report()[0]!.silentMs).toBeGreaterThan(1000);
    const recovered = await seen.until((item) => item.what === 'log' && item.level === 'info');
    expect(recovered.text).toMatch(/^data thread 1 answers again after \d\.\d s$/);
    expect(group.report()[0]).toMatchObject({ state: 'serving', restarts: 0 });
    const errors = seen.all.filter((item) => item.level === 'error');
    expect(errors).toHaveLength(1);
    expect(errors[0]!.text).toMatch(
      /^data thread 1 is stalled: no heartbeat for 1\.\d s \(it is not replaced\)$/,
    );
  });

  test('ends and replaces a thread that is stuck for longer than stall_restart', async () => {
    const { group, seen } = makeGroup(2, { stallRestartMs: () => 1500 });
    await group.apply(testSnapshot(1), deadlineMs);
    group.post(testSnapshot(2, '2:spin'));
    const ended = await seen.until((item) => item.what === 'ended');
    expect(ended).toMatchObject({ thread: 2, exit: { kind: 'stall' } });
    expect(ended.exit?.kind === 'stall' && ended.exit.stalledMs).toBeGreaterThanOrEqual(1500);
    // Its replacement is given the same snapshot and gets stuck in the same way; the next one waits for it, not we.
    const outcome = await group.apply(testSnapshot(3), deadlineMs);
    expect(outcome).toMatchObject({ died: [], unanswered: [2] });
    const replaced = group.report()[1]!;
    expect(replaced.restarts).toBeGreaterThanOrEqual(1);
    expect(replaced.lastReplacement?.exit.kind).toBe('stall');
  });

  test('replaces a thread that is stuck in native code without waiting for it, and knows that it is not gone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'meshlock-'));
    folders.push(folder);
    const pipe = join(folder, 'pipe');
    execFileSync('/usr/bin/env', ['mkfifo', pipe]);
    const { group, seen } = makeGroup(1, { stallRestartMs: () => 1100 });
    await group.apply(testSnapshot(1), deadlineMs);
    const outcome = await group.apply(testSnapshot(2, '1:mute,1:native', pipe), deadlineMs);
    expect(outcome.unanswered).toEqual([1]);
    await group.apply(testSnapshot(3), deadlineMs);
    await seen.until(() => seen.all.filter((item) => item.what === 'started').length === 2);
    expect((await group.apply(testSnapshot(4), deadlineMs)).unanswered).toEqual([]);
    expect(group.report()[0]).toMatchObject({ state: 'serving', restarts: 1 });
    expect(await group.stop()).toBe(false);
    // Lets the first worker out.
    writeFileSync(pipe, '');
    while (!(await group.stop())) await new Promise((resolve) => setImmediate(resolve));
  });

  test('hands on messages and lines of output with the thread they came from', async () => {
    const { group, seen } = makeGroup(2);
    await group.apply(testSnapshot(1, '2:print,2:outlier'), deadlineMs);
    const message = await seen.until((item) => item.what === 'message');
    expect(message).toMatchObject({ thread: 2, message: { kind: 'outlier', cluster: 'app' } });
    await seen.until((item) => item.text === 'an error line' && item.level === 'warn');
    await seen.until((item) => item.text === 'first line' && item.level === 'info');
    await seen.until((item) => item.text === 'second line' && item.level === 'info');
  });

  test('drains every thread, adds up what was cut, and replaces nobody any more', async () => {
    const { group, seen } = makeGroup(3);
    await group.apply(testSnapshot(1), deadlineMs);
    expect(await group.drain(deadlineMs)).toEqual({ cut: 6, unanswered: [] });
    expect(group.report().map((thread) => thread.state)).toEqual(['draining', 'draining', 'draining']);
    await group.stop();
    expect(seen.all.filter((item) => item.what === 'started')).toHaveLength(3);
    expect(group.report().map((thread) => thread.state)).toEqual(['dead', 'dead', 'dead']);
  });

  test('does not wait for a stuck thread longer than the drain deadline', async () => {
    const { group } = makeGroup(2);
    await group.apply(testSnapshot(1), deadlineMs);
    group.post(testSnapshot(2, '1:spin'));
    expect(await group.drain(100)).toEqual({ cut: 2, unanswered: [1] });
  });

  test('tells a replacement that keep-alive connections are discouraged', async () => {
    const { group, seen } = makeGroup(1);
    await group.apply(testSnapshot(1), deadlineMs);
    group.discourage(true);
    await group.apply(testSnapshot(2, '1:mute,1:crash'), deadlineMs);
    await group.apply(testSnapshot(3), deadlineMs);
    group.post(testSnapshot(4, '1:log'));
    const message = await seen.until((item) => item.what === 'message');
    expect(message.message).toMatchObject({ kind: 'log', fields: { discouraged: true } });
  });
});
