import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  get,
  request as httpRequest,
  type RequestListener,
  type Server,
} from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type CallCount, EpochCounter } from '../../../../health/observe/epoch-counter.ts';
import { observeHttp } from '../../../../health/observe/observe-http.ts';
import { parseReport } from '../../../../health/observe/parse-report.ts';
import { epochMs } from '../../../../health/observe/viewpoint.ts';
import { ManualClock } from '../../holmes/manual-clock.ts';

const peerText = 'node=cart-1;service=cart;version=1.0;release=r1';
const cart = { node: 'cart-1', service: 'cart', version: '1.0', release: 'r1' };
const nobody = { node: '', service: '', version: '', release: '' };

const channels = [
  'http.server.request.start',
  'http.server.response.finish',
  'http.client.response.finish',
  'http.client.request.error',
  'undici:request:create',
  'undici:request:headers',
  'undici:request:trailers',
  'undici:request:error',
];

/** The counter, with what was counted in order. */
class Tape extends EpochCounter {
  readonly calls: CallCount[] = [];

  override count(call: CallCount): void {
    this.calls.push(call);
    super.count(call);
  }

  /** `caller 5xx@upstream`, or `caller ok`; sorted, as both ends see the end of a call at about the same time. */
  get lines(): string[] {
    return this.calls
      .map(({ viewpoint, failed, origin, reason }) => `${viewpoint} ${failed ? `${reason}@${origin}` : 'ok'}`)
      .sort();
  }

  at(viewpoint: string): CallCount[] {
    return this.calls.filter((call) => call.viewpoint === viewpoint);
  }
}

function observe(ignore: readonly string[] = []): { tape: Tape; stop: () => Promise<void> } {
  const tape = new Tape({
    node: cart,
    incarnation: 1,
    clock: new ManualClock(),
    viewpoints: ['caller', 'callee'],
    onClosed: () => {},
  });
  const stop = observeHttp({ counter: tape, ignore });
  onTestFinished(async () => {
    await stop();
    tape.close();
    for (const name of channels) expect([name, channel(name).hasSubscribers]).toEqual([name, false]);
  });
  return { tape, stop };
}

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serve(answer: RequestListener): Promise<{ host: string; server: Server }> {
  const server = createServer(answer);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: await listen(server), server };
}

/** A server that is not Node's, so that only the caller is counted. */
async function serveRaw(answer: (socket: Socket) => void): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listen(server);
}

async function freePort(): Promise<string> {
  const server = createTcpServer();
  const host = await listen(server);
  server.close();
  await once(server, 'close');
  return host;
}

/** `once` of node:events would reject at an error, and leave before the end. */
function closeOf(emitter: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    emitter.once('close', resolve);
  });
}

/** Ends when both the request and the answer, if there is one, are closed. */
async function getHttp(url: string, headers: Record<string, string> = {}): Promise<void> {
  const request = get(url, { agent: false, headers }).on('error', () => {});
  const closed = [closeOf(request)];
  request.on('response', (response) => {
    response.on('error', () => {});
    closed.push(closeOf(response));
    response.resume();
  });
  await closed[0];
  await closed[1];
}

async function getFetch(url: string, headers: Record<string, string> = {}): Promise<void> {
  try {
    const response = await fetch(url, { headers });
    await response.text();
  } catch {
    // What became of it is what the counter says.
  }
}

const clients = [
  ['node:http', getHttp],
  ['fetch', getFetch],
] as const;

const answers: Record<string, (socket: Socket) => void> = {
  'resets before the head': (socket) => socket.resetAndDestroy(),
  'ends before the head': (socket) => socket.end(),
  'resets within the body': (socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx', () =>
      setImmediate(() => socket.resetAndDestroy()),
    ),
  'ends within the body': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx'),
  'says what is no HTTP': (socket) => socket.end('SSH-2.0-OpenSSH_9\r\n\r\n'),
  'breaks its chunks': (socket) =>
    socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzzz\r\nabc\r\n0\r\n\r\n'),
  'fails and then breaks off': (socket) => socket.end('HTTP/1.1 503 Busy\r\ncontent-length: 9\r\n\r\nx'),
};

