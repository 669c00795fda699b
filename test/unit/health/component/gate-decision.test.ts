import { describe, expect, test } from 'vitest';
import type { ComponentStatus, ComponentView } from '../../../../health/component/component.ts';
import type { GateInput, Override } from '../../../../health/component/gate.ts';
import { decideGate } from '../../../../health/component/traffic-gate.ts';

const now = Date.UTC(2026, 10, 20, 9);

function view(
  status: ComponentStatus,
  freshness: ComponentView['freshness'] = 'fresh',
  more: Partial<ComponentView> = {},
): ComponentView {
  return {
    name: 'app',
    kind: 'cluster',
    required: true,
    status,
    freshness,
    detail: '',
    items: [],
    itemCount: 0,
    checkedAt: now,
    tookMs: 1,
    since: now,
    ...more,
  };
}

function decide(input: Partial<GateInput>): ReturnType<typeof decideGate> {
  return decideGate({ components: [], hasOpened: false, failedByHand: false, override: null, now, ...input });
}

const override = (to: Override['to'], until = now + 1000): Override => ({
  to,
  reason: 'a drill',
  by: 'ops',
  until,
});

describe('the gate, before it has opened', () => {
  test.each<[ComponentStatus, ComponentView['freshness'], string, string[]]>([
    ['healthy', 'fresh', 'open', []],
    ['degraded', 'fresh', 'open', []],
    ['healthy', 'stale', 'closed', ['cluster app: was not checked for three periods']],
    ['degraded', 'stale', 'closed', ['cluster app: was not checked for three periods']],
    ['starting', 'unknown', 'closed', ['cluster app: not checked yet']],
    ['starting', 'fresh', 'closed', ['cluster app: starting']],
    ['unhealthy', 'fresh', 'closed', ['cluster app: unhealthy']],
    ['unhealthy', 'stale', 'closed', ['cluster app: unhealthy']],
    ['stopped', 'fresh', 'closed', ['cluster app: stopped']],
  ])('with a required component %s and %s is %s', (status, freshness, state, waitingFor) => {
    expect(decide({ components: [view(status, freshness)] })).toEqual({
      state,
      hasOpened: state === 'open',
      waitingFor,
      override: null,
    });
  });

  test('says in words what it waits for', () => {
    const components = [
      view('unhealthy', 'fresh', { detail: '0 of 2 endpoints are healthy' }),
      view('healthy', 'fresh', { name: 'b' }),
    ];
    expect(decide({ components }).waitingFor).toEqual(['cluster app: 0 of 2 endpoints are healthy']);
  });

  test('does not wait for an optional component, whatever its state', () => {
    const optional = { name: 'exporter', required: false };
    for (const status of ['starting', 'degraded', 'unhealthy', 'stopped'] as const) {
      expect(decide({ components: [view('healthy'), view(status, 'stale', optional)] }).state).toBe('open');
    }
  });

  test('stays closed while nothing was looked at, also when nothing is required', () => {
    expect(decide({})).toMatchObject({
      state: 'closed',
      hasOpened: false,
      waitingFor: ['no component has been checked yet'],
    });
    const optional = view('starting', 'unknown', { required: false });
    expect(decide({ components: [optional] }).state).toBe('closed');
    expect(decide({ components: [{ ...optional, status: 'unhealthy', freshness: 'fresh' }] }).state).toBe(
      'open',
    );
  });

  test('names 100 reasons at most', () => {
    const components = Array.from({ length: 250 }, (_, index) =>
      view('unhealthy', 'fresh', { name: `c${index}` }),
    );
    const { waitingFor } = decide({ components });
    expect(waitingFor).toHaveLength(100);
    expect(waitingFor[99]).toBe('and 151 more');
  });
});

describe('the gate, after it has opened', () => {
  test.each<[ComponentStatus, ComponentView['freshness'], string]>([
    ['healthy', 'fresh', 'open'],
    ['healthy', 'stale', 'open'],
    ['degraded', 'stale', 'open'],
    ['starting', 'unknown', 'open'],
    ['starting', 'fresh', 'open'],
    ['starting', 'stale', 'open'],
    ['unhealthy', 'fresh', 'closed'],
    ['unhealthy', 'stale', 'closed'],
    ['stopped', 'fresh', 'closed'],
  ])('with a required component %s and %s is %s', (status, freshness, state) => {
    expect(decide({ components: [view(status, freshness)], hasOpened: true })).toMatchObject({
      state,
      hasOpened: true,
    });
  });

  test('stays open when the last component goes', () => {
    expect(decide({ hasOpened: true }).state).toBe('open');
  });
});

describe('the gate, by hand', () => {
  test('opens by an override although something is missing, without counting as having opened', () => {
    const held = override('open');
    expect(decide({ components: [view('unhealthy')], override: held })).toEqual({
      state: 'open',
      hasOpened: false,
      waitingFor: [],
      override: held,
    });
  });

  test('counts as having opened when the components would have opened it too', () => {
    expect(decide({ components: [view('healthy')], override: override('open') }).hasOpened).toBe(true);
  });

  test('is closed by an override although nothing is missing, and says by whom', () => {
    const held = override('closed');
    expect(decide({ components: [view('healthy')], override: held })).toEqual({
      state: 'closed',
      hasOpened: false,
      waitingFor: ['ops keeps it closed until 2026-11-20T09:00:01.000Z: a drill'],
      override: held,
    });
  });

  test('ignores an override from the moment it ends', () => {
    expect(decide({ components: [view('healthy')], override: override('closed', now) })).toMatchObject({
      state: 'open',
      override: null,
    });
    expect(decide({ components: [view('healthy')], override: override('closed', now + 1) }).state).toBe(
      'closed',
    );
  });

  test('lets failing by hand win over everything, and still tells what else is missing', () => {
    const components = [view('unhealthy', 'fresh', { detail: 'refused' })];
    const decided = decide({ components, failedByHand: true, override: override('open'), hasOpened: true });
    expect(decided).toMatchObject({
      state: 'closed',
      waitingFor: ['it was failed by hand', 'cluster app: refused'],
    });
  });
});
