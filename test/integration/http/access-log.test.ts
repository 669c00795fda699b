import { describe, expect, test } from 'vitest';
import {
  gateway,
  type Keys,
  replies,
  startHttpUpstream,
  startProxy,
  startRawUpstream,
  type TestProxy,
} from '../harness/index.ts';

const logTo = (format: string | Keys): Keys => ({ access_logs: [{ path: 'access.log', format }] });
const all = [{ name: 'all', match: '/', direct_response: { status: 200, body: 'four' } }];

async function linesOf(format: string | Keys, bytes: string, count = 1): Promise<string[]> {
  const proxy = await startProxy(replies(all, logTo(format)));
  const client = await proxy.send(bytes);
  for (let i = 0; i < count; i++) await client.response();
  await proxy.logLine(count - 1);
  return proxy.logLines();
}

describe('the access log', () => {
  test('has Envoy’s line by default', async () => {
    const upstream = await startHttpUpstream((request, response) => {
      request.resume();
      request.on('end', () => response.end('five!'));
    });
    const proxy = await startProxy(gateway(upstream.port, { listener: { access_logs: 'access.log' } }));
    const client = await proxy.send(
      'POST /up?x HTTP/1.1\r\nHost: shop\r\nUser-Agent: me\r\nX-Request-Id: id-1\r\nX-Forwarded-For: 9.9.9.9\r\n' +
        'Content-Length: 3\r\n\r\nabc',
    );
    await client.response();
    expect(await proxy.logLine()).toBe(
      `[2026-01-01T00:00:00.000Z] "POST /up?x HTTP/1.1" 200 - 3 5 0 - "9.9.9.9" "me" "id-1" "shop" "127.0.0.1:${upstream.port}"`,
    );
  });

  test('knows the operators', async () => {
    const upstream = await startRawUpstream();
    const operators = [
      'REQ(:METHOD)',
      'REQ(:PATH)',
      'REQ(:AUTHORITY)',
      'REQ(:SCHEME)',
      'REQ(X-ONE?X-TWO)',
      'RESP(X-ANSWER)',
      'PROTOCOL',
      'RESPONSE_CODE',
      'RESPONSE_CODE_DETAILS',
      'RESPONSE_FLAGS',
      'BYTES_RECEIVED',
      'BYTES_SENT',
      'DURATION',
      'REQUEST_DURATION',
      'RESPONSE_DURATION',
      'UPSTREAM_CLUSTER',
      'UPSTREAM_REQUEST_ATTEMPT_COUNT',
      'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT',
      'ROUTE_NAME',
      'VIRTUAL_HOST_NAME',
      'START_TIME(%s)',
      'REQ(X-TWO):3',
    ];
    const format = `${operators.map((operator) => `%${operator}%`).join('|')}|100%%`.replace(
      'REQ(X-TWO):3%',
      'REQ(X-TWO):3%',
    );
    const proxy = await startProxy(gateway(upstream.port, { listener: logTo(format) }));
    const client = await proxy.send('GET /p HTTP/1.1\r\nHost: shop\r\nX-Two: second\r\n\r\n');
    const { peer } = await upstream.acceptRequest();
    await proxy.advance(250, 250);
    peer.send('HTTP/1.1 200 OK\r\nX-Answer: 42\r\nContent-Length: 4\r\n\r\n');
    await client.takeUntil('\r\n\r\n');
    await proxy.advance(250, 250);
    peer.send('body');
    await client.expect('body');
    expect(await proxy.logLine()).toBe(
      'GET|/p|shop|http|second|42|HTTP/1.1|200|via_upstream|-|0|4|500|0|250|app|1|127.0.0.1|all|*|1767225600|sec|100%',
    );
  });

  test('has the addresses of all four ends', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, {
        listener: logTo(
          '%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %UPSTREAM_LOCAL_ADDRESS% %UPSTREAM_HOST%',
        ),
      }),
    );
    const client = await proxy.send('GET /p HTTP/1.1\r\nHost: shop\r\n\r\n');
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    await client.response();
    expect(await proxy.logLine()).toBe(
      `127.0.0.1:${client.port} 127.0.0.1:${proxy.port()} 127.0.0.1:${peer.socket.remotePort} 127.0.0.1:${upstream.port}`,
    );
  });

  test('has them also when the client has gone', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, {
        listener: logTo('%RESPONSE_FLAGS% %DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS%'),
      }),
    );
    const client = await proxy.send('GET /p HTTP/1.1\r\nHost: shop\r\n\r\n');
    await upstream.acceptRequest();
    const { port } = client;
    client.reset();
    expect(await proxy.logLine()).toBe(`DC 127.0.0.1:${port} 127.0.0.1:${proxy.port()}`);
  });

  test('has the answer’s bytes as they were sent: none for HEAD', async () => {
    const bytes = 'HEAD / HTTP/1.1\r\nHost: shop\r\n\r\n';
    const proxy = await startProxy(replies(all, logTo('%BYTES_SENT%')));
    const client = await proxy.send(bytes);
    await client.response({ toHead: true });
    expect(await proxy.logLine()).toBe('0');
  });

  test('names the id that a request was given here', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, { listener: logTo('%REQ(X-REQUEST-ID)%') }));
    const client = await proxy.send('GET /p HTTP/1.1\r\nHost: shop\r\n\r\n');
    const { peer, request } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    await client.response();
    const given = request.fields.find(([name]) => name === 'x-request-id')![1];
    expect(await proxy.logLine()).toBe(given);
  });

  test('of a refused request has nothing of the one before', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, {
        listener: logTo(
          '%RESPONSE_FLAGS% %RESPONSE_CODE% %REQ(:PATH)% %BYTES_RECEIVED% %BYTES_SENT% %UPSTREAM_LOCAL_ADDRESS% ' +
            '%UPSTREAM_REQUEST_ATTEMPT_COUNT% %REQUEST_DURATION% %DOWNSTREAM_REMOTE_ADDRESS% %CONNECTION_ID%',
        ),
      }),
    );
    const first = await proxy.send('POST /secret HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\nabc');
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await first.response();
    const connectionOf = (line: string): string => line.split(' ').at(-1)!;
    const before = connectionOf(await proxy.logLine(0));
    const second = await proxy.send('GET / HTTP/1.1\r\nno colon\r\n\r\n');
    await second.response();
    const line = await proxy.logLine(1);
    expect(line).toMatch(new RegExp(`^DPE 400 - 0 0 - 0 - 127\\.0\\.0\\.1:${second.port} \\d+$`));
    expect(connectionOf(line)).not.toBe(before);
  });

  test('cannot be written to by a request: line ends, quotes and terminal codes are escaped', async () => {
    const [line] = await linesOf(
      '"%REQ(:PATH)%" "%REQ(USER-AGENT)%"',
      'GET /"\\\xe2\x80\xa8x HTTP/1.1\r\nHost: shop\r\nUser-Agent: a"b\\c\td\x80\xff\r\n\r\n',
    );
    expect(line).toBe('"/\\x22\\x5C\\xE2\\x80\\xA8x" "a\\x22b\\x5Cc\\x09d\\x80\\xFF"');
  });

  test('as JSON has typed values, null for what is absent, and one line for each exchange', async () => {
    const lines = await linesOf(
      {
        path: '%REQ(:PATH)%',
        status: '%RESPONSE_CODE%',
        agent: '%REQ(USER-AGENT)%',
        flags: '%RESPONSE_FLAGS%',
        both: '%REQ(:METHOD)% %PROTOCOL%',
        missing: '%REQ(X-MISSING)%',
      },
      'GET /1 HTTP/1.1\r\nHost: shop\r\nUser-Agent: "}\\\tx\xc3\xbc\r\n\r\nGET /2 HTTP/1.1\r\nHost: shop\r\n\r\n',
      2,
    );
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { path: '/1', status: 200, agent: '"}\\\txü', flags: 'RR', both: 'GET HTTP/1.1', missing: null },
      { path: '/2', status: 200, agent: null, flags: 'RR', both: 'GET HTTP/1.1', missing: null },
    ]);
    expect(lines[0]).toMatch(/^[\x20-\x7e]+$/);
  });

  test('may be several, each with its format', async () => {
    const proxy: TestProxy = await startProxy(
      replies(all, {
        access_logs: [
          { path: 'a.log', format: 'A %RESPONSE_CODE%' },
          { path: 'b.log', format: { code: '%RESPONSE_CODE%' } },
        ],
      }),
    );
    const client = await proxy.send('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
    await client.response();
    await proxy.logLine(1);
    expect([proxy.logLines('a.log'), proxy.logLines('b.log')]).toEqual([['A 200'], ['{"code":200}']]);
  });
});
