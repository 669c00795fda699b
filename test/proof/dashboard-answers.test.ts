/** How a dashboard is put to a live Prometheus, on one of two panels of which it can be told what must come of each. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../health/clock.ts';
import { HistoryClient } from '../../health/history/history-client.ts';
import { isInstalled, type PromqlEngine, startPrometheus } from '../integration/health/promql-engine.ts';
import { type Answer, type DashboardReader, dashboardAnswers } from './dashboard-answers.ts';

const now = Math.floor(Date.now() / 1000);

const dashboard = {
  uid: 'small',
  templating: {
    list: [
      { name: 'datasource', type: 'datasource', query: 'prometheus' },
      { name: 'instance', type: 'query', query: { query: 'label_values(up, instance)' }, multi: true },
      {
        name: 'path',
        type: 'query',
        query: 'label_values(hits{instance=~"$instance"}, path)',
        allValue: '.+',
      },
      { name: 'first', type: 'query', query: 'label_values(hits, path)' },
      {
        name: 'everything',
        type: 'query',
        query: 'label_values(hits, path)',
        includeAll: true,
        allValue: '.+',
      },
      { name: 'nobody', type: 'query', query: 'label_values(misses, path)' },
      { name: 'wrong', type: 'query', query: 'hits' },
      { name: 'window', type: 'interval', current: { value: '5m' } },
    ],
  },
};

const exprs = [
  'hits{instance=~"$instance"}',
  'hits{path="$first"}',
  'hits{path=~"$everything"}',
  'misses',
  '0 * hits / 0',
  'hits{',
  'sum_over_time(hits[$window])',
  'count(misses) or vector(0)',
];

const reader: DashboardReader = {
  queriesOf: () => exprs.map((expr) => ({ panel: 'all', kind: 'panel', expr })),
  resolve: (expr, values) => expr.replaceAll(/\$(\w+)/g, (_, name: string) => values[name] ?? ''),
};

const note = isInstalled('prometheus') ? '' : " (skipped: Debian's package prometheus is not installed)";

describe.skipIf(note !== '')(`a dashboard that is put to a Prometheus${note}`, () => {
  let engine: PromqlEngine | undefined;
  let client: HistoryClient | undefined;
  let answers: readonly Answer[] = [];

  beforeAll(async () => {
    const past = [30, 20, 10].flatMap((ago) =>
      ['a.b:1', 'c:1'].flatMap((instance) => [
        `up{instance="${instance}"} 1 ${now - ago}`,
        `hits{instance="${instance}",path="/${instance[0]}"} 7 ${now - ago}`,
      ]),
    );
    // A metric's samples stand together, those of a series in their order.
    const ordered = past.toSorted((a, b) => (a.split('}')[0]! < b.split('}')[0]! ? -1 : 1));
    engine = await startPrometheus({
      past: `# TYPE hits gauge\n${ordered.filter((line) => line.startsWith('hits')).join('\n')}
# TYPE up gauge\n${ordered.filter((line) => line.startsWith('up')).join('\n')}\n# EOF\n`,
    });
    client = new HistoryClient({ url: engine.url, clock: systemClock });
    const span = { from: now - 60, to: now };
    answers = await dashboardAnswers(dashboard, { url: engine.url, client, span, given: {} }, reader);
  });

  afterAll(async () => {
    client?.close();
    await engine?.stop();
  });

  function answer(name: string): Answer {
    const found = answers.find(({ query }) => query.panel === name || query.expr === name);
    if (found === undefined) throw new Error(`${name} was not asked`);
    return found;
  }

  test('fills a variable with the values of its label, and those behind it go by them', () => {
    expect(answer('instance')).toMatchObject({ found: 2, error: '' });
    expect(answer('path').asked).toBe(String.raw`label_values(hits{instance=~"(a\\.b:1|c:1)"}, path)`);
    expect(answer('path').found).toBe(2);
  });

  test('says of a variable that it has no value, or asks in a way of its own', () => {
    expect(answer('nobody')).toMatchObject({ found: 0, error: '' });
    expect(answer('wrong')).toMatchObject({ found: 0, error: expect.stringContaining('label_values') });
  });

  test('takes all values where they can be chosen, and the first one otherwise', () => {
    expect(answer(exprs[0]!).series).toHaveLength(2);
    expect(answer(exprs[1]!)).toMatchObject({ asked: 'hits{path="/a"}' });
    expect(answer(exprs[1]!).series).toHaveLength(1);
    expect(answer(exprs[2]!)).toMatchObject({ asked: 'hits{path=~".+"}' });
    expect(answer(exprs[6]!)).toMatchObject({ asked: 'sum_over_time(hits[5m])' });
  });

  test('counts samples that are numbers, and tells what the engine refuses', () => {
    expect(answer(exprs[0]!).found).toBeGreaterThan(0);
    expect(answer('misses')).toMatchObject({ found: 0, error: '' });
    expect(answer(exprs[4]!)).toMatchObject({ found: 0, error: '' });
    expect(answer(exprs[4]!).series).toHaveLength(2);
    expect(answer('count(misses) or vector(0)')).toMatchObject({ found: 0, error: '' });
    expect(answer('hits{')).toMatchObject({ found: 0, error: expect.stringContaining('parse error') });
  });
});
