import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { operators } from '../../../src/telemetry/access-log/operator.ts';
import {
  type AccessEntry,
  compileAccessLog,
  createAccessEntry,
  defaultAccessLogFormat,
  HeaderCapture,
  ResponseFlag,
} from '../../../src/telemetry/index.ts';

function text(template: string, entry: AccessEntry): string {
  return compileAccessLog({ kind: 'text', template }, { hostname: 'host-1' }).write(entry);
}

function json(fields: Record<string, string>, entry: AccessEntry): unknown {
  const line = compileAccessLog({ kind: 'json', fields }, { hostname: 'host-1' }).write(entry);
  expect(line.endsWith('\n')).toBe(true);
  expect(line.indexOf('\n')).toBe(line.length - 1);
  return JSON.parse(line);
}

function finishedExchange(): AccessEntry {
  return {
    ...createAccessEntry(),
    startMs: Date.UTC(2026, 10, 20, 7, 13, 5) + 123.456_7,
    method: 'GET',
    path: '/cart?id=7',
    authority: 'shop.example',
    scheme: 'http',
    protocol: 'HTTP/1.1',
    status: 503,
    details: 'upstream_reset_before_response_started',
    flag: ResponseFlag.UpstreamConnectionTermination,
    bytesReceived: 10,
    bytesSent: 2048,
    durationMs: 12.9,
    requestDurationMs: 3.2,
    responseDurationMs: 11.999,
    upstreamHost: '10.0.0.1:80',
    upstreamCluster: 'cart',
    upstreamLocalAddress: '10.0.0.9:41000',
    downstreamRemoteAddress: '[2001:db8::1]:5000',
    downstreamLocalAddress: '10.0.0.9:8080',
    routeName: 'cart-route',
    virtualHost: 'shop',
    attempts: 2,
    connectionId: 77,
    traceId: '0af7651916cd43dd8448eb211c80319c',
  };
}

