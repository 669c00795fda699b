import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { httpProbe } from '../../../src/cluster/health-check/http-probe.ts';
import { type Probe, type ProbeResult, resultOfError } from '../../../src/cluster/health-check/probe.ts';
import { tcpProbe } from '../../../src/cluster/health-check/tcp-probe.ts';
import type { HttpHealthCheck, SocketAddress, TcpHealthCheck } from '../../../src/config/index.ts';

const http: HttpHealthCheck = {
  kind: 'http',
  path: '/healthz?full=1',
  host: '',
  method: 'GET',
  expectedStatuses: [[200, 299]],
};
const tcp: TcpHealthCheck = { kind: 'tcp', send: '', receive: '' };

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(server: Server): Promise<SocketAddress> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

function httpServer(handle: RequestListener): Promise<SocketAddress> {
  return listen(createHttpServer(handle));
}

function tcpServer(handle: (socket: Socket) => void): Promise<SocketAddress> {
  return listen(createServer(handle));
}

function run(probe: Probe, address: SocketAddress): Promise<ProbeResult> {
  return new Promise((resolve) => probe.start(address, resolve));
}

async function freePort(): Promise<SocketAddress> {
  const server = createServer();
  const address = await listen(server);
  servers.pop();
  await new Promise((resolve) => server.close(resolve));
  return address;
}

/** Resolves once the servers have no connection left. */
async function noConnections(): Promise<void> {
  await Promise.all([...sockets].map((socket) => new Promise((resolve) => socket.on('close', resolve))));
}

describe('an HTTP health check', () => {
  test('asks for the path with the endpoint as host, and passes by the status', async () => {
    let seen = '';
    const address = await httpServer((request, response) => {
      seen = `${request.method} ${request.url} ${request.headers.host} ${request.headers.connection}`;
      response.end('fine');
    });
    expect(await run(httpProbe(http, 'off'), address)).toEqual({ kind: 'passed', detail: 'status 200' });
    expect(seen).toBe(`GET /healthz?full=1 127.0.0.1:${address.port} close`);
    await noConnections();
  });

  test('sends the configured host and method', async () => {
    let seen = '';
    const address = await httpServer((request, response) => {
      seen = `${request.method} ${request.headers.host}`;
      response.writeHead(204).end();
    });
    const check = { ...http, host: 'app.internal', method: 'HEAD' } as const;
    expect(await run(httpProbe(check, 'off'), address)).toMatchObject({ kind: 'passed' });
    expect(seen).toBe('HEAD app.internal');
  });

  test.each([
    [503, [[200, 299]], 'status 503, expected 200-299'],
    [
      302,
      [
        [200, 204],
        [401, 401],
      ],
      'status 302, expected 200-204 or 401',
    ],
  ] as const)('fails with status %i where %j is expected', async (status, expectedStatuses, detail) => {
    const address = await httpServer((_, response) => response.writeHead(status).end());
    const result = await run(httpProbe({ ...http, expectedStatuses }, 'off'), address);
    expect(result).toEqual({ kind: 'failed', detail });
  });

  test('says that nobody listens', async () => {
    const result = await run(httpProbe(http, 'off'), await freePort());
    expect(result).toEqual({ kind: 'failed', detail: 'connect refused' });
  });

  test('says that the connection was closed without an answer', async () => {
    const address = await tcpServer((socket) => socket.on('data', () => socket.end()));
    const result = await run(httpProbe(http, 'off'), address);
    expect(result).toEqual({ kind: 'failed', detail: 'connection closed before an answer' });
  });

  test('says that the answer is not HTTP', async () => {
    const address = await tcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    const result = await run(httpProbe(http, 'off'), address);
    expect(result).toEqual({ kind: 'failed', detail: expect.stringMatching(/^not an HTTP answer \(HPE_/) });
  });

  test('fails when the answer breaks off in its body', async () => {
    const address = await tcpServer((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'));
    });
    const result = await run(httpProbe(http, 'off'), address);
    expect(result).toEqual({ kind: 'failed', detail: 'status 200, then the answer broke off' });
  });

  test('reads no more of an endless answer than it must', async () => {
    let sent = 0;
    const address = await httpServer((_, response) => {
      const piece = Buffer.alloc(16_384);
      const more = (): void => {
        while (!response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) break;
        }
      };
      response.on('drain', more);
      more();
    });
    expect(await run(httpProbe(http, 'off'), address)).toMatchObject({ kind: 'passed' });
    await noConnections();
    expect(sent).toBeLessThan(32 << 20);
  });

  test('closes its connection when cancelled, and reports nothing', async () => {
    const arrived: (() => void)[] = [];
    const address = await httpServer(() => arrived.forEach((resolve) => resolve()));
    const results: ProbeResult[] = [];
    const waiting = new Promise<void>((resolve) => arrived.push(resolve));
    const running = httpProbe(http, 'off').start(address, (result) => results.push(result));
    await waiting;
    running.cancel();
    await noConnections();
    expect(results).toEqual([]);
  });

  test('says what is wrong with a request that cannot be sent', async () => {
    const result = await run(httpProbe({ ...http, path: '/a b' }, 'off'), await freePort());
    expect(result).toMatchObject({
      kind: 'failed',
      detail: expect.stringMatching(/^health check cannot be sent: .*path/i),
    });
  });

  test.each([
    ['v1', Buffer.from('PROXY UNKNOWN\r\nGET ')],
    ['v2', Buffer.from('\r\n\r\n\0\r\nQUIT\n\x20\0\0\0GET ', 'latin1')],
  ] as const)('begins with a PROXY %s header where connections do', async (version, expected) => {
    const pieces: Buffer[] = [];
    const address = await tcpServer((socket) => {
      socket.on('data', (piece) => {
        pieces.push(piece);
        if (piece.includes('\r\n\r\n', piece.indexOf('GET'))) socket.end('HTTP/1.1 200 OK\r\n\r\n');
      });
    });
    expect(await run(httpProbe(http, version), address)).toMatchObject({ kind: 'passed' });
    expect(Buffer.concat(pieces).subarray(0, expected.length)).toEqual(expected);
  });
});