const expected: Record<string, string> = {
  'resets before the head': 'caller reset@upstream',
  'ends before the head': 'caller reset@upstream',
  'resets within the body': 'caller reset@upstream',
  'ends within the body': 'caller reset@upstream',
  'says what is no HTTP': 'caller protocol@upstream',
  'breaks its chunks': 'caller protocol@upstream',
  'fails and then breaks off': 'caller 5xx@upstream',
};

describe.each(clients)('calls observed through %s', (_client, call) => {
  test('are counted at both ends, with the peers that introduce themselves', async () => {
    const { tape } = observe();
    const { host } = await serve((_request, response) => {
      response.setHeader('x-meshlock-peer', peerText);
      response.end('ok');
    });
    await call(`http://${host}/`, { 'x-meshlock-peer': 'service=web' });
    await vi.waitFor(() => expect(tape.lines).toEqual(['callee ok', 'caller ok']));
    expect(tape.at('caller')[0]?.peer).toEqual(cart);
    expect(tape.at('callee')[0]?.peer).toEqual({ ...nobody, service: 'web' });
  });

  test('are those of a host, and of somebody unknown, when nobody introduces himself', async () => {
    const { tape } = observe();
    const { host } = await serve((_request, response) =>
      response.setHeader('x-meshlock-peer', 'node=%').end(),
    );
    await call(`http://${host}/`);
    await vi.waitFor(() => expect(tape.calls.length).toBe(2));
    expect(tape.at('caller')[0]?.peer).toEqual({ ...nobody, service: host });
    expect(tape.at('callee')[0]?.peer).toEqual(nobody);
  });

  test('are those of a host when an answer introduces two', async () => {
    const { tape } = observe();
    const line = `x-meshlock-peer: ${peerText}\r\n`;
    const host = await serveRaw((socket) =>
      socket.end(`HTTP/1.1 200 OK\r\n${line}${line}content-length: 0\r\n\r\n`),
    );
    await call(`http://${host}/`);
    await vi.waitFor(() => expect(tape.lines).toEqual(['caller ok']));
    expect(tape.calls[0]?.peer).toEqual({ ...nobody, service: host });
  });

  test.each([
    [200, 'ok', 'ok'],
    [304, 'ok', 'ok'],
    [404, 'ok', 'ok'],
    [499, 'ok', 'ok'],
    [500, '5xx@local', '5xx@upstream'],
    [503, '5xx@local', '5xx@upstream'],
  ])('with status %i are %s to the callee and %s to the caller', async (status, callee, caller) => {
    const { tape } = observe();
    const { host } = await serve((_request, response) => response.writeHead(status).end());
    await call(`http://${host}/`);
    await vi.waitFor(() => expect(tape.lines).toEqual([`callee ${callee}`, `caller ${caller}`]));
  });

  test.each(Object.keys(answers))('fail once when the other side %s', async (what) => {
    const { tape } = observe();
    const host = await serveRaw(answers[what]!);
    await call(`http://${host}/`);
    await vi.waitFor(() => expect(tape.lines).toEqual([expected[what]]));
    await new Promise((resolve) => setImmediate(resolve));
    expect(tape.lines).toEqual([expected[what]]);
    expect(tape.calls[0]?.peer.service).toBe(host);
  });

  test('fail to connect where nobody listens', async () => {
    const { tape } = observe();
    const host = await freePort();
    await call(`http://${host}/`);
    expect(tape.lines).toEqual(['caller connect@upstream']);
    expect(tape.calls[0]?.peer.service).toBe(host);
  });

  test('are cut by this program when its server destroys them', async () => {
    const { tape } = observe();
    const { host } = await serve((request) => request.socket.destroy());
    await call(`http://${host}/`);
    await vi.waitFor(() => expect(tape.lines).toEqual(['callee reset@local', 'caller reset@upstream']));
  });

  test('are not counted at an address that is left out, with and without a query', async () => {
    const { host } = await serve((_request, response) => response.end());
    const { tape } = observe([`http://${host}/v1/epochs`]);
    await call(`http://${host}/v1/epochs?x=1`);
    await call(`http://${host}/v1/other`);
    await vi.waitFor(() => expect(tape.lines).toEqual(['callee ok', 'callee ok', 'caller ok']));
  });
});

