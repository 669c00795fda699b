import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../../health/clock.ts';
import { growthOf } from '../../../../health/history/counter-steps.ts';
import { HistoryClient } from '../../../../health/history/history-client.ts';
import { type HistoryQuestion, readReleaseHistory } from '../../../../health/history/release-history.ts';
import { matrix, startScripted } from './scripted-engine.ts';

const minuteMs = 60_000;

function points(...values: readonly (number | null)[]): [number, number][] {
  return values.flatMap((value, index) =>
    value === null ? [] : [[(index + 1) * minuteMs, value] as [number, number]],
  );
}

describe('the growth of a counter', () => {
  const growth = (values: readonly (number | null)[], knownAt: readonly number[] = []): [number, number][] =>
    growthOf({ labels: {}, points: points(...values) }, minuteMs, (atMs) =>
      knownAt.includes(atMs / minuteMs),
    ).map(({ atMs, by }) => [atMs / minuteMs, by]);

  test('is what its points differ by', () => {
    expect(growth([100, 103, 103, 110])).toEqual([
      [2, 3],
      [4, 7],
    ]);
  });

  test('goes on from zero after a fall', () => {
    expect(growth([100, 103, 4, 9])).toEqual([
      [2, 3],
      [3, 4],
      [4, 5],
    ]);
  });

  test('begins with the first point only when its node was there before without it', () => {
    expect(growth([null, 5, 6])).toEqual([[3, 1]]);
    expect(growth([null, 5, 6], [1])).toEqual([
      [2, 5],
      [3, 1],
    ]);
    expect(growth([5, 6], [1])).toEqual([[2, 1]]);
  });

  test('belongs to the step in which the counter is back', () => {
    expect(growth([100, null, null, 110])).toEqual([[4, 10]]);
    expect(growth([100, null, null, 7])).toEqual([[4, 7]]);
  });

  test('does not come from what is no count', () => {
    expect(growth([1, Number.NaN, -5, Number.POSITIVE_INFINITY, 3])).toEqual([[5, 2]]);
    expect(growth([])).toEqual([]);
  });
});

interface Answers {
  readonly info?: readonly unknown[];
  readonly calls?: readonly unknown[];
  readonly failures?: readonly unknown[];
}

async function windowsOf(answers: Answers, question: Partial<HistoryQuestion> = {}) {
  const engine = await startScripted((response, { form }) => {
    const query = form.get('query') ?? '';
    if (query.startsWith('meshlock_node_info')) response.end(matrix(...(answers.info ?? [])));
    else if (query.startsWith('meshlock_edge_requests_total')) response.end(matrix(...(answers.calls ?? [])));
    else response.end(matrix(...(answers.failures ?? [])));
  });
  const client = new HistoryClient({ url: engine.url, clock: systemClock });
  const history = await readReleaseHistory(client, {
    service: 'cart',
    untilMs: 4 * minuteMs + 17,
    hours: 0.05,
    ...question,
  });
  return { history, queries: engine.asked.map(({ form }) => form.get('query') ?? '') };
}

const series = (metric: Readonly<Record<string, string>>, ...values: readonly (number | null)[]) => ({
  metric: { job: 'mesh', ...metric },
  values: points(...values).map(([atMs, value]) => [atMs / 1000, String(value)]),
});
const info = (instance: string, service: string, version: string, ...values: readonly (number | null)[]) =>
  series({ instance, node_id: instance, node_service: service, node_version: version }, ...values);

describe('the history of a service', () => {
  test('is told by window, caller and version, with what its nodes had', async () => {
    const { history } = await windowsOf({
      info: [
        info('web-1', 'web', '1', 1, 1, 1, 1),
        info('cart-1', 'cart', '2', 1, 1, 1, 1),
        info('cart-2', 'cart', '2', null, null, 1, 1),
      ],
      calls: [series({ instance: 'web-1', peer_version: '2' }, 0, 10, 30)],
      failures: [
        series({ instance: 'web-1', peer_version: '2', peer_node: 'cart-2', reason: '5xx' }, null, null, 3),
        series({ instance: 'web-1', peer_version: '2', peer_node: '_other', reason: '5xx' }, null, null, 1),
      ],
    });
    expect(history).toMatchObject({ fromMs: minuteMs, toMs: 4 * minuteMs, stepMs: minuteMs });
    expect(history.windows).toEqual([
      {
        epoch: 6,
        strata: [
          {
            callerService: 'web',
            calleeService: 'cart',
            version: '2',
            calls: 10,
            failures: 0,
            nodes: [{ node: 'cart-1', calls: 10, failures: 0 }],
          },
        ],
      },
      {
        epoch: 12,
        strata: [
          {
            callerService: 'web',
            calleeService: 'cart',
            version: '2',
            calls: 20,
            failures: 4,
            nodes: [
              { node: 'cart-1', calls: 10, failures: 0 },
              { node: 'cart-2', calls: 10, failures: 3 },
            ],
          },
        ],
      },
    ]);
  });

  test('never has more failures than calls, and no stratum without calls', async () => {
    const { history } = await windowsOf({
      info: [info('web-1', 'web', '1', 1, 1, 1)],
      calls: [series({ instance: 'web-1', peer_version: '2' }, 0, 2, 2)],
      failures: [series({ instance: 'web-1', peer_version: '2', peer_node: 'cart-2' }, 0, 3, 4)],
    });
    expect(history.windows).toMatchObject([{ epoch: 6, strata: [{ calls: 2, failures: 2 }] }]);
  });

  test('keeps calls whose caller did not say who it is', async () => {
    const { history } = await windowsOf({ calls: [series({ instance: 'web-1', peer_version: '2' }, 0, 2)] });
    expect(history.windows).toMatchObject([{ strata: [{ callerService: '', calls: 2, nodes: [] }] }]);
  });

  test('cannot be made to ask something else by a name', async () => {
    const { queries } = await windowsOf({}, { service: 'ca"rt\\} or vector(1)\n', labels: { job: 'a"b' } });
    expect(queries.find((query) => query.startsWith('meshlock_edge_requests_total'))).toBe(
      String.raw`meshlock_edge_requests_total{role="outbound", side="upstream", job="a\"b", peer_service="ca\"rt\\} or vector(1)\n"}`,
    );
    await expect(windowsOf({}, { labels: { 'job="a"} or up{job': 'b' } })).rejects.toMatchObject({
      problem: 'query',
    });
  });

  test.each([
    [{ hours: 0 }, 'at most 168'],
    [{ hours: 169 }, 'at most 168'],
    [{ hours: Number.NaN }, 'at most 168'],
    [{ stepMs: 15_000 }, 'whole number of epochs'],
    [{ stepMs: 0 }, 'whole number of epochs'],
    [{ hours: 168, stepMs: 10_000 }, 'steps'],
  ])('refuses %j', async (question, message) => {
    await expect(windowsOf({}, question)).rejects.toMatchObject({
      problem: 'query',
      message: expect.stringContaining(message),
    });
  });

  test('is not half an answer when one of its questions fails', async () => {
    const engine = await startScripted((response, { form }) => {
      if ((form.get('query') ?? '').includes('failures')) response.writeHead(503).end('overloaded');
      else response.end(matrix());
    });
    const client = new HistoryClient({ url: engine.url, clock: systemClock });
    const asked = readReleaseHistory(client, { service: 'cart', untilMs: 4 * minuteMs, hours: 1 });
    await expect(asked).rejects.toMatchObject({ problem: 'busy' });
  });
});
