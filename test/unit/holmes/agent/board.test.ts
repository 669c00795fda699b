import { createHistogram } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import { BoardReader } from '../../../../holmes/agent/board.ts';
import { Board, type Figures } from '../../../../holmes/agent/board-memory.ts';
import { delayResolutionMs, type Joined } from '../../../../holmes/agent/joined.ts';
import { ManualClock } from '../manual-clock.ts';

const calm: Figures = {
  heapShare: 0.25,
  heapBytes: 1000,
  externalBytes: 2000,
  loopActiveMs: 0,
  loopIdleMs: 0,
  gcMs: 0,
  handles: 3,
  sockets: 2,
  exchanges: 4,
};

/** A thread that turns its loop when told to: the histogram stands in for Node's, measurement by measurement. */
function threadAt(clock: ManualClock) {
  const board = new Board();
  const histogram = createHistogram();
  const joined = {
    token: 't',
    threadId: 7,
    tid: 0,
    memory: board.memory,
    delay: histogram as unknown as Joined['delay'],
  };
  let activeMs = 0;
  let idleMs = 0;
  board.publish(calm);
  return {
    board,
    histogram,
    joined,
    /** Turns for so long, `busy` of it at work, and reports. */
    turn(ms: number, busy = 0.1): void {
      for (let at = 0; at < ms; at += delayResolutionMs) {
        clock.advance(delayResolutionMs);
        histogram.record(delayResolutionMs * 1e6);
      }
      activeMs += ms * busy;
      idleMs += ms * (1 - busy);
      board.publish({ ...calm, loopActiveMs: activeMs, loopIdleMs: idleMs });
    },
    /** Comes back after it was stuck for so long; the clock has moved already. */
    comeBack(ms: number): void {
      histogram.record((ms + delayResolutionMs) * 1e6);
      activeMs += ms;
      board.publish({ ...calm, loopActiveMs: activeMs, loopIdleMs: idleMs });
    },
  };
}

