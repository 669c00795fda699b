import { describe, expect, test } from 'vitest';
import type { ComponentView, HealthSnapshot } from '../../../../health/component/component.ts';
import type { GateView } from '../../../../health/component/gate.ts';
import { lineText, type Probe, verboseText } from '../../../../health/component/probe-text.ts';
import { override, refused, state, transition, view } from './example-state.ts';

function text(
  probe: Probe,
  [snapshot, gate]: [HealthSnapshot, GateView],
  exclude: readonly string[] = [],
): string {
  return verboseText(snapshot, gate, { probe, exclude }).text;
}

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

  test('names the capture that may show why a component is not well', () => {
    const components = [refused, view('otlp', 'unhealthy', { required: false }), view('config', 'healthy')];
    const transitions = [
      transition('unhealthy', 'cap-2'),
      transition('healthy', 'cap-3', { component: 'config' }),
      transition('unhealthy', '', { component: 'otlp' }),
      transition('degraded', 'cap-1'),
      transition('unhealthy', 'cap-0', { component: 'otlp' }),
    ];
    const it = state(components, { transitions });
    expect(text('readyz', it)).toBe(
      '[-]traffic-gate failed: cluster app: 0 of 2 endpoints are healthy\n' +
        '[-]app failed: 0 of 2 endpoints are healthy (capture cap-2)\n' +
        '[-]otlp failed: unhealthy (optional)\n' +
        '[+]config ok\n' +
        'readyz check failed\n',
    );
    expect(lineText(...it, { probe: 'readyz', name: 'app' })!.text).toBe(
      '[-]app failed: 0 of 2 endpoints are healthy (capture cap-2)\n',
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
