import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../../health/clock.ts';
import { HistoryClient, type HistoryClientOptions } from '../../../../health/history/history-client.ts';
import { closedPort } from '../../../integration/harness/index.ts';
import { ManualClock } from '../../holmes/manual-clock.ts';
import { matrix, startScripted, vector } from './scripted-engine.ts';

function clientOf(options: Partial<HistoryClientOptions> & { url: string }): HistoryClient {
  return new HistoryClient({ clock: systemClock, ...options });
}

describe('a question to a PromQL engine', () => {
  test('is a form that asks for one moment, and comes back with labels, times and values', async () => {
    const engine = await startScripted((response) =>
      response.end(vector({ metric: { version: '2' }, value: [1_700_000_000.5, '0.75'] })),
    );
    const client = clientOf({ url: engine.url, timeoutMs: 3000 });
    expect(await client.instant('up{job="a b"}', 1_700_000_000_500)).toEqual([
      { labels: { version: '2' }, points: [[1_700_000_000_500, 0.75]] },
    ]);
    expect(engine.asked[0]).toMatchObject({ method: 'POST', url: '/api/v1/query', authorization: '' });
    expect(Object.fromEntries(engine.asked[0]?.form ?? [])).toEqual({
      query: 'up{job="a b"}',
      time: '1700000000.500',
      timeout: '3000ms',
    });
  });

  test('asks for a range', async () => {
    const engine = await startScripted((response) =>
      response.end(
        matrix({
          metric: {},
          values: [
            [60, '1'],
            [120, 'NaN'],
          ],
        }),
      ),
    );
    const answer = await clientOf({ url: engine.url }).range({
      query: 'up',
      fromMs: 60_000,
      toMs: 120_000,
      stepMs: 60_000,
    });
    expect(answer).toEqual([
      {
        labels: {},
        points: [
          [60_000, 1],
          [120_000, Number.NaN],
        ],
      },
    ]);
    expect(engine.asked[0]?.url).toBe('/api/v1/query_range');
    expect(Object.fromEntries(engine.asked[0]?.form ?? [])).toMatchObject({
      start: '60.000',
      end: '120.000',
      step: '60.000',
    });
  });

  test.each([
    ['', '/api/v1/query'],
    ['/', '/api/v1/query'],
    ['/select/0/prometheus', '/select/0/prometheus/api/v1/query'],
    ['/prometheus/api/v1/', '/prometheus/api/v1/query'],
    ['/prometheus?a=b#c', '/prometheus/api/v1/query'],
  ])('goes to its place below %j', async (path, place) => {
    const engine = await startScripted((response) => response.end(vector()));
    await clientOf({ url: `${engine.url}${path}` }).instant('up');
    expect(engine.asked[0]?.url).toBe(place);
  });

  test('carries the token, or the user and password of the address', async () => {
    const engine = await startScripted((response) => response.end(vector()));
    await clientOf({ url: engine.url, token: 's3cret' }).instant('up');
    const withUser = clientOf({ url: engine.url.replace('//', '//me:p%40ss@') });
    await withUser.instant('up');
    expect(engine.asked.map(({ authorization }) => authorization)).toEqual([
      'Bearer s3cret',
      `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    ]);
    expect(withUser.address).not.toContain('p%40ss');
  });

  test('must have a whole number of steps that engines take', async () => {
    const client = clientOf({ url: 'http://127.0.0.1:1' });
    for (const [fromMs, toMs, stepMs] of [
      [0, 11_000_000, 1000],
      [10, 0, 1],
      [0, 10, 0],
      [Number.NaN, 10, 1],
    ] as const)
      await expect(client.range({ query: 'up', fromMs, toMs, stepMs })).rejects.toMatchObject({
        problem: 'query',
        message: expect.stringContaining('0 to 11000 steps'),
      });
  });
});

describe('a question that fails', () => {
  test.each(['', 'prometheus:9090', 'ftp://prometheus/', 'http://', '/var/run'])(
    'is not even asked of %j',
    (url) => {
      expect(() => clientOf({ url })).toThrow(
        expect.objectContaining({
          problem: 'address',
          message: expect.stringContaining('http://127.0.0.1:9090'),
        }),
      );
    },
  );

  test('says where nobody listens', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    await expect(clientOf({ url }).instant('up')).rejects.toMatchObject({
      name: 'HistoryError',
      problem: 'unreachable',
      message: expect.stringMatching(
        /^http:\/\/127\.0\.0\.1:\d+\/ cannot be reached \(.*ECONNREFUSED.*\): does Prometheus or VictoriaMetrics run there\?$/,
      ),
    });
  });

  test('is given up at its deadline, also in the middle of an answer', async () => {
    const clock = new ManualClock();
    const engine = await startScripted((response, { form }) => {
      if (form.get('query') === 'half') response.write('{"status":');
      // Now it waits for the rest that never comes.
      setImmediate(() => clock.advance(2000));
    });
    const client = clientOf({ url: engine.url, clock, timeoutMs: 2000 });
    for (const query of ['nothing', 'half'])
      await expect(client.instant(query)).rejects.toMatchObject({
        problem: 'timeout',
        message: expect.stringContaining('did not answer within 2000 ms'),
      });
    expect(clock.timers).toBe(0);
  });

  test.each([
    [401, '', 'denied', /answers 401: give a token that may query$/],
    [403, 'no', 'denied', /answers 403 \(no\): give a token/],
    [
      400,
      '{"status":"error","error":"parse\\nerror"}',
      'query',
      /answers 400 \(parse error\): correct the query$/,
    ],
    [422, '{"status":"error","error":"many-to-many"}', 'query', /answers 422 \(many-to-many\)/],
    [
      404,
      '<h1>lost</h1>',
      'address',
      /answers 404 \(<h1>lost<\/h1>\): the address must end where \/api\/v1 begins$/,
    ],
    [429, 'slow down', 'busy', /answers 429 \(slow down\): ask again later/],
    [
      503,
      '{"error":"query timed out"}',
      'busy',
      /answers 503 \(query timed out\): ask again later, or for fewer hours$/,
    ],
  ])('tells what to do about %i %j', async (status, body, problem, message) => {
    const engine = await startScripted((response) => response.writeHead(status).end(body));
    await expect(clientOf({ url: engine.url }).instant('up')).rejects.toMatchObject({
      problem,
      message: expect.stringMatching(message),
    });
  });

  test('does not follow to another place, and names it', async () => {
    const engine = await startScripted((response) =>
      response.writeHead(302, { location: 'http://me:secret@elsewhere/login?token=1' }).end(),
    );
    await expect(clientOf({ url: engine.url }).instant('up')).rejects.toMatchObject({
      problem: 'address',
      message: expect.stringContaining('answers 302, towards http://elsewhere/login: the address must'),
    });
    expect(engine.asked).toHaveLength(1);
  });

  test('does not repeat a secret that the answer repeats', async () => {
    const engine = await startScripted((response, { authorization }) =>
      response.writeHead(403).end(`you sent ${authorization}, which is no good`),
    );
    await expect(clientOf({ url: engine.url, token: 's3cret' }).instant('up')).rejects.toMatchObject({
      message: expect.stringContaining('(you sent Bearer [redacted], which is no good)'),
    });
  });

  test('does not repeat the password of the address', async () => {
    const engine = await startScripted((response) =>
      response.writeHead(401).end('me:pass-w0rd is not known'),
    );
    const client = clientOf({ url: engine.url.replace('//', '//me:pass-w0rd@') });
    await expect(client.instant('up')).rejects.toMatchObject({
      message: expect.stringContaining('(me:[redacted] is not known)'),
    });
  });

  test('stops reading an answer without end', async () => {
    let isOver = false;
    const engine = await startScripted((response) => {
      response.on('close', () => (isOver = true));
      const more = (): void => {
        if (!isOver) response.write('x'.repeat(65_536), () => setImmediate(more));
      };
      more();
    });
    const client = clientOf({ url: engine.url, maxBodyBytes: 1_000_000 });
    await expect(client.instant('up')).rejects.toMatchObject({
      problem: 'too_large',
      message: expect.stringContaining('larger than 1000000 bytes: ask for fewer hours'),
    });
    await expect.poll(() => isOver).toBe(true);
  });

  test('stops reading a refusal without end', async () => {
    const engine = await startScripted((response) => {
      response.writeHead(500);
      const more = (): void => {
        if (!response.destroyed) response.write('no '.repeat(5000), () => setImmediate(more));
      };
      more();
    });
    const refused = clientOf({ url: engine.url }).instant('up');
    await expect(refused).rejects.toMatchObject({ problem: 'busy' });
    await expect(refused).rejects.toSatisfy((error: Error) => error.message.length < 500);
  });

  test('is over when the client is closed, and none is asked after that', async () => {
    const arrived = Promise.withResolvers<void>();
    const engine = await startScripted(() => arrived.resolve());
    const client = clientOf({ url: engine.url });
    const outcome = client.instant('up').catch((error: unknown) => error);
    await arrived.promise;
    client.close();
    expect(await outcome).toMatchObject({
      problem: 'unreachable',
      message: expect.stringContaining('was closed'),
    });
    await expect(client.instant('up')).rejects.toMatchObject({ problem: 'unreachable' });
    expect(engine.asked).toHaveLength(1);
  });
});
