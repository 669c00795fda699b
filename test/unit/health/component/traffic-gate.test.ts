import { describe, expect, test, vi } from 'vitest';
import type { ComponentReport } from '../../../../health/component/component.ts';
import type { GateView, Override } from '../../../../health/component/gate.ts';
import { HealthRegistry } from '../../../../health/component/registry.ts';
import { maxOverrideMs, TrafficGate } from '../../../../health/component/traffic-gate.ts';
import { ManualClock } from '../../holmes/manual-clock.ts';
import { component, KeptLog, report } from './probe-component.ts';

class Rig {
  readonly clock = new ManualClock();
  readonly log = new KeptLog();
  readonly registry = new HealthRegistry({ clock: this.clock, log: this.log, random: () => 0.5 });
  readonly gate = new TrafficGate({ registry: this.registry, clock: this.clock, log: this.log });
  readonly views: GateView[] = [];
  /** What the required component `app` answers; a promise never does. */
  answer: ComponentReport | Promise<never> = report('healthy');

  constructor() {
    this.registry.add(component({ check: () => this.answer, deadlineMs: 600_000 }));
    this.gate.onChange((view) => void this.views.push(view));
  }

  get state(): string {
    return this.gate.view.state;
  }

  until(ms: number): number {
    return this.clock.wall() + ms;
  }

  override(to: Override['to'], ms: number): void {
    this.gate.override({ to, reason: 'a drill', by: 'ops', until: this.until(ms) });
  }

  get said(): readonly string[] {
    return this.log.messages
      .filter((message) => message.includes('traffic gate'))
      .map((message) => message.replace('the traffic gate', 'it'));
  }
}

describe('a traffic gate', () => {
  test('opens with the first good answers, and tells it once', () => {
    const rig = new Rig();
    expect(rig.gate.view).toMatchObject({
      state: 'closed',
      hasOpened: false,
      waitingFor: ['cluster app: not checked yet'],
    });
    rig.clock.advance(700);
    rig.registry.start();
    expect(rig.gate.view).toEqual({
      state: 'open',
      hasOpened: true,
      waitingFor: [],
      override: null,
      since: rig.clock.wall(),
    });
    rig.clock.advance(60_000);
    expect(rig.views.map(({ state }) => state)).toEqual(['open']);
    expect(rig.said).toEqual(['it opens']);
  });

  test('waits until every required component is well, and follows what it waits for', () => {
    const rig = new Rig();
    rig.answer = report('unhealthy', '0 of 2 endpoints are healthy');
    rig.registry.start();
    expect(rig.gate.view.waitingFor).toEqual(['cluster app: 0 of 2 endpoints are healthy']);
    const { since } = rig.gate.view;
    rig.answer = report('unhealthy', 'endpoint 2 refuses');
    rig.clock.advance(1000);
    expect(rig.gate.view).toMatchObject({ waitingFor: ['cluster app: endpoint 2 refuses'], since });
    rig.answer = report('degraded', '1 of 2 endpoints are healthy');
    rig.clock.advance(1000);
    expect(rig.state).toBe('open');
  });

  test('does not close for a component that grows stale, nor for one that comes later, but for one that is unhealthy', () => {
    const rig = new Rig();
    rig.registry.start();
    rig.answer = new Promise<never>(() => {});
    rig.clock.advance(10_000);
    expect(rig.registry.snapshot.components[0]?.freshness).toBe('stale');
    rig.registry.add(component({ name: 'later', check: () => new Promise<never>(() => {}) }));
    expect(rig.state).toBe('open');
    rig.clock.advance(500);
    expect(rig.gate.view).toMatchObject({
      state: 'closed',
      hasOpened: true,
      waitingFor: ['cluster later: the check did not answer within 500 ms'],
      since: rig.clock.wall(),
    });
    rig.registry.remove('later');
    expect(rig.state).toBe('open');
  });

  test('does not open with an answer that is stale', () => {
    const rig = new Rig();
    rig.registry.add(
      component({
        name: 'slow',
        kind: 'config',
        periodMs: 60_000,
        check: () => report('unhealthy', 'not loaded'),
      }),
    );
    rig.registry.start();
    rig.answer = new Promise<never>(() => {});
    rig.clock.advance(10_000);
    rig.registry.remove('slow');
    expect(rig.gate.view).toMatchObject({
      state: 'closed',
      waitingFor: ['cluster app: was not checked for three periods'],
    });
  });

  test('follows nothing after it was closed down', () => {
    const rig = new Rig();
    rig.registry.start();
    rig.gate.close();
    rig.answer = report('unhealthy');
    rig.clock.advance(10_000);
    expect(rig.registry.snapshot.status).toBe('unhealthy');
    expect(rig.state).toBe('open');
  });

  test('closes when it is failed by hand, whatever an override says, and opens when that is taken back', () => {
    const rig = new Rig();
    rig.registry.start();
    rig.gate.failByHand(true);
    rig.gate.failByHand(true);
    expect(rig.gate.view).toMatchObject({ state: 'closed', waitingFor: ['it was failed by hand'] });
    rig.override('open', 60_000);
    expect(rig.state).toBe('closed');
    rig.gate.failByHand(false);
    expect(rig.state).toBe('open');
    expect(rig.said).toEqual([
      'it opens',
      'it was failed by hand',
      'it closes',
      'an override of it begins',
      'it is no longer failed by hand',
      'it opens',
    ]);
  });
});

