import { describe, expect, test } from 'vitest';
import type { HealthSnapshot } from '../../../../health/component/component.ts';
import type { GateView } from '../../../../health/component/gate.ts';
import { healthJson } from '../../../../health/component/health-json.ts';
import { override, refused, state, transition, view } from './example-state.ts';

describe('application/health+json', () => {
  const info = { releaseId: '2026-11-20.3', version: '1.4.2', serviceId: 'cart' };

  test('has a check per component and per item, in the keys of the draft', () => {
    const items = [
      { name: '10.0.0.2:80', status: 'unhealthy' as const, detail: 'refused' },
      { name: '10.0.0.1:80', status: 'healthy' as const, detail: '' },
    ];
    const components = [
      view('app', 'degraded', { detail: '1 of 2', items, itemCount: 2 }),
      view('config', 'healthy', { kind: 'config', detail: 'a.yaml' }),
    ];
    const time = '2026-11-20T09:00:00.000Z';
    expect(healthJson(...state(components), info)).toEqual({
      status: 'warn',
      version: '1.4.2',
      releaseId: '2026-11-20.3',
      serviceId: 'cart',
      description: 'health of cart',
      notes: ['components: degraded', 'traffic gate: open'],
      checks: {
        'traffic-gate:state': [
          { componentId: 'traffic-gate', componentType: 'gate', observedValue: 'open', status: 'pass', time },
        ],
        'app:status': [
          {
            componentId: 'app',
            componentType: 'cluster',
            observedValue: 'degraded',
            status: 'warn',
            time,
            output: '1 of 2',
            required: true,
            freshness: 'fresh',
            tookMs: 2,
            itemCount: 2,
          },
        ],
        'app:items': [
          {
            componentId: '10.0.0.2:80',
            componentType: 'cluster',
            observedValue: 'unhealthy',
            status: 'fail',
            time,
            output: 'refused',
          },
          {
            componentId: '10.0.0.1:80',
            componentType: 'cluster',
            observedValue: 'healthy',
            status: 'pass',
            time,
          },
        ],
        'config:status': [
          {
            componentId: 'config',
            componentType: 'config',
            observedValue: 'healthy',
            status: 'pass',
            time,
            detail: 'a.yaml',
            required: true,
            freshness: 'fresh',
            tookMs: 2,
            itemCount: 0,
          },
        ],
      },
      transitions: [],
    });
  });

  test('tells the newest transitions with their captures, and that of a component that is not well', () => {
    const components = [refused, view('config', 'healthy')];
    const transitions = [
      transition('unhealthy', 'cap-2'),
      transition('healthy', 'cap-3', { component: 'config', from: 'degraded' }),
      ...Array.from({ length: 198 }, () => transition('healthy', '')),
    ];
    const json = healthJson(...state(components, { transitions }), info);
    expect(json.checks['app:status']?.[0]?.capture).toBe('cap-2');
    expect(json.checks['config:status']?.[0]).not.toHaveProperty('capture');
    expect(json.transitions).toHaveLength(50);
    const time = '2026-11-20T09:00:00.000Z';
    const common = { time, cause: 'refused' };
    expect(json.transitions.slice(0, 3)).toEqual([
      { ...common, componentId: 'app', from: 'starting', to: 'unhealthy', capture: 'cap-2' },
      { ...common, componentId: 'config', from: 'degraded', to: 'healthy', capture: 'cap-3' },
      { ...common, componentId: 'app', from: 'starting', to: 'healthy' },
    ]);
  });

  test.each<[string, [HealthSnapshot, GateView], string]>([
    ['passes when all is well', state([view('app', 'healthy')]), 'pass'],
    [
      'warns when an optional component is not well',
      state([view('app', 'healthy'), view('otlp', 'unhealthy', { required: false })]),
      'warn',
    ],
    [
      'warns when an answer is stale while it serves',
      state([view('app', 'healthy', { freshness: 'stale' })], { hasOpened: true }),
      'warn',
    ],
    ['fails when the gate waits', state([refused]), 'fail'],
    ['fails when it was failed by hand', state([view('app', 'healthy')], { failedByHand: true }), 'fail'],
    ['warns when an override hides what is missing', state([refused], { override }), 'warn'],
    [
      'warns when an override is in force that would not be needed',
      state([view('app', 'healthy')], { override }),
      'warn',
    ],
  ])('%s', (_, it, status) => {
    expect(healthJson(...it, info).status).toBe(status);
  });

  test('says what the gate waits for, and leaves out a time that there is not', () => {
    const json = healthJson(
      ...state([view('app', 'starting', { freshness: 'unknown', checkedAt: 0, detail: 'not checked yet' })]),
      info,
    );
    expect(json.output).toBe('cluster app: not checked yet');
    expect(json.checks['app:status']).toEqual([
      {
        componentId: 'app',
        componentType: 'cluster',
        observedValue: 'starting',
        status: 'warn',
        output: 'not checked yet',
        required: true,
        freshness: 'unknown',
        tookMs: 2,
        itemCount: 0,
      },
    ]);
    expect(json.notes).toEqual(['components: starting', 'traffic gate: closed']);
  });

  test('notes an override with its end', () => {
    expect(healthJson(...state([refused], { override }), info).notes).toContain(
      'override to open by ops until 2026-11-20T09:01:00.000Z: a drill',
    );
  });
});
