import { afterEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/index.ts';
import { DataThread } from '../../../src/control/data-thread.ts';
import type { ThreadExit } from '../../../src/control/thread-exit.ts';
import { ThreadSeat } from '../../../src/control/thread-seat.ts';
import { fakeWorker } from './fake-worker.ts';
import { Recorder } from './recorder.ts';
import { testSnapshot } from './test-config.ts';

/** A worker is real and lives in real time; when it is replaced or counts as stuck is decided in the clock's. */
class Stage {
  readonly clock: ManualClock = new ManualClock();
  readonly ended: Recorder<{ exit: ThreadExit; restartInMs: number | null }> = new Recorder();
  readonly answers: Recorder<{ thread: DataThread; version: number }> = new Recorder();
  readonly happenings: string[] = [];
  readonly threads: DataThread[] = [];
  readonly seat: ThreadSeat;

  constructor(options: { stallRestartMs?: number; entry?: string } = {}) {
    const seat: ThreadSeat = new ThreadSeat({
      thread: 1,
      clock: this.clock,
      stallAfterMs: 1000,
      stallRestartMs: () => options.stallRestartMs ?? 0,
      startTimeoutMs: 30_000,
      overlap: true,
      spawn: () => this.#spawn(options.entry ?? './fake-data-thread.ts'),
      events: {
        stalled: (_thread, silentMs) => this.happenings.push(`stalled ${silentMs}`),
        recovered: (_thread, silentMs) => this.happenings.push(`recovered ${silentMs}`),
        ended: (_thread, exit, restartInMs) => this.ended.push({ exit, restartInMs }),
      },
    });
    this.seat = seat;
  }

  #spawn(entry: string): DataThread {
    const thread = new DataThread({
      thread: 1,
      worker: fakeWorker(1, { entry }),
      clock: this.clock,
      maxLookStepMs: 500,
      events: {
        message: (from, message) => {
          if (message.kind === 'applied') this.answers.push({ thread: from, version: message.version });
        },
        output: () => {},
        exit: (gone, exit) => this.seat.ended(gone, exit),
      },
    });
    this.threads.push(thread);
    return thread;
  }

  /** Lets the watch pass by every 250 ms for `ms`. */
  watchFor(ms: number): void {
    for (let passed = 0; passed < ms; passed += 250) {
      this.clock.advance(250);
      this.seat.look(this.clock.now());
    }
  }

  /** A thread that has started and from now on beats only when a snapshot tells it to. */
  async still(): Promise<DataThread> {
    const thread = this.seat.current!;
    thread.apply(testSnapshot(1, '1:still'));
    await this.answers.until((answer) => answer.thread === thread);
    return thread;
  }

  async crash(): Promise<{ exit: ThreadExit; restartInMs: number | null }> {
    const before = this.ended.all.length;
    this.seat.current!.apply(testSnapshot(2, '1:mute,1:crash'));
    return this.ended.until((item) => this.ended.all.indexOf(item) >= before);
  }

  async close(): Promise<void> {
    this.seat.retire();
    await Promise.all(this.threads.map((thread) => thread.terminate({ kind: 'stopped' })));
  }
}

const stages: Stage[] = [];

function stage(options: { stallRestartMs?: number; entry?: string } = {}): Stage {
  const made = new Stage(options);
  stages.push(made);
  made.seat.start();
  return made;
}

afterEach(async () => {
  for (const made of stages.splice(0)) await made.close();
});

describe('thread seat', () => {
  test('replaces at once after the first death, later after each further one within a minute', async () => {
    const made = stage();
    const { seat, clock, threads } = made;
    expect((await made.crash()).restartInMs).toBe(0);
    expect(threads).toHaveLength(2);
    expect((await made.crash()).restartInMs).toBe(100);
    expect(threads).toHaveLength(2);
    clock.advance(99);
    expect(threads).toHaveLength(2);
    clock.advance(1);
    expect(threads).toHaveLength(3);
    expect((await made.crash()).restartInMs).toBe(200);
    clock.advance(200);
    clock.advance(60_000);
    expect((await made.crash()).restartInMs).toBe(0);
    expect(seat.restarts).toBe(4);
    expect(seat.lastReplacement).toMatchObject({ exit: { kind: 'crash' }, atMs: clock.wall() });
  });

  test('does not replace anyone once retired, not even one whose replacement is due', async () => {
    const made = stage();
    await made.crash();
    expect((await made.crash()).restartInMs).toBe(100);
    made.seat.retire();
    made.clock.advance(1000);
    expect(made.threads).toHaveLength(2);
  });

  test('reports silence of more than a second once, and the recovery', async () => {
    const made = stage();
    const thread = await made.still();
    made.seat.look(made.clock.now());
    made.watchFor(1000);
    expect(made.happenings).toEqual([]);
    made.watchFor(1000);
    expect(made.happenings).toEqual(['stalled 1250']);
    expect(thread.state).toBe('stalled');
    thread.apply(testSnapshot(2, '1:beat'));
    await made.answers.until((answer) => answer.version === 2);
    made.watchFor(250);
    expect(made.happenings).toEqual(['stalled 1250', 'recovered 2000']);
    expect(thread.state).toBe('serving');
  });

  test('ends a thread that is silent for as long as stall_restart, and replaces it', async () => {
    const made = stage({ stallRestartMs: 10_000 });
    await made.still();
    made.seat.look(made.clock.now());
    made.watchFor(9750);
    expect(made.ended.all).toEqual([]);
    made.watchFor(250);
    const { exit, restartInMs } = await made.ended.until(() => true);
    expect(exit).toEqual({ kind: 'stall', stalledMs: 10_000 });
    expect(restartInMs).toBe(0);
    expect(made.threads).toHaveLength(2);
  });

  test('replaces a worker that never gets going', async () => {
    const made = stage({ entry: './silent-data-thread.ts' });
    made.watchFor(30_000);
    expect(made.threads).toHaveLength(1);
    made.watchFor(250);
    expect((await made.ended.until(() => true)).exit).toEqual({ kind: 'start-timeout', waitedMs: 30_250 });
  });

  test('is empty only when the worker has really ended', async () => {
    const made = stage();
    expect(made.seat.empty).toBe(false);
    made.seat.retire();
    await made.seat.current!.terminate({ kind: 'stopped' });
    expect(made.seat.current!.isGone).toBe(true);
    await made.seat.current!.gone;
    await Promise.resolve();
    expect(made.seat.empty).toBe(true);
  });
});
