import { describe, expect, test } from 'vitest';
import { Verdict, type Decision } from '../../../../holmes/rule/decision.ts';
import { DecisionLog } from '../../../../holmes/rule/decision-log.ts';

function decision(change: Partial<Omit<Decision, 'id'>> = {}): Omit<Decision, 'id'> {
  return {
    at: 1000,
    subject: 'main',
    rule: 'cpu',
    verdict: Verdict.Cooldown,
    by: 'abs',
    reason: 'cpu 82 % has reached the limit 70 %',
    value: 0.82,
    average: 0.5,
    capture: 'cpu',
    captureId: null,
    ...change,
  };
}

const quiet = decision({ verdict: Verdict.Quiet, by: null });

describe('DecisionLog', () => {
  test('numbers decisions from 1 and gives the newest first', () => {
    const log = new DecisionLog();
    expect(log.newest({ quiet: true, limit: 10 })).toEqual([]);
    expect(log.add(decision()).id).toBe(1);
    expect(log.add(decision({ subject: 'data-1' }))).toEqual({ id: 2, ...decision({ subject: 'data-1' }) });
    expect(log.newest({ quiet: false, limit: 10 }).map(({ id }) => id)).toEqual([2, 1]);
    expect(log.newest({ quiet: false, limit: 1 }).map(({ id }) => id)).toEqual([2]);
    expect(log.newest({ quiet: false, limit: 0 })).toEqual([]);
    expect(log.newest({ quiet: false, limit: -5 })).toEqual([]);
  });

  test('shows quiet ones only when asked for, in their place among the others', () => {
    const log = new DecisionLog();
    log.add(quiet);
    log.add(decision());
    log.add(quiet);
    expect(log.newest({ quiet: false, limit: 10 }).map(({ id }) => id)).toEqual([2]);
    expect(log.newest({ quiet: true, limit: 10 }).map(({ id }) => id)).toEqual([3, 2, 1]);
    expect(log.newest({ quiet: true, limit: 2 }).map(({ id }) => id)).toEqual([3, 2]);
  });

  test('keeps the last thousand, which any number of quiet ones do not push out', () => {
    const log = new DecisionLog();
    for (let n = 0; n < 1500; n++) log.add(decision());
    for (let n = 0; n < 10_000; n++) log.add(quiet);
    const loud = log.newest({ quiet: false, limit: 100_000 });
    expect(loud).toHaveLength(1000);
    expect([loud[0]?.id, loud.at(-1)?.id]).toEqual([1500, 501]);
    const all = log.newest({ quiet: true, limit: 100_000 });
    expect(all).toHaveLength(1500);
    expect(all[0]?.id).toBe(11_500);
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort((a, b) => b - a));
  });

  test('ties a decision to its capture, without touching one that was handed out', () => {
    const log = new DecisionLog();
    const first = log.add(decision({ verdict: Verdict.Capture }));
    log.add(decision());
    log.link(first.id, 'a-capture');
    expect(first.captureId).toBeNull();
    expect(log.newest({ quiet: false, limit: 2 }).map(({ captureId }) => captureId)).toEqual([
      null,
      'a-capture',
    ]);
  });

  test('does not mind a link to what it has forgotten or never had', () => {
    const log = new DecisionLog();
    for (let n = 0; n < 1001; n++) log.add(decision());
    log.link(1, 'too-late');
    log.link(9999, 'never');
    expect(log.newest({ quiet: true, limit: 2000 }).filter(({ captureId }) => captureId !== null)).toEqual(
      [],
    );
    log.link(2, 'just-in-time');
    expect(log.newest({ quiet: true, limit: 2000 }).at(-1)).toMatchObject({
      id: 2,
      captureId: 'just-in-time',
    });
  });

  test('counts every decision by subject, rule and verdict, also those it has forgotten', () => {
    const log = new DecisionLog();
    for (let n = 0; n < 2000; n++) log.add(quiet);
    for (let n = 0; n < 3; n++) log.add(decision());
    log.add(decision({ rule: 'stall' }));
    log.add(decision({ subject: 'data-1' }));
    expect(log.counts()).toEqual([
      { subject: 'main', rule: 'cpu', verdict: 'quiet', count: 2000 },
      { subject: 'main', rule: 'cpu', verdict: 'cooldown', count: 3 },
      { subject: 'main', rule: 'stall', verdict: 'cooldown', count: 1 },
      { subject: 'data-1', rule: 'cpu', verdict: 'cooldown', count: 1 },
    ]);
  });

  test('hands out counts that do not change later', () => {
    const log = new DecisionLog();
    log.add(decision());
    const before = log.counts();
    log.add(decision());
    expect(before[0]?.count).toBe(1);
  });

  test('counts subjects without end under one name, and loses none', () => {
    const log = new DecisionLog();
    for (let n = 0; n < 6000; n++) log.add(decision({ subject: `job-${n}` }));
    const counts = log.counts();
    expect(counts.length).toBeLessThanOrEqual(5001);
    expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(6000);
    expect(counts.find(({ subject }) => subject === 'others')?.count).toBe(1000);
  });
});