describe('a TCP health check', () => {
  test('passes when the connection stands, where nothing else is asked', async () => {
    const address = await tcpServer(() => {});
    expect(await run(tcpProbe(tcp, 'off'), address)).toEqual({ kind: 'passed', detail: 'connected' });
    await noConnections();
  });

  test('says that nobody listens', async () => {
    const result = await run(tcpProbe(tcp, 'off'), await freePort());
    expect(result).toEqual({ kind: 'failed', detail: 'connect refused' });
  });

  test('sends, and passes when the expected bytes come, in however many pieces', async () => {
    const address = await tcpServer((socket) => {
      socket.setNoDelay(true);
      socket.on('data', (piece) => {
        expect(piece.toString()).toBe('PING\r\n');
        socket.write('banner +PO', () => setImmediate(() => socket.write('NG\r\n')));
      });
    });
    const result = await run(tcpProbe({ ...tcp, send: 'PING\r\n', receive: '+PONG' }, 'off'), address);
    expect(result).toEqual({ kind: 'passed', detail: 'expected answer received' });
    await noConnections();
  });

  test('delivers what it sends where no answer is expected', async () => {
    let got = '';
    const ended = Promise.withResolvers<void>();
    const address = await tcpServer((socket) => {
      socket.on('data', (piece) => {
        got += piece.toString();
      });
      socket.on('close', () => ended.resolve());
    });
    expect(await run(tcpProbe({ ...tcp, send: 'hello' }, 'off'), address)).toMatchObject({ kind: 'passed' });
    await ended.promise;
    expect(got).toBe('hello');
  });

  test('fails when the endpoint closes before the expected answer', async () => {
    const address = await tcpServer((socket) => socket.end('-ERR'));
    const result = await run(tcpProbe({ ...tcp, receive: '+PONG' }, 'off'), address);
    expect(result).toEqual({
      kind: 'failed',
      detail: 'connection closed after 4 bytes without the expected answer',
    });
  });

  test('gives up on an answer that is too long', async () => {
    const address = await tcpServer((socket) => socket.write(Buffer.alloc(100_000)));
    const result = await run(tcpProbe({ ...tcp, receive: '+PONG' }, 'off'), address);
    expect(result).toEqual({ kind: 'failed', detail: 'expected answer not in the first 65536 bytes' });
    await noConnections();
  });

  test('closes its connection when cancelled, and reports nothing', async () => {
    const connected = Promise.withResolvers<void>();
    const address = await tcpServer(() => connected.resolve());
    const results: ProbeResult[] = [];
    const running = tcpProbe({ ...tcp, receive: 'never' }, 'off').start(address, (r) => results.push(r));
    await connected.promise;
    running.cancel();
    await noConnections();
    expect(results).toEqual([]);
  });
});

describe('a socket error', () => {
  test.each([
    ['ECONNREFUSED', 'failed', 'connect refused'],
    ['EHOSTUNREACH', 'failed', 'host unreachable'],
    ['EWHATEVER', 'failed', 'connection failed (EWHATEVER)'],
    ['EMFILE', 'inconclusive', 'no file descriptor left in this process'],
    ['EADDRNOTAVAIL', 'inconclusive', 'no local port left on this machine'],
  ])('%s makes a check %s', (code, kind, detail) => {
    expect(resultOfError(Object.assign(new Error('x'), { code }))).toEqual({ kind, detail });
  });
});