describe('the reader of a board', () => {
  test('has no pulse of a thread that has not said anything', () => {
    const clock = new ManualClock();
    const { histogram } = threadAt(clock);
    const joined = { token: '', threadId: 1, tid: 0, memory: new Board().memory, delay: histogram as never };
    const reader = new BoardReader(joined, clock);
    expect(reader.pulse()).toBeNull();
    expect(reader.sample()).toEqual({});
  });

  test('counts ten beats in a second, also across samples', () => {
    const clock = new ManualClock();
    const thread = threadAt(clock);
    const reader = new BoardReader(thread.joined, clock);
    const before = reader.pulse()?.beats ?? 0;
    for (let round = 0; round < 10; round++) {
      thread.turn(625);
      reader.pulse();
      reader.sample();
    }
    expect((reader.pulse()?.beats ?? 0) - before).toBe(62);
  });

  test('hands on what the thread has left', () => {
    const clock = new ManualClock();
    const thread = threadAt(clock);
    const reader = new BoardReader(thread.joined, clock);
    thread.turn(3000, 0.2);
    const sample = reader.sample();
    expect(sample).toMatchObject({
      heap: 0.25,
      heap_bytes: 1000,
      external_bytes: 2000,
      handles: 3,
      async_resources: 7,
      sockets: 2,
      gc_pause: 0,
    });
    expect(sample.event_loop_utilization).toBeCloseTo(0.2, 6);
  });

  test('takes the resolution off the delays and starts anew after each sample', () => {
    const clock = new ManualClock();
    const thread = threadAt(clock);
    const reader = new BoardReader(thread.joined, clock);
    thread.turn(3000);
    clock.advance(100);
    thread.comeBack(100);
    const sample = reader.sample();
    expect(sample.event_loop_delay_p50).toBeCloseTo(0, 0);
    expect(sample.event_loop_delay_max).toBeCloseTo(100, 0);
    thread.turn(3000);
    expect(reader.sample().event_loop_delay_max).toBeCloseTo(0, 0);
  });

  test('says of a thread that is stuck since the last sample that it is busy, and late by its silence', () => {
    const clock = new ManualClock();
    const thread = threadAt(clock);
    const reader = new BoardReader(thread.joined, clock);
    thread.turn(5000);
    reader.sample();
    clock.advance(5000);
    const sample = reader.sample();
    expect(sample.event_loop_utilization).toBe(1);
    expect(sample.event_loop_delay_max).toBeGreaterThanOrEqual(5000);
    expect(sample.event_loop_delay_p50).toBeGreaterThanOrEqual(5000);
    clock.advance(5000);
    expect(reader.sample().event_loop_delay_max).toBeGreaterThanOrEqual(10_000);
  });

  test('does not count a stall again when the thread is back', () => {
    const clock = new ManualClock();
    const thread = threadAt(clock);
    const reader = new BoardReader(thread.joined, clock);
    thread.turn(3000);
    reader.pulse();
    clock.advance(2000);
    expect(reader.sample().event_loop_utilization).toBeCloseTo(2300 / 5000, 1);
    thread.comeBack(2000);
    thread.turn(3000, 0.1);
    expect(reader.sample().event_loop_utilization).toBeCloseTo(0.1, 6);
  });

  test('finds a stall at the end of a long time in which nobody looked', () => {
    const clock = new ManualClock();
    const thread = threadAt(clock);
    const reader = new BoardReader(thread.joined, clock);
    thread.turn(3000, 0);
    clock.advance(2000);
    const sample = reader.sample();
    expect(sample.event_loop_delay_max).toBeGreaterThan(1800);
    expect(sample.event_loop_utilization).toBeCloseTo(2000 / 5000, 1);
  });

  test('takes no silence from a thread that answers, however seldom it is looked at', () => {
    const clock = new ManualClock();
    const thread = threadAt(clock);
    const reader = new BoardReader(thread.joined, clock);
    for (let round = 0; round < 20; round++) {
      thread.turn(5000, 0);
      expect(reader.sample().event_loop_utilization).toBe(0);
    }
  });

  test('reads a board whose thread died while it was writing', () => {
    const clock = new ManualClock();
    const thread = threadAt(clock);
    const reader = new BoardReader(thread.joined, clock);
    Atomics.add(new Int32Array(thread.board.memory), 3, 1);
    expect(reader.pulse()).toMatchObject({ heap: 0.25 });
  });

  test('tells the last words, cut to whole characters', () => {
    const clock = new ManualClock();
    const thread = threadAt(clock);
    const reader = new BoardReader(thread.joined, clock);
    expect(reader.pulse()).toMatchObject({ lastWords: 'none', error: '' });
    thread.board.say('exception', 'Error: nö');
    expect(reader.pulse()).toMatchObject({ lastWords: 'exception', error: 'Error: nö' });
    thread.board.say('exception', '☃'.repeat(5000));
    expect(reader.pulse()?.error).toMatch(/^☃{600,}$/);
    thread.board.say('exit', '');
    expect(reader.pulse()).toMatchObject({ lastWords: 'exit', error: '' });
  });
});

describe('a board', () => {
  test('shows its thread that somebody looks', () => {
    const board = new Board();
    const before = board.looks;
    new Board(board.memory).look();
    expect(board.looks).not.toBe(before);
  });

  test('hands a request over once, and wakes who waits for it', async () => {
    const board = new Board();
    const armed = board.armed();
    new Board(board.memory).arm(1500.7);
    await armed;
    expect(board.takeArmMs()).toBe(1500);
    expect(board.takeArmMs()).toBe(0);
  });

  test('refuses memory that is none', () => {
    expect(() => new Board(new SharedArrayBuffer(64))).toThrow(RangeError);
  });

  test('stops nobody who has been let go already', () => {
    const board = new Board();
    board.say('exit', '');
    new Board(board.memory).release();
    const before = performance.now();
    board.awaitRelease(5000);
    expect(performance.now() - before).toBeLessThan(1000);
  });
});
