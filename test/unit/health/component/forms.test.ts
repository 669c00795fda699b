import { describe, expect, test } from 'vitest';
import type {
  ComponentStatus,
  ComponentView,
  HealthSnapshot,
} from '../../../../health/component/component.ts';
import { healthJson, lineText, type Probe, verboseText } from '../../../../health/component/forms.ts';
import type { GateView, Override } from '../../../../health/component/gate.ts';
import { wholeStatus } from '../../../../health/component/severity.ts';
import { decideGate } from '../../../../health/component/traffic-gate.ts';

const now = Date.UTC(2026, 10, 20, 9);
const override: Override = { to: 'open', reason: 'a drill', by: 'ops', until: now + 60_000 };

function view(name: string, status: ComponentStatus, more: Partial<ComponentView> = {}): ComponentView {
  return {
    name,
    kind: 'cluster',
    required: true,
    status,
    freshness: 'fresh',
    detail: '',
    items: [],
    itemCount: 0,
    checkedAt: now,
    tookMs: 2,
    since: now,
    ...more,
  };
}

function state(
  components: readonly ComponentView[],
  more: { readonly hasOpened?: boolean; readonly override?: Override; readonly failedByHand?: boolean } = {},
): [HealthSnapshot, GateView] {
  const gate = decideGate({
    components,
    hasOpened: false,
    failedByHand: false,
    override: null,
    now,
    ...more,
  });
  return [
    { at: now, status: wholeStatus(components), components, transitions: [] },
    { ...gate, since: now },
  ];
}

function text(
  probe: Probe,
  [snapshot, gate]: [HealthSnapshot, GateView],
  exclude: readonly string[] = [],
): string {
  return verboseText(snapshot, gate, { probe, exclude }).text;
}

const refused = view('app', 'unhealthy', { detail: '0 of 2 endpoints are healthy' });

describe('/readyz?verbose', () => {
  test('passes with a line per component', () => {
    const it = state([view('app', 'healthy'), view('config', 'degraded', { detail: 'last reload failed' })]);
    expect(text('readyz', it)).toBe(
      '[+]traffic-gate ok\n[+]app ok\n[+]config degraded: last reload failed\nreadyz check passed\n',
    );
    expect(verboseText(...it, { probe: 'readyz', exclude: [] }).ok).toBe(true);
  });

  test('fails with the reason, and does not count what is optional', () => {
    const it = state([refused, view('otlp', 'unhealthy', { required: false, detail: 'refused' })]);
    expect(text('readyz', it)).toBe(
      '[-]traffic-gate failed: cluster app: 0 of 2 endpoints are healthy\n' +
        '[-]app failed: 0 of 2 endpoints are healthy\n' +
        '[-]otlp failed: refused (optional)\n' +
        'readyz check failed\n',
    );
  });

  test('passes when only an optional component is not well', () => {
    const it = state([view('app', 'healthy'), view('otlp', 'unhealthy', { required: false })]);
    expect(text('readyz', it)).toBe(
      '[+]traffic-gate ok\n[+]app ok\n[-]otlp failed: unhealthy (optional)\nreadyz check passed\n',
    );
  });

  test('leaves out what is excluded, and reports names that there are not', () => {
    const it = state([refused, view('config', 'healthy')]);
    expect(verboseText(...it, { probe: 'readyz', exclude: ['app'] })).toMatchObject({ ok: false });
    expect(
      verboseText(...it, { probe: 'readyz', exclude: ['app', 'traffic-gate', 'nothing', 'a\n[+]b"'] }),
    ).toEqual({
      ok: true,
      text:
        '[+]traffic-gate excluded: ok\n[+]app excluded: ok\n[+]config ok\n' +
        'warn: some health checks cannot be excluded: no matches for "nothing", "a [+]b\\""\nreadyz check passed\n',
    });
  });

  test('repeats at most 20 unknown names of at most 100 characters', () => {
    const exclude = Array.from({ length: 1000 }, (_, index) => `${index}${'x'.repeat(5000)}`);
    const answer = text('readyz', state([view('app', 'healthy')]), exclude);
    expect(answer).toContain(' and 980 more\n');
    expect(answer.length).toBeLessThan(2500);
  });

  test.each<[string, ComponentView, string]>([
    [
      'unknown',
      view('app', 'starting', { freshness: 'unknown', detail: 'not checked yet' }),
      '[-]app failed: not checked yet\n',
    ],
    [
      'stale',
      view('app', 'healthy', { freshness: 'stale', detail: 'two endpoints' }),
      '[-]app failed: stale, last: two endpoints\n',
    ],
  ])('fails by an %s component before the first opening', (_, component, line) => {
    expect(text('readyz', state([component]))).toContain(line);
    expect(text('readyz', state([component]))).toContain('readyz check failed');
  });

  test.each<[string, ComponentView, string]>([
    [
      'unknown',
      view('app', 'starting', { freshness: 'unknown', detail: 'not checked yet' }),
      '[-]app failed: not checked yet (has been serving)\n',
    ],
    ['stale', view('app', 'healthy', { freshness: 'stale' }), '[+]app ok: stale\n'],
  ])('passes with an %s component after it', (_, component, line) => {
    expect(text('readyz', state([component], { hasOpened: true }))).toBe(
      `[+]traffic-gate ok\n${line}readyz check passed\n`,
    );
  });

  test('fails by hand although every component is well', () => {
    const it = state([view('app', 'healthy')], { hasOpened: true, failedByHand: true });
    expect(text('readyz', it)).toBe(
      '[-]traffic-gate failed: it was failed by hand\n[+]app ok\nreadyz check failed\n',
    );
  });

  test('passes by an override, and says whose it is and what it hides', () => {
    expect(text('readyz', state([refused], { override }))).toBe(
      '[+]traffic-gate ok: ops holds it open: a drill\n[-]app failed: 0 of 2 endpoints are healthy (overridden)\nreadyz check passed\n',
    );
  });

  test('answers for one component alone', () => {
    const it = state([refused, view('config', 'healthy')]);
    expect(lineText(...it, { probe: 'readyz', name: 'app' })).toEqual({
      ok: false,
      text: '[-]app failed: 0 of 2 endpoints are healthy\n',
    });
    expect(lineText(...it, { probe: 'readyz', name: 'config' })).toEqual({
      ok: true,
      text: '[+]config ok\n',
    });
    expect(lineText(...it, { probe: 'readyz', name: 'nothing' })).toBeNull();
    expect(lineText(...it, { probe: 'livez', name: 'app' })).toBeNull();
  });

  test('agrees with the gate in every state that a required and an optional component can be in', () => {
    const freshness = ['fresh', 'stale', 'unknown'] as const;
    const statuses = ['starting', 'healthy', 'degraded', 'unhealthy', 'stopped'] as const;
    let compared = 0;
    for (const hasOpened of [false, true]) {
      for (const required of [true, false]) {
        for (const status of statuses) {
          for (const fresh of freshness) {
            for (const more of [
              {},
              { override },
              { override: { ...override, to: 'closed' as const } },
              { failedByHand: true },
            ]) {
              const it = state(
                [view('app', 'healthy'), view('other', status, { freshness: fresh, required })],
                { hasOpened, ...more },
              );
              expect(verboseText(...it, { probe: 'readyz', exclude: [] }).ok).toBe(it[1].state === 'open');
              compared++;
            }
          }
        }
      }
    }
    expect(compared).toBe(240);
  });
});

