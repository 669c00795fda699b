import { describe, expect, test } from 'vitest';
import { ManualClock, TurnClock } from '../../../src/base/index.ts';

function sceneOf(): { source: ManualClock; clock: TurnClock; turns: number[] } {
  const source = new ManualClock();
  const turns: number[] = [];
  const clock: TurnClock = new TurnClock(source, () => turns.push(clock.now()));
  return { source, clock, turns };
}

describe('TurnClock', () => {
  test('stands still from one beginning of a turn to the next', () => {
    const { source, clock } = sceneOf();
    source.advance(100);
    expect(clock.now()).toBe(0);
    clock.begin();
    expect(clock.now()).toBe(100);
    source.advance(7);
    expect(clock.now()).toBe(100);
  });

  test('answers the wall time of its source', () => {
    const { source, clock } = sceneOf();
    source.advance(1234);
    expect(clock.wall()).toBe(source.wall());
  });

  test('begins a turn for each of its timers and ends it behind them', () => {
    const { source, clock, turns } = sceneOf();
    const seen: string[] = [];
    clock.after(10, () => seen.push(`after at ${clock.now()}, ${turns.length} ended`));
    clock.every(15, () => seen.push(`every at ${clock.now()}, ${turns.length} ended`));
    source.advance(32);
    expect(seen).toEqual(['after at 10, 0 ended', 'every at 15, 1 ended', 'every at 30, 2 ended']);
    expect(turns).toEqual([10, 15, 30]);
  });

  test('hands on the cancelling of its timers', () => {
    const { source, clock, turns } = sceneOf();
    const once = clock.after(10, () => expect.unreachable());
    const often = clock.every(10, () => expect.unreachable());
    once.cancel();
    often.cancel();
    source.advance(100);
    expect(turns).toEqual([]);
    expect(source.pendingTimers).toBe(0);
  });
});