describe('an override of the traffic gate', () => {
  test('opens it although something is missing, expires by itself, and is logged at its begin and expiry', () => {
    const rig = new Rig();
    rig.answer = report('unhealthy', 'refused');
    rig.registry.start();
    rig.override('open', 90_000);
    expect(rig.gate.view).toMatchObject({ state: 'open', hasOpened: false, override: { reason: 'a drill' } });
    rig.clock.advance(89_999);
    expect(rig.state).toBe('open');
    rig.clock.advance(1);
    expect(rig.gate.view).toMatchObject({
      state: 'closed',
      override: null,
      waitingFor: ['cluster app: refused'],
    });
    expect(rig.said).toEqual([
      'an override of it begins',
      'it opens',
      'an override of it expired',
      'it closes',
    ]);
    const until = new Date(rig.clock.wall()).toISOString();
    const [begins] = rig.log.lines.filter(({ message }) => message.includes('begins'));
    expect(begins).toEqual({
      level: 'warn',
      message: 'an override of the traffic gate begins',
      fields: { to: 'open', reason: 'a drill', by: 'ops', until },
    });
  });

  test('closes it although nothing is missing, until it is ended', () => {
    const rig = new Rig();
    rig.registry.start();
    rig.override('closed', 60_000);
    expect(rig.state).toBe('closed');
    rig.gate.override(null);
    rig.gate.override(null);
    expect(rig.state).toBe('open');
    rig.clock.advance(120_000);
    expect(rig.said).toEqual([
      'it opens',
      'an override of it begins',
      'it closes',
      'an override of it ended',
      'it opens',
    ]);
  });

  test('is replaced by the next one, with its own end', () => {
    const rig = new Rig();
    rig.registry.start();
    rig.override('closed', 60_000);
    rig.override('closed', 120_000);
    rig.clock.advance(119_000);
    expect(rig.state).toBe('closed');
    rig.clock.advance(1000);
    expect(rig.state).toBe('open');
    expect(rig.said.filter((message) => message.startsWith('an override'))).toEqual([
      'an override of it begins',
      'an override of it was replaced',
      'an override of it begins',
      'an override of it expired',
    ]);
  });

  test('gets no longer when the wall clock is set back', () => {
    const rig = new Rig();
    rig.registry.start();
    rig.override('closed', 600_000);
    rig.clock.jumpWall(-3_600_000);
    rig.clock.advance(599_999);
    expect(rig.state).toBe('closed');
    rig.clock.advance(1);
    expect(rig.state).toBe('open');
  });

  test('ends within a minute when the wall clock is set past its end', () => {
    const rig = new Rig();
    rig.registry.start();
    rig.override('closed', 3_600_000);
    rig.clock.jumpWall(7_200_000);
    rig.clock.advance(60_000);
    expect(rig.gate.view).toMatchObject({ state: 'open', override: null });
    expect(rig.said).toContain('an override of it expired');
  });

  test.each<[string, Partial<Override>, string]>([
    ['without a reason', { reason: ' \n' }, 'it has a reason'],
    ['of nobody', { by: '' }, 'it says who asks'],
    ['that is over', { until: 0 }, 'it ends within 24 hours from now'],
    ['without an end', { until: Number.POSITIVE_INFINITY }, 'it ends within 24 hours from now'],
    ['that ends at no time', { until: Number.NaN }, 'it ends within 24 hours from now'],
    [
      'to nothing, for no reason',
      { to: 'ajar' as 'open', reason: '' },
      'it is to `open` or to `closed`; it has a reason',
    ],
  ])('is refused %s', (_, wrong, problems) => {
    const rig = new Rig();
    rig.registry.start();
    rig.override('closed', 60_000);
    const before = rig.gate.view;
    const asked: Override = {
      to: 'open',
      reason: 'a drill',
      by: 'ops',
      until: rig.until(maxOverrideMs),
      ...wrong,
    };
    expect(() => rig.gate.override(asked)).toThrow(
      new RangeError(`override of the traffic gate: ${problems}`),
    );
    expect(rig.gate.view).toBe(before);
  });

  test('cannot write a second line into the log or the surfaces', () => {
    const rig = new Rig();
    rig.gate.override({ to: 'open', reason: 'a\n[+]all ok', by: 'x'.repeat(1000), until: rig.until(1000) });
    expect(rig.gate.view.override?.reason).toBe('a [+]all ok');
    expect(rig.gate.view.override?.by).toHaveLength(300);
  });

  test('leaves no timer behind when the gate is closed down', async () => {
    const rig = new Rig();
    rig.registry.start();
    rig.override('closed', 60_000);
    rig.gate.close();
    const view = rig.gate.view;
    rig.gate.failByHand(true);
    rig.override('open', 60_000);
    await rig.registry.close();
    expect(rig.clock.timers).toBe(0);
    expect(rig.gate.view).toBe(view);
  });

  test('is heard of by everybody, also when one of them throws', () => {
    const rig = new Rig();
    const heard = vi.fn<(view: GateView) => void>();
    rig.gate.onChange(() => {
      throw new Error('mine');
    });
    const stop = rig.gate.onChange(heard);
    rig.registry.start();
    expect(heard).toHaveBeenCalledTimes(1);
    stop();
    rig.gate.failByHand(true);
    expect(heard).toHaveBeenCalledTimes(1);
  });
});