describe('compileAccessLog, text', () => {
  test("writes Envoy's default format", () => {
    const formatter = compileAccessLog({ kind: 'text', template: defaultAccessLogFormat });
    expect(formatter.requestHeaders).toEqual([
      'x-envoy-original-path',
      'x-forwarded-for',
      'user-agent',
      'x-request-id',
    ]);
    expect(formatter.responseHeaders).toEqual(['x-envoy-upstream-service-time']);
    const entry = finishedExchange();
    entry.requestHeaders = [undefined, '192.0.2.1', 'curl/8.0', 'id-1'];
    entry.responseHeaders = [undefined];
    expect(formatter.write(entry)).toBe(
      '[2026-11-20T07:13:05.123Z] "GET /cart?id=7 HTTP/1.1" 503 UC 10 2048 12 - "192.0.2.1" "curl/8.0" "id-1" ' +
        '"shop.example" "10.0.0.1:80"\n',
    );
  });

  test.each([
    ['%REQUEST_DURATION% %RESPONSE_DURATION%', '3 11'],
    ['%UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS%', 'cart 10.0.0.9:41000'],
    ['%UPSTREAM_REQUEST_ATTEMPT_COUNT%/%CONNECTION_ID%', '2/77'],
    ['%DOWNSTREAM_REMOTE_ADDRESS%', '[2001:db8::1]:5000'],
    ['%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%', '2001:db8::1'],
    ['%DOWNSTREAM_LOCAL_ADDRESS%', '10.0.0.9:8080'],
    ['%ROUTE_NAME%@%VIRTUAL_HOST_NAME%', 'cart-route@shop'],
    ['%RESPONSE_CODE_DETAILS:8%', 'upstream'],
    ['%TRACE_ID% %HOSTNAME%', '0af7651916cd43dd8448eb211c80319c host-1'],
    ['%REQ(:METHOD)% %REQ(:SCHEME)%://%REQ(:AUTHORITY)%%REQ(:PATH):5%', 'GET http://shop.example/cart'],
    ['%RESP(:STATUS)% %TRAILER(X)% %REQUESTED_SERVER_NAME%', '503 - -'],
    ['100%% %PROTOCOL%', '100% HTTP/1.1'],
    ['', ''],
  ])('writes %j', (template, expected) => {
    expect(text(template, finishedExchange())).toBe(`${expected}\n`);
  });

  test('writes a dash for everything that is absent, and zeros where there are none', () => {
    const template = Object.entries(operators)
      .filter(([name]) => name !== 'START_TIME' && name !== 'HOSTNAME')
      .map(([name, { argument }]) => `${name}=%${name}${argument === 'header' ? '(X-A)' : ''}%`)
      .join(' ');
    const values = text(template, createAccessEntry()).trimEnd().split(' ');
    const zeros = ['RESPONSE_CODE', 'BYTES_RECEIVED', 'BYTES_SENT', 'DURATION', 'CONNECTION_ID'];
    for (const value of values) {
      const [name = '', shown] = value.split('=');
      expect(`${name}=${shown}`).toBe(
        `${name}=${zeros.includes(name) || name === 'UPSTREAM_REQUEST_ATTEMPT_COUNT' ? '0' : '-'}`,
      );
    }
    expect(values).toHaveLength(Object.keys(operators).length - 2);
  });

  test('takes the alternative header when the first is absent or empty', () => {
    const formatter = compileAccessLog({ kind: 'text', template: '%REQ(A?B):3% %RESP(C?:STATUS)%' });
    const entry = finishedExchange();
    entry.requestHeaders = [undefined, 'second'];
    expect(formatter.write(entry)).toBe('sec 503\n');
    entry.requestHeaders = ['', 'second'];
    expect(formatter.write(entry)).toBe('sec 503\n');
    entry.requestHeaders = ['first', 'second'];
    entry.responseHeaders = ['c'];
    expect(formatter.write(entry)).toBe('fir c\n');
  });

  test('shares one capture of headers between the logs of a listener', () => {
    const capture = new HeaderCapture();
    const one = compileAccessLog({ kind: 'text', template: '%REQ(X-A)% %REQ(User-Agent)%' }, { capture });
    const two = compileAccessLog({ kind: 'text', template: '%REQ(user-agent)% %REQ(x-b)%' }, { capture });
    expect(capture.request).toEqual(['x-a', 'user-agent', 'x-b']);
    const entry = finishedExchange();
    entry.requestHeaders = ['1', '2', '3'];
    expect(one.write(entry)).toBe('1 2\n');
    expect(two.write(entry)).toBe('2 3\n');
  });

  test('uses the name of the machine', () => {
    expect(compileAccessLog({ kind: 'text', template: '%HOSTNAME%' }).write(createAccessEntry())).toBe(
      `${hostname()}\n`,
    );
  });

  test('does not let a value end the line or leave its quotes', () => {
    const formatter = compileAccessLog({ kind: 'text', template: '"%REQ(A)%"' });
    const entry = createAccessEntry();
    for (const [value, shown] of [
      ['a\nb', 'a\\x0Ab'],
      ['a\r\nb', 'a\\x0D\\x0Ab'],
      ['" 200 "', '\\x22 200 \\x22'],
      ['back\\slash', 'back\\x5Cslash'],
      ['\u001b[31m', '\\x1B[31m'],
      ['\u0000\u007f\u0085', '\\x00\\x7F\\x85'],
      ['\u2028', '\\u2028'],
      ['caf\u00c3\u00a9', 'caf\\xC3\\xA9'],
    ]) {
      entry.requestHeaders = [value];
      expect(formatter.write(entry)).toBe(`"${shown}"\n`);
    }
  });

  test('keeps every value of any bytes on one line of printable ASCII', () => {
    const formatter = compileAccessLog({
      kind: 'text',
      template: '%REQ(A)% %REQ(:PATH)% %REQ(:METHOD)% %RESPONSE_CODE_DETAILS%',
    });
    const entry = createAccessEntry();
    for (let code = 0; code < 0x300; code++) {
      const value = `a${String.fromCharCode(code)}b`;
      entry.requestHeaders = [value];
      entry.path = value;
      entry.method = value;
      entry.details = value;
      expect(formatter.write(entry)).toMatch(/^[\x20-\x7e]+\n$/);
    }
  });
});

