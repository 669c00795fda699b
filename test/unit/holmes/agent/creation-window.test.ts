import { stat } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { CallSites } from '../../../../holmes/agent/call-site.ts';
import { CreationWindow } from '../../../../holmes/agent/creation-window.ts';
import { ManualClock } from '../manual-clock.ts';

const clock = new ManualClock();
const window = new CreationWindow(new CallSites(), clock);
const timers: NodeJS.Timeout[] = [];

afterEach(() => {
  window.remove();
  for (const timer of timers.splice(0)) clearTimeout(timer);
});

function leakTimer(): NodeJS.Timeout {
  const timer = setTimeout(() => {}, 1e8);
  timers.push(timer);
  return timer;
}

function readDisk(): Promise<void> {
  return new Promise((resolve) => {
    stat('/', () => resolve());
  });
}

/** Of all places in the function. */
function made(kind: string, name: string) {
  const groups = (window.take()?.created ?? []).filter(
    (group) => group.kind === kind && group.stack.some(({ functionName }) => functionName === name),
  );
  const sum = (of: 'created' | 'alive'): number => groups.reduce((total, group) => total + group[of], 0);
  return { created: sum('created'), alive: sum('alive') };
}

describe('the window of creations', () => {
  test('has found nothing as long as it was not armed', () => {
    leakTimer();
    expect(window.take()).toBeNull();
  });

  test('counts what is made and names the place', async () => {
    window.arm(1000);
    for (let count = 0; count < 3; count++) leakTimer();
    clock.advance(50);
    await readDisk();
    // The request counts as active until its callback has returned.
    await setImmediate();
    clock.advance(1000);
    leakTimer();
    const result = window.take();
    expect(result?.armedMs).toBe(1000);
    const timer = result?.created.find(
      ({ kind, stack }) =>
        kind === 'Timeout' && stack.some(({ functionName }) => functionName === 'leakTimer'),
    );
    expect(timer).toMatchObject({ created: 3, alive: 3 });
    expect(timer?.stack.find(({ functionName }) => functionName === 'leakTimer')?.url).toContain(
      'creation-window.test.ts',
    );
    const disk = result?.created.find(({ stack }) =>
      stack.some(({ functionName }) => functionName === 'readDisk'),
    );
    expect(disk).toMatchObject({ kind: 'FSREQCALLBACK', created: 1, alive: 0 });
  });

  test('tells timers that ran out from those that wait', () => {
    window.arm(1000);
    clearTimeout(leakTimer());
    leakTimer();
    clock.advance(1000);
    expect(made('Timeout', 'leakTimer')).toEqual({ created: 2, alive: 1 });
  });

  test('takes few stacks and estimates the rest, each type having its share', () => {
    window.arm(1000);
    for (let count = 0; count < 1000; count++) leakTimer();
    void readDisk();
    clock.advance(50);
    for (let count = 0; count < 1000; count++) leakTimer();
    clock.advance(1000);
    const { created = [] } = window.take() ?? {};
    const total = (wanted: string) =>
      created.filter(({ kind }) => kind === wanted).reduce((sum, group) => sum + group.created, 0);
    expect(total('Timeout')).toBeGreaterThanOrEqual(2000);
    expect(total('Timeout')).toBeLessThan(2020);
    expect(total('FSREQCALLBACK')).toBe(1);
    expect(created.some(({ kind, stack }) => kind === 'FSREQCALLBACK' && stack.length > 0)).toBe(true);
  });

  test('does not follow promises', async () => {
    window.arm(1000);
    await (async () => {
      for (let count = 0; count < 10; count++) await Promise.resolve();
    })();
    clock.advance(1000);
    expect(window.take()?.created.map(({ kind }) => kind)).not.toContain('PROMISE');
  });

  test('is closed by being read, and read once', () => {
    window.arm(5000);
    clock.advance(300);
    leakTimer();
    expect(window.take()?.armedMs).toBe(300);
    expect(window.take()).toBeNull();
    expect(clock.timers).toBe(0);
  });

  test('forgets after a minute what nobody has read', () => {
    window.arm(1000);
    clock.advance(1000);
    clock.advance(60_000);
    expect(window.take()).toBeNull();
    expect(clock.timers).toBe(0);
  });
});