describe('calls that are given up', () => {
  test('by the caller with fetch: before the head, within the body, by a time-out', async () => {
    const { tape } = observe();
    const { host, server } = await serve((request, response) => {
      if (request.url === '/stream') response.write('x');
    });
    const giveUp = new AbortController();
    const hanging = fetch(`http://${host}/`, { signal: giveUp.signal });
    await once(server, 'request');
    giveUp.abort();
    await expect(hanging).rejects.toThrow('aborted');
    await vi.waitFor(() => expect(tape.lines).toEqual(['callee aborted@client', 'caller aborted@client']));

    const streaming = await fetch(`http://${host}/stream`);
    await streaming.body?.cancel();
    await vi.waitFor(() =>
      expect(tape.lines.filter((line) => line.includes('aborted@client')).length).toBe(4),
    );

    await expect(fetch(`http://${host}/`, { signal: AbortSignal.timeout(20) })).rejects.toThrow('timeout');
    await vi.waitFor(() => expect(tape.calls.length).toBe(6));
    expect(tape.at('caller').at(-1)).toMatchObject({ origin: 'upstream', reason: 'timeout' });
    expect(tape.at('callee').at(-1)).toMatchObject({ origin: 'client', reason: 'aborted' });
  });

  test('by the caller with node:http: before the head and within the body', async () => {
    const { tape } = observe();
    const { host, server } = await serve((request, response) => {
      if (request.url === '/stream') response.write('x');
    });
    const hanging = get(`http://${host}/`, { agent: false }).on('error', () => {});
    await once(server, 'request');
    hanging.destroy();
    await vi.waitFor(() => expect(tape.lines).toEqual(['callee aborted@client', 'caller aborted@client']));

    const streaming = get(`http://${host}/stream`, { agent: false }).on('error', () => {});
    const [response] = (await once(streaming, 'response')) as [NodeJS.ReadableStream];
    response.on('error', () => {});
    streaming.destroy();
    await vi.waitFor(() =>
      expect(tape.lines.filter((line) => line.includes('aborted@client')).length).toBe(4),
    );
    expect(tape.calls.length).toBe(4);
  });

  test('by the caller with node:http, by a time-out that says so', async () => {
    const { tape } = observe();
    const { host } = await serve(() => {});
    const request = get(`http://${host}/`, { agent: false, signal: AbortSignal.timeout(20) }).on(
      'error',
      () => {},
    );
    await closeOf(request);
    await vi.waitFor(() => expect(tape.lines).toEqual(['callee aborted@client', 'caller timeout@upstream']));
  });

  test('by a caller that is reset or ends in the middle of its request', async () => {
    const { tape } = observe();
    const { host, server } = await serve(() => {});
    for (const leave of [(socket: Socket) => socket.resetAndDestroy(), (socket: Socket) => socket.end()]) {
      const socket = connect(Number(host.split(':')[1]), '127.0.0.1');
      socket.on('error', () => {});
      onTestFinished(() => void socket.destroy());
      socket.write(
        'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\nx-meshlock-peer: service=web\r\n\r\nx',
      );
      await once(server, 'request');
      leave(socket);
    }
    await vi.waitFor(() => expect(tape.lines).toEqual(['callee aborted@client', 'callee aborted@client']));
    expect(tape.calls.every(({ peer }) => peer.service === 'web')).toBe(true);
  });
});