describe('compileAccessLog, JSON', () => {
  test('keeps numbers as numbers and shows what is absent as null', () => {
    expect(
      json(
        {
          time: '%START_TIME%',
          code: '%RESPONSE_CODE%',
          ms: '%DURATION%',
          first: '%RESPONSE_DURATION%',
          agent: '%REQ(USER-AGENT)%',
          host: '%UPSTREAM_HOST%',
          flags: '%RESPONSE_FLAGS%',
          line: '%REQ(:METHOD)% %REQ(X)% %RESPONSE_CODE%',
          fixed: 'text "quoted"',
          percent: '5%%',
        },
        { ...finishedExchange(), responseDurationMs: -1 },
      ),
    ).toEqual({
      time: '2026-11-20T07:13:05.123Z',
      code: 503,
      ms: 12,
      first: null,
      agent: null,
      host: '10.0.0.1:80',
      flags: 'UC',
      line: 'GET - 503',
      fixed: 'text "quoted"',
      percent: '5%',
    });
  });

  test('writes an empty object for no fields', () => {
    expect(json({}, createAccessEntry())).toEqual({});
  });

  test('escapes keys and values, whatever they hold', () => {
    const formatter = compileAccessLog({ kind: 'json', fields: { 'a"\n': '%REQ(A)%' } });
    const entry = createAccessEntry();
    for (let code = 0; code < 0x80; code++) {
      const value = `a${String.fromCharCode(code)}"\\b`;
      entry.requestHeaders = [value];
      const line = formatter.write(entry);
      expect(line).toMatch(/^[\x20-\x7e]+\n$/);
      expect(JSON.parse(line)).toEqual({ 'a"\n': value });
    }
  });

  test('shows UTF-8 as the text it is and other bytes one by one', () => {
    const formatter = compileAccessLog({ kind: 'json', fields: { a: '%REQ(A)%' } });
    const shown = (value: string): unknown => {
      const line = formatter.write({ ...createAccessEntry(), requestHeaders: [value] });
      expect(line).toMatch(/^[\x20-\x7e]+\n$/);
      return JSON.parse(line);
    };
    expect(shown(Buffer.from('café ☕').toString('latin1'))).toEqual({ a: 'café ☕' });
    expect(shown('caf\u00e9')).toEqual({ a: 'café' });
    expect(shown('\u2028')).toEqual({ a: '\u2028' });
  });
});

describe('START_TIME', () => {
  const at = Date.UTC(2026, 0, 5, 0, 7, 9) + 45.678_901;
  test.each([
    ['%Y/%m/%dT%H:%M:%S%z', '2026/01/05T00:07:09+0000'],
    ['%d/%b/%Y:%H:%M:%S %z', '05/Jan/2026:00:07:09 +0000'],
    ['%A %a %B %e %j %y', 'Monday Mon January  5 005 26'],
    ['%I:%M %p %Z', '12:07 AM UTC'],
    ['%F %T %R', '2026-01-05 00:07:09 00:07'],
    ['%s.%3f', `${Date.UTC(2026, 0, 5, 0, 7, 9) / 1000}.045`],
    ['%E3S', '09.045'],
    ['%%', '%'],
  ])('formats %j', (format, expected) => {
    expect(text(`%START_TIME(${format})%`, { ...createAccessEntry(), startMs: at })).toBe(`${expected}\n`);
  });

  test('cuts fractions instead of rounding into the next second', () => {
    const entry = { ...createAccessEntry(), startMs: 999.9996 };
    expect(text('%START_TIME(%S.%3f %1f)%', entry)).toBe('00.999 9\n');
    expect(text('%START_TIME(%f)%', { ...entry, startMs: 1.5 })).toBe('001500000\n');
  });

  test('follows the clock from second to second', () => {
    const formatter = compileAccessLog({ kind: 'text', template: '%START_TIME(%S.%3f)%' });
    const line = (startMs: number): string => formatter.write({ ...createAccessEntry(), startMs });
    expect([line(1000), line(1999), line(2000), line(1500), line(61_001)]).toEqual([
      '01.000\n',
      '01.999\n',
      '02.000\n',
      '01.500\n',
      '01.001\n',
    ]);
  });
});
