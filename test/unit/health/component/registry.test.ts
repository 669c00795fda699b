import { describe, expect, test, vi } from 'vitest';
import type { Component, ComponentReport, Transition } from '../../../../health/component/component.ts';
import { HealthRegistry } from '../../../../health/component/registry.ts';
import { ManualClock } from '../../holmes/manual-clock.ts';
import { component, KeptLog, report, Told } from './probe-component.ts';

interface Rig {
  readonly clock: ManualClock;
  readonly log: KeptLog;
  readonly registry: HealthRegistry;
}

/** Half way: the second check half a period after the first, then each period exactly. */
function rig(
  options: { readonly random?: () => number; readonly captureNear?: (at: number) => string } = {},
): Rig {
  const clock = new ManualClock();
  const log = new KeptLog();
  return { clock, log, registry: new HealthRegistry({ clock, log, random: () => 0.5, ...options }) };
}

function only({ registry }: Rig): HealthRegistry['snapshot']['components'][number] {
  const view = registry.snapshot.components[0];
  if (view === undefined) throw new Error('there is no component');
  return view;
}

const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('a health registry', () => {
  test('knows nothing before it starts, and what answers at once when start returns', () => {
    const it = rig();
    const told = new Told(report('healthy', 'two endpoints'));
    it.registry.add(component({ check: told.check }));
    expect(it.registry.snapshot.status).toBe('starting');
    expect(only(it)).toMatchObject({
      status: 'starting',
      freshness: 'unknown',
      checkedAt: 0,
      detail: 'not checked yet',
    });
    it.clock.advance(10_000);
    expect(told.checks).toBe(0);
    it.registry.start();
    expect(only(it)).toMatchObject({
      status: 'healthy',
      freshness: 'fresh',
      checkedAt: it.clock.wall(),
      since: it.clock.wall(),
      detail: 'two endpoints',
    });
    expect(it.registry.snapshot.status).toBe('healthy');
  });

  test('checks a component that is added later at once', () => {
    const it = rig();
    it.registry.start();
    it.registry.add(component({ check: () => report('degraded') }));
    expect(only(it).status).toBe('degraded');
  });

  test('goes on by period from the second check, which comes at a random time', () => {
    const it = rig();
    const told = new Told(report('healthy'));
    it.registry.add(component({ check: told.check }));
    it.registry.start();
    const seen: number[] = [];
    for (let ms = 0; ms < 3000; ms += 100) {
      it.clock.advance(100);
      seen.push(told.checks);
    }
    expect(seen.indexOf(2)).toBe(4);
    expect(seen.indexOf(3)).toBe(14);
    expect(seen.indexOf(4)).toBe(24);
  });

  test('spreads the checks of many components over the period', async () => {
    let seed = 1;
    const it = rig({ random: () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647 });
    const at: number[] = [];
    for (let index = 0; index < 1000; index++) {
      it.registry.add(
        component({
          name: `c${index}`,
          periodMs: 10_000,
          check: () => (at.push(it.clock.now()), report('healthy')),
        }),
      );
    }
    it.registry.start();
    at.length = 0;
    it.clock.advance(59_999);
    const perSecond = new Array<number>(60).fill(0);
    for (const ms of at) perSecond[Math.floor(ms / 1000)] = (perSecond[Math.floor(ms / 1000)] ?? 0) + 1;
    expect(Math.max(...perSecond)).toBeLessThan(150);
    expect(Math.min(...perSecond)).toBeGreaterThan(60);
    await it.registry.close();
  });

  test('follows a row of answers, not each one, and tells while it waits', () => {
    const it = rig();
    const told = new Told(report('healthy'));
    it.registry.add(component({ check: told.check, failAfter: 3, recoverAfter: 2 }));
    it.registry.start();
    told.next = report('unhealthy', 'refused');
    it.clock.advance(1500);
    expect(only(it)).toMatchObject({
      status: 'healthy',
      detail: 'healthy until 3 answers in a row differ, 2 did: unhealthy, refused',
    });
    it.clock.advance(1000);
    expect(only(it)).toMatchObject({ status: 'unhealthy', detail: 'refused', since: it.clock.wall() });
    told.next = report('healthy');
    it.clock.advance(1000);
    expect(only(it)).toMatchObject({
      status: 'unhealthy',
      detail: 'unhealthy until 2 answers in a row differ, 1 did: healthy',
    });
    it.clock.advance(1000);
    expect(only(it).status).toBe('healthy');
    expect(it.registry.snapshot.transitions.map(({ from, to, cause }) => [from, to, cause])).toEqual([
      ['unhealthy', 'healthy', 'it answered healthy'],
      ['healthy', 'unhealthy', 'refused'],
      ['starting', 'healthy', 'it answered healthy'],
    ]);
  });

  test('does not follow a check that flaps', () => {
    const it = rig();
    let round = 0;
    it.registry.add(
      component({ failAfter: 2, check: () => report(round++ % 2 === 0 ? 'healthy' : 'unhealthy') }),
    );
    it.registry.start();
    it.clock.advance(100_000);
    expect(round).toBeGreaterThan(90);
    expect(it.registry.snapshot.transitions).toHaveLength(1);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('no such\nfile');
      },
      'the check failed: no such file',
    ],
    ['rejects', () => Promise.reject(new Error('refused')), 'the check failed: refused'],
    ['answers nonsense', () => 7 as unknown as ComponentReport, 'the check answered without a report'],
  ])('counts a check that %s as unhealthy, with the reason', async (_, check, detail) => {
    const it = rig();
    it.registry.add(component({ check }));
    await it.registry.check('app');
    expect(only(it)).toMatchObject({ status: 'unhealthy', freshness: 'fresh', detail });
  });

  test('aborts a slow check at its deadline, drops its late answer, and goes on with the next', async () => {
    const it = rig();
    const signals: AbortSignal[] = [];
    const answers: ((value: ComponentReport) => void)[] = [];
    const check = (signal: AbortSignal): Promise<ComponentReport> => {
      signals.push(signal);
      return new Promise((resolve) => void answers.push(resolve));
    };
    it.registry.add(component({ check }));
    it.registry.start();
    answers[0]?.(report('healthy'));
    await settle();
    expect(only(it)).toMatchObject({ status: 'healthy', tookMs: 0 });
    it.clock.advance(500 + 499);
    expect(only(it).status).toBe('healthy');
    it.clock.advance(1);
    expect(only(it)).toMatchObject({
      status: 'unhealthy',
      detail: 'the check did not answer within 500 ms',
      tookMs: 500,
    });
    expect(signals[1]?.aborted).toBe(true);
    expect(signals[1]?.reason).toMatchObject({ name: 'TimeoutError' });
    answers[1]?.(report('healthy', 'too late'));
    await settle();
    expect(only(it).status).toBe('unhealthy');
    it.clock.advance(500);
    answers[2]?.(report('healthy', 'in time'));
    await settle();
    expect(only(it)).toMatchObject({ status: 'healthy', detail: 'in time' });
  });

  test('counts an answer without a promise that took longer than the deadline as late', () => {
    const it = rig();
    it.registry.add(component({ check: () => (it.clock.advance(501), report('healthy')) }));
    it.registry.start();
    expect(only(it).status).toBe('unhealthy');
    expect(only(it).detail).toBe('the check did not answer within 500 ms');
  });

  test('does not let a check that never returns pile up or hold up another', async () => {
    const it = rig();
    let begun = 0;
    const told = new Told(report('healthy'));
    it.registry.add(component({ name: 'hung', check: () => (begun++, new Promise<never>(() => {})) }));
    it.registry.add(component({ name: 'well', check: told.check }));
    it.registry.start();
    await it.clock.pass(100_000, 500);
    expect(begun).toBe(3);
    expect(told.checks).toBeGreaterThan(95);
    expect(it.registry.snapshot.components).toMatchObject([
      {
        name: 'hung',
        status: 'unhealthy',
        freshness: 'fresh',
        detail: '3 earlier checks have not come back',
      },
      { name: 'well', status: 'healthy', freshness: 'fresh' },
    ]);
    await it.registry.close();
    expect(it.clock.timers).toBe(0);
  });

  test('waits for what runs when it closes, and a second at most', async () => {
    const it = rig();
    let answer: (value: ComponentReport) => void = () => {};
    let signal: AbortSignal | undefined;
    it.registry.add(
      component({ check: (given) => ((signal = given), new Promise((resolve) => void (answer = resolve))) }),
    );
    it.registry.add(component({ name: 'deaf', check: () => new Promise<never>(() => {}) }));
    it.registry.start();
    let isClosed = false;
    const closed = it.registry.close().then(() => (isClosed = true));
    expect(signal?.aborted).toBe(true);
    answer(report('healthy'));
    await it.clock.pass(999, 111);
    expect(isClosed).toBe(false);
    it.clock.advance(1);
    await closed;
    expect(it.clock.timers).toBe(0);
    expect(only(it).freshness).toBe('unknown');
  });

  test('closes as soon as what runs has come back', async () => {
    const it = rig();
    it.registry.add(
      component({
        check: (signal) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(new Error('told to stop')));
          }),
      }),
    );
    it.registry.start();
    await it.registry.close();
    expect(it.clock.timers).toBe(0);
    expect(only(it).freshness).toBe('unknown');
  });

  test('recovers when checks that hung come back', async () => {
    const it = rig();
    const release: (() => void)[] = [];
    let hang = true;
    const check = (): ComponentReport | Promise<ComponentReport> =>
      hang
        ? new Promise((resolve) => void release.push(() => resolve(report('unhealthy'))))
        : report('healthy');
    it.registry.add(component({ check }));
    it.registry.start();
    await it.clock.pass(10_000, 500);
    expect(release).toHaveLength(3);
    hang = false;
    for (const free of release) free();
    await it.clock.pass(2000, 500);
    expect(only(it).status).toBe('healthy');
  });

  test('gives a check a second deadline after the whole program stood still', async () => {
    const it = rig();
    let answer: (value: ComponentReport) => void = () => {};
    it.registry.add(
      component({
        periodMs: 60_000,
        check: () => new Promise<ComponentReport>((resolve) => void (answer = resolve)),
      }),
    );
    it.registry.start();
    it.clock.freeze(30_000);
    expect(only(it).freshness).toBe('unknown');
    answer(report('healthy'));
    await settle();
    expect(only(it).status).toBe('healthy');
    const again = it.registry.check('app');
    it.clock.freeze(30_000);
    it.clock.advance(500);
    await again;
    expect(only(it).status).toBe('unhealthy');
  });

  test('becomes stale three periods after the last answer although nothing happens, and is fresh again with the next', async () => {
    const it = rig();
    let answer: ComponentReport | Promise<never> = report('healthy');
    const heard = vi.fn<() => void>();
    it.registry.add(component({ deadlineMs: 60_000, check: () => answer }));
    it.registry.start();
    it.registry.onChange(heard);
    answer = new Promise<never>(() => {});
    const before = it.registry.snapshot;
    it.clock.advance(2999);
    expect(it.registry.snapshot).toBe(before);
    it.clock.advance(1);
    expect(only(it)).toMatchObject({ status: 'healthy', freshness: 'stale' });
    expect(it.registry.snapshot.status).toBe('degraded');
    expect(heard).toHaveBeenCalledTimes(1);
    expect(it.registry.snapshot.transitions).toHaveLength(1);
    expect(it.log.messages).toContain('a component has not answered for three periods');
    answer = report('healthy');
    it.clock.advance(57_500);
    expect(only(it)).toMatchObject({ status: 'unhealthy', freshness: 'fresh', tookMs: 60_000 });
    it.clock.advance(100);
    expect(only(it)).toMatchObject({ status: 'healthy', freshness: 'fresh' });
  });

  test('does not mind the wall clock being set: freshness goes by monotonic time', () => {
    const it = rig();
    it.registry.add(component({ check: () => report('healthy') }));
    it.registry.start();
    const started = it.clock.wall();
    it.clock.jumpWall(3_600_000);
    it.clock.advance(400);
    expect(only(it)).toMatchObject({ freshness: 'fresh', checkedAt: started });
    it.clock.jumpWall(-86_400_000);
    it.clock.advance(200);
    expect(only(it)).toMatchObject({ freshness: 'fresh', checkedAt: it.clock.wall() - 100, since: started });
    it.clock.advance(10_000);
    expect(it.registry.snapshot.transitions).toHaveLength(1);
  });

  test('joins a check that runs, and refuses a name that it does not know', async () => {
    const it = rig();
    let begun = 0;
    let answer: (value: ComponentReport) => void = () => {};
    it.registry.add(component({ check: () => (begun++, new Promise((resolve) => void (answer = resolve))) }));
    const [first, second] = [it.registry.check('app'), it.registry.check('app')];
    answer(report('degraded', 'one of two'));
    await Promise.all([first, second]);
    expect(begun).toBe(1);
    expect(only(it).detail).toBe('one of two');
    await expect(it.registry.check('a\npp')).rejects.toThrow(new RangeError('there is no component a pp'));
    it.clock.advance(2000);
    expect(begun).toBe(1);
  });

  test('checks no oftener after it was asked to check now', async () => {
    const it = rig();
    const told = new Told(report('healthy'));
    it.registry.add(component({ check: told.check }));
    it.registry.start();
    for (let asked = 0; asked < 10; asked++) await it.registry.check('app');
    expect(it.clock.timers).toBe(2);
    told.checks = 0;
    it.clock.advance(10_000);
    expect(told.checks).toBe(10);
  });

  test('forgets a component that is removed, with the answer of its check', async () => {
    const it = rig();
    let answer: (value: ComponentReport) => void = () => {};
    let signal: AbortSignal | undefined;
    const check = (given: AbortSignal): Promise<ComponentReport> => (
      (signal = given), new Promise((resolve) => void (answer = resolve))
    );
    it.registry.add(component({ check }));
    it.registry.start();
    const waiting = it.registry.check('app');
    it.registry.remove('app');
    it.registry.remove('app');
    await waiting;
    expect(signal?.aborted).toBe(true);
    answer(report('unhealthy'));
    await settle();
    expect(it.registry.snapshot).toMatchObject({ components: [], transitions: [], status: 'starting' });
    expect(it.clock.timers).toBe(0);
    it.registry.add(component({ check: () => report('healthy') }));
    expect(only(it).status).toBe('healthy');
  });

  test('lets a check remove its own component', async () => {
    const it = rig();
    const check = async (): Promise<ComponentReport> => {
      it.registry.remove('app');
      await settle();
      return report('healthy');
    };
    it.registry.add(component({ check }));
    it.registry.start();
    expect(it.clock.timers).toBe(0);
    await settle();
    await settle();
    expect(it.registry.snapshot.components).toEqual([]);
  });

  test.each<[Partial<Component>, string]>([
    [{ name: 'a/b' }, 'component a/b: a name has 1 to 100 letters, digits, - and _'],
    [{ name: '' }, 'component : a name has 1 to 100 letters, digits, - and _'],
    [{ name: 'taken' }, 'component taken: its name is taken'],
    [{ name: 'traffic-gate' }, 'component traffic-gate: its name is reserved'],
    [
      { periodMs: 0, deadlineMs: Number.NaN, failAfter: 0, recoverAfter: 1.5 },
      'component app: periodMs is above 0 and at most a day; deadlineMs is above 0 and at most a day; failAfter is a whole number from 1; recoverAfter is a whole number from 1',
    ],
  ])('refuses %j and names every problem', (settings, message) => {
    const it = rig();
    const check = (): ComponentReport => report('healthy');
    it.registry.add(component({ name: 'taken', check }));
    expect(() => it.registry.add(component({ check, ...settings }))).toThrow(new RangeError(message));
  });

  test('keeps the items that it knows when a check fails', () => {
    const it = rig();
    let fails = false;
    const check = (): ComponentReport => {
      if (fails) throw new Error('gone');
      return {
        status: 'healthy',
        detail: '',
        items: [{ name: '10.0.0.1:80', status: 'healthy', detail: '' }],
        itemCount: 1,
      };
    };
    it.registry.add(component({ check }));
    it.registry.start();
    fails = true;
    it.clock.advance(500);
    expect(only(it)).toMatchObject({ status: 'unhealthy', itemCount: 1, items: [{ name: '10.0.0.1:80' }] });
  });

  test('keeps the newest 200 transitions, with cause and capture', () => {
    const it = rig({ captureNear: (at) => (at % 2000 === 0 ? `cap-${at}` : '') });
    let round = 0;
    it.registry.add(
      component({ check: () => report(round % 2 === 0 ? 'healthy' : 'unhealthy', `answer ${round++}`) }),
    );
    const heard: Transition[] = [];
    const stop = it.registry.onTransition((transition) => void heard.push(transition));
    it.registry.start();
    it.clock.advance(250_000);
    const { transitions } = it.registry.snapshot;
    expect(transitions).toHaveLength(200);
    expect(transitions[0]?.cause).toBe(`answer ${round - 1}`);
    expect(transitions[199]?.cause).toBe(`answer ${round - 200}`);
    expect(heard).toHaveLength(round);
    for (const { at, captureId } of heard) expect(captureId).toBe(at % 2000 === 0 ? `cap-${at}` : '');
    stop();
    it.clock.advance(1000);
    expect(heard).toHaveLength(round - 1);
  });

  test('finds a capture that was finished after the transition, and asks no third time', () => {
    let asked = 0;
    let known = '';
    const it = rig({ captureNear: () => (asked++, known) });
    it.registry.add(component({ periodMs: 3_600_000, check: () => report('unhealthy') }));
    it.registry.start();
    expect(it.registry.snapshot.transitions).toMatchObject([{ to: 'unhealthy', captureId: '' }]);
    known = 'cap-1';
    it.clock.advance(30_000);
    expect(it.registry.snapshot.transitions).toMatchObject([{ to: 'unhealthy', captureId: 'cap-1' }]);
    expect(it.log.lines.at(-1)).toEqual({
      level: 'info',
      message: 'a capture was taken when a component changed',
      fields: { component: 'app', to: 'unhealthy', capture: 'cap-1' },
    });
    it.clock.advance(600_000);
    expect(asked).toBe(2);
  });

  test('waits as long for the capture of a transition that comes shortly before it asks for another', () => {
    const known = new Map<number, string>();
    let status: 'healthy' | 'unhealthy' = 'unhealthy';
    const it = rig({ captureNear: (at) => known.get(at) ?? '' });
    it.registry.add(component({ periodMs: 3_600_000, check: () => report(status) }));
    it.registry.start();
    it.clock.advance(29_000);
    status = 'healthy';
    void it.registry.check('app');
    const at = it.clock.wall();
    it.clock.advance(5000);
    known.set(at, 'cap-2');
    it.clock.advance(30_000);
    expect(it.registry.snapshot.transitions).toMatchObject([
      { to: 'healthy', captureId: 'cap-2' },
      { to: 'unhealthy', captureId: '' },
    ]);
  });

  test('stands a listener and a source of captures that throw', () => {
    const it = rig({
      captureNear: () => {
        throw new Error('the store is closed');
      },
    });
    const heard = vi.fn<(transition: Transition) => void>();
    it.registry.onTransition(() => {
      throw new Error('mine');
    });
    it.registry.onTransition(heard);
    it.registry.add(component({ check: () => report('healthy') }));
    it.registry.start();
    expect(heard).toHaveBeenCalledWith(expect.objectContaining({ to: 'healthy', captureId: '' }));
    expect(it.log.lines).toContainEqual({
      level: 'warn',
      message: 'a health listener failed',
      fields: { error: 'mine' },
    });
  });

  test('tells nobody of an answer that says the same again', () => {
    const it = rig();
    const heard = vi.fn<() => void>();
    it.registry.add(component({ check: () => report('healthy', 'same') }));
    it.registry.start();
    it.registry.onChange(heard);
    const { checkedAt } = only(it);
    it.clock.advance(60_000);
    expect(heard).not.toHaveBeenCalled();
    expect(only(it).checkedAt).toBeGreaterThan(checkedAt + 58_000);
  });

  test('reads in no time with 1,000 components of 100 items, and composes nothing for it', async () => {
    const it = rig();
    const items = Array.from({ length: 100 }, (_, index) => ({
      name: `10.0.0.${index}:80`,
      status: 'healthy' as const,
      detail: 'ready',
    }));
    for (let index = 0; index < 1000; index++) {
      it.registry.add(
        component({
          name: `c${index}`,
          check: () => ({ status: 'healthy', detail: '', items, itemCount: 100 }),
        }),
      );
    }
    it.registry.start();
    const first = it.registry.snapshot;
    expect(first.components).toHaveLength(1000);
    const began = performance.now();
    let same = 0;
    for (let read = 0; read < 100_000; read++) if (it.registry.snapshot === first) same++;
    const perReadMs = (performance.now() - began) / 100_000;
    expect(same).toBe(100_000);
    expect(perReadMs).toBeLessThan(0.05);
    await it.registry.close();
    expect(it.clock.timers).toBe(0);
  });

  test('takes nothing after it was closed, and closes twice', async () => {
    const it = rig();
    const told = new Told(report('healthy'));
    it.registry.add(component({ check: told.check }));
    it.registry.start();
    await it.registry.close();
    await it.registry.close();
    told.next = report('unhealthy');
    await it.registry.check('app');
    it.registry.start();
    it.clock.advance(60_000);
    expect(told.checks).toBe(1);
    expect(only(it)).toMatchObject({ status: 'healthy', freshness: 'fresh' });
    expect(it.clock.timers).toBe(0);
  });
});

describe('the status of the whole', () => {
  test.each([
    [['r:healthy', 'o:healthy'], 'healthy'],
    [['r:healthy', 'o:degraded'], 'degraded'],
    [['r:healthy', 'o:unhealthy'], 'degraded'],
    [['r:healthy', 'o:stopped'], 'degraded'],
    [['r:degraded', 'o:unhealthy'], 'degraded'],
    [['r:unhealthy', 'r:healthy', 'o:healthy'], 'unhealthy'],
    [['r:unhealthy', 'r:stopped'], 'stopped'],
    [['r:starting', 'r:degraded'], 'starting'],
    [['o:unhealthy'], 'degraded'],
    [[], 'starting'],
  ])('of %j is %s', (parts, expected) => {
    const it = rig();
    for (const [index, part] of parts.entries()) {
      const status = part.slice(2) as ComponentReport['status'];
      it.registry.add(
        component({ name: `c${index}`, required: part.startsWith('r'), check: () => report(status) }),
      );
    }
    it.registry.start();
    expect(it.registry.snapshot.status).toBe(expected);
  });
});