describe('/livez?verbose', () => {
  test('does not depend on clusters, configuration, the gate or anything that others answer for', () => {
    const kinds = ['cluster', 'config', 'dns', 'exporter', 'listener', 'store'];
    const components = kinds.map((kind) => view(kind, 'unhealthy', { kind, detail: 'refused' }));
    expect(
      verboseText(...state(components, { failedByHand: true }), { probe: 'livez', exclude: [] }),
    ).toEqual({ ok: true, text: '[+]ping ok\nlivez check passed\n' });
  });

  test('fails when a required part of this process is known to be broken', () => {
    const it = state([
      view('data-threads', 'unhealthy', { kind: 'thread', detail: 'no thread answers' }),
      view('app', 'healthy'),
    ]);
    expect(text('livez', it)).toBe(
      '[+]ping ok\n[-]data-threads failed: no thread answers\nlivez check failed\n',
    );
    expect(text('livez', it, ['data-threads'])).toBe(
      '[+]ping ok\n[+]data-threads excluded: ok\nlivez check passed\n',
    );
  });

  test.each<[string, Partial<ComponentView>]>([
    ['begins', { status: 'starting' }],
    ['was stopped', { status: 'stopped' }],
    ['is stale', { status: 'unhealthy', freshness: 'stale' }],
    ['is optional', { status: 'unhealthy', required: false }],
  ])('has nothing restarted when a thread %s', (_, more) => {
    expect(
      verboseText(...state([view('t1', 'healthy', { kind: 'thread', ...more })]), {
        probe: 'livez',
        exclude: [],
      }).ok,
    ).toBe(true);
  });
});

describe('/startupz?verbose', () => {
  test('fails until every required component is well, and never after that', () => {
    expect(text('startupz', state([refused]))).toBe(
      '[+]started ok\n[-]app failed: 0 of 2 endpoints are healthy\nstartupz check failed\n',
    );
    expect(text('startupz', state([view('app', 'healthy')]))).toBe(
      '[+]started ok\n[+]app ok\nstartupz check passed\n',
    );
    expect(text('startupz', state([refused], { hasOpened: true }))).toBe(
      '[+]started ok\n[+]app ok\nstartupz check passed\n',
    );
  });

  test('fails while nothing was looked at', () => {
    expect(text('startupz', state([]))).toBe(
      '[-]started failed: no component has been checked yet\nstartupz check failed\n',
    );
  });

  test('has nothing restarted because an operator failed it by hand before it opened', () => {
    expect(
      verboseText(...state([view('app', 'healthy')], { failedByHand: true }), {
        probe: 'startupz',
        exclude: [],
      }).ok,
    ).toBe(true);
  });
});

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
    });
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
