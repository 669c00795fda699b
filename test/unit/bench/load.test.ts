/** The load's own honesty: a failed request, a wrong answer or a closed connection never becomes a figure. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { ask } from '../../../bench/host/readiness.ts';
import { IdleLoad } from '../../../bench/load/idle.ts';
import { readReport } from '../../../bench/load/wrk.ts';
import { parseOptions } from '../../../bench/options.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: RequestListener): Promise<number> {
  const server = createServer({ keepAliveTimeout: 0 }, answer);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const clean = {
  requests: 10,
  microseconds: 2_000_000,
  bytes: 12_000,
  connect: 0,
  read: 0,
  write: 0,
  status: 0,
  timeout: 0,
  p50: 900,
  p90: 1_500,
  p99: 2_500,
  max: 9_000,
};
const output = (changes: object): string =>
  `Running 2s test\nreport ${JSON.stringify({ ...clean, ...changes })}\n`;

describe('the report of wrk', () => {
  test('is read in seconds and milliseconds', () => {
    expect(readReport(output({}), 1_024)).toEqual({
      requests: 10,
      seconds: 2,
      p50Ms: 0.9,
      p90Ms: 1.5,
      p99Ms: 2.5,
      maxMs: 9,
    });
  });

  test.each([
    [{ status: 2 }, '2 answers with status 400 or more'],
    [{ read: 1, timeout: 3 }, '1 read errors, 3 timeout errors'],
    [{ bytes: 9_000 }, '9000 bytes for 10 answers of at least 1024'],
    [{ requests: 0, bytes: 0 }, 'no request was answered'],
  ])('is refused with %o', (changes, message) => {
    expect(() => readReport(output(changes), 1_024)).toThrow(message);
  });

  test('is missed when there is none', () => {
    expect(() => readReport('unable to connect', 1)).toThrow('wrk printed no report: unable to connect');
  });
});

describe('readiness', () => {
  test('wants status 200 and the whole body', async () => {
    const port = await serve((request, response) => {
      response.statusCode = request.url === '/bad' ? 503 : 200;
      response.end('four');
    });
    expect(await ask({ port, path: '/', bodyBytes: 4 })).toBeNull();
    expect(await ask({ port, path: '/', bodyBytes: 5 })).toBe('a body of 4 bytes instead of 5');
    expect(await ask({ port, path: '/bad', bodyBytes: 4 })).toBe('status 503 instead of 200');
  });
});

describe('idle connections', () => {
  test('are opened, stay open, and answer again', async () => {
    let requests = 0;
    const port = await serve((_request, response) => {
      requests += 1;
      response.end('x'.repeat(1_024));
    });
    const load = new IdleLoad({ port, path: '/', connections: 300 });
    try {
      await load.open();
      await load.verify();
      expect(requests).toBe(600);
    } finally {
      await load.close();
    }
  });

  test('that the proxy closed are an error', async () => {
    const port = await serve((_request, response) => response.end('once'));
    const load = new IdleLoad({ port, path: '/', connections: 5 });
    try {
      await load.open();
      servers[0]?.closeAllConnections();
      await expect(load.verify()).rejects.toThrow('only 0 of 5 idle connections were answered (verify): ');
    } finally {
      await load.close();
    }
  });

  test('with an answer that is not 200 are an error', async () => {
    const port = await serve((_request, response) => response.writeHead(502).end());
    const load = new IdleLoad({ port, path: '/', connections: 3 });
    try {
      await expect(load.open()).rejects.toThrow('3 times answered HTTP/1.1 502 Bad Gateway');
    } finally {
      await load.close();
    }
  });
});

describe('options of the benchmark', () => {
  test('name scenarios once or many times', () => {
    expect(parseOptions(['--only', 'http-1k', '--only', 'idle,start']).only).toEqual([
      'http-1k',
      'idle',
      'start',
    ]);
    expect(parseOptions([])).toMatchObject({ only: [], quick: false, rounds: 4, check: false });
    expect(parseOptions(['--quick']).rounds).toBe(1);
  });

  test.each([
    [['--only', 'http-2k'], 'no scenario "http-2k"; expected one of http-1k'],
    [['--rounds', '0'], 'got "0", expected a whole number from 1 to 100'],
    [['--fast'], '--fast'],
  ])('%o are refused', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });
});