describe('observation of HTTP', () => {
  test('counts each call of a connection that is kept, and each hop of a redirect', async () => {
    const { tape } = observe();
    const { host } = await serve((request, response) => {
      if (request.url === '/from') response.writeHead(302, { location: '/to' }).end();
      else response.end('ok');
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    for (let index = 0; index < 3; index++) {
      const [response] = (await once(get(`http://${host}/`, { agent }), 'response')) as [
        NodeJS.ReadableStream,
      ];
      response.resume();
      await once(response, 'close');
    }
    await getFetch(`http://${host}/from`);
    await vi.waitFor(() => expect(tape.at('caller').length).toBe(5));
    await vi.waitFor(() => expect(tape.at('callee').length).toBe(5));
    expect(tape.calls.every(({ failed }) => !failed)).toBe(true);
  });

  test('does not count what becomes another protocol', async () => {
    const { tape } = observe();
    const { host, server } = await serve(() => {});
    server.on('upgrade', (_request, socket: Socket) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n');
    });
    const request = httpRequest(`http://${host}/`, { headers: { connection: 'upgrade', upgrade: 'echo' } });
    request.end();
    const [, socket] = (await once(request, 'upgrade')) as [unknown, Socket];
    socket.destroy();
    expect(tape.calls).toEqual([]);
  });

  test('does not change what an error does in a program that does not handle it', async () => {
    observe();
    const host = await freePort();
    const request = get(`http://${host}/`);
    expect(request.listenerCount('error')).toBe(0);
    const [error] = (await once(request, 'error')) as [Error];
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('after stop nothing is counted, and nothing is left on calls under way', async () => {
    const { tape, stop } = observe();
    const { host, server } = await serve((_request, response) => void response.write('x'));
    const request = get(`http://${host}/`, { agent: false }).on('error', () => {});
    const [[, answer], [response]] = (await Promise.all([
      once(server, 'request'),
      once(request, 'response'),
    ])) as [[unknown, NodeJS.EventEmitter], [NodeJS.EventEmitter]];
    response.on('error', () => {});
    const before = [answer.listenerCount('close'), response.listenerCount('close')];
    await stop();
    await stop();
    expect([answer.listenerCount('close'), response.listenerCount('close')]).toEqual(
      before.map((count) => count - 1),
    );
    request.destroy();
    await once(answer, 'close');
    expect(tape.calls).toEqual([]);
  });

  test('a message of another shape is no reason to fall', () => {
    const { tape } = observe();
    for (const name of channels)
      for (const message of [{}, { request: {} }, { request: { origin: 'no url' }, response: {}, error: 1 }])
        channel(name).publish(message);
    expect(tape.calls).toEqual([]);
  });

  test('a call of fetch ends once, and only if it began', () => {
    const { tape } = observe();
    const request = { origin: 'http://a', path: '/' };
    channel('undici:request:trailers').publish({ request });
    channel('undici:request:headers').publish({ request, response: { statusCode: 200, headers: [] } });
    channel('undici:request:error').publish({ request, error: new Error('no') });
    expect(tape.calls).toEqual([]);
    channel('undici:request:create').publish({ request });
    channel('undici:request:trailers').publish({ request });
    channel('undici:request:error').publish({ request, error: new Error('no') });
    expect(tape.lines).toEqual(['caller ok']);
  });

  test('asks for a counter that watches both viewpoints', () => {
    const counter = new EpochCounter({
      node: cart,
      incarnation: 1,
      clock: new ManualClock(),
      viewpoints: ['caller'],
      onClosed: () => {},
    });
    expect(() => observeHttp({ counter })).toThrow('caller and callee');
    counter.close();
    for (const name of channels) expect(channel(name).hasSubscribers).toBe(false);
  });

  test('sends its epochs to an aggregator, and does not count that', async () => {
    const received: string[] = [];
    const { host } = await serve((request, response) => {
      let text = '';
      request.setEncoding('utf8');
      request.on('data', (piece: string) => (text += piece));
      request.on('end', () => {
        if (request.url === '/v1/observations') received.push(text);
        response.end();
      });
    });
    const clock = new ManualClock(Math.ceil(1.8e12 / epochMs) * epochMs);
    const node = { ...cart, node: 'web-1' };
    const stop = observeHttp({ node, report: { url: `http://${host}`, token: 't' }, clock, random: () => 0 });
    onTestFinished(stop);
    await getFetch(`http://${host}/shop`);
    clock.advance(epochMs + 1000);
    await vi.waitFor(() => expect(received.length).toBe(1));
    clock.advance(epochMs);
    await vi.waitFor(() => expect(received.length).toBe(2));
    const [first, second] = received.map(parseReport);
    expect(first?.node).toEqual(node);
    expect(first?.totals.map(({ viewpoint, calls }) => [viewpoint, calls])).toEqual([
      ['callee', 1],
      ['caller', 1],
    ]);
    // The aggregator lives in this program too: it answers what is not counted as a call.
    expect(second?.totals.map(({ viewpoint, calls }) => [viewpoint, calls])).toEqual([['callee', 1]]);
    await stop();
    expect(clock.timers).toBe(0);
    for (const name of channels) expect(channel(name).hasSubscribers).toBe(false);
  });
});
