/**
 * The application behind the proxy in `npm start`: a few paths that behave as real ones do on good and bad days. It
 * knows nothing of the proxy.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { WebSocketServer } from 'ws';

export interface ApplicationPath {
  readonly path: string;
  /** For people, on the page and at the start. */
  readonly says: string;
}

export const applicationPaths: readonly ApplicationPath[] = [
  { path: '/', says: 'this page' },
  { path: '/slow?ms=800', says: 'answers after as many milliseconds, at most 10,000' },
  { path: '/flaky', says: 'fails every third time; the proxy asks the other instance' },
  { path: '/stream', says: 'a line every 200 ms, ten times' },
  { path: '/echo', says: 'sends back what it is sent (-d hello); speaks WebSocket too' },
  { path: '/headers', says: 'the request as the application sees it, behind the proxy' },
];

const maxSlowMs = 10_000;
const streamedLines = 10;
const streamPeriodMs = 200;

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

/** One instance, not yet listening. Its name is in the `x-demo-instance` of every answer. */
export function createApplication(instance: string): Server {
  const handlers = handlersOf(instance);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://demo');
    response.setHeader('x-demo-instance', instance);
    (handlers.get(url.pathname) ?? notFound)(request, response, url);
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1 << 20 });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on('error', () => socket.terminate());
  });
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (connected) =>
      sockets.emit('connection', connected, request),
    );
  });
  return server;
}

function handlersOf(instance: string): ReadonlyMap<string, Handler> {
  let calls = 0;
  const flaky: Handler = (_request, response) => {
    calls++;
    if (calls % 3 === 0) text(response, 503, `${instance} has one of its bad moments\n`);
    else text(response, 200, `${instance} is well\n`);
  };
  return new Map<string, Handler>([
    ['/', (_request, response) => page(response, instance)],
    ['/healthz', (_request, response) => text(response, 200, 'ok\n')],
    ['/slow', slow],
    ['/flaky', flaky],
    ['/stream', stream],
    ['/echo', echo],
    ['/headers', headers],
  ]);
}

const slow: Handler = (_request, response, url) => {
  const asked = Number(url.searchParams.get('ms') ?? 800);
  const delayMs = Number.isFinite(asked) ? Math.min(Math.max(asked, 0), maxSlowMs) : 0;
  const timer = setTimeout(() => text(response, 200, `answered after ${delayMs} ms\n`), delayMs);
  response.on('close', () => clearTimeout(timer));
};

const stream: Handler = (_request, response) => {
  let sent = 0;
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  const timer = setInterval(() => {
    sent++;
    response.write(`line ${sent} of ${streamedLines}\n`);
    if (sent === streamedLines) response.end();
  }, streamPeriodMs);
  response.on('close', () => clearInterval(timer));
};

const echo: Handler = (request, response) => {
  response.writeHead(200, { 'content-type': request.headers['content-type'] ?? 'application/octet-stream' });
  request.pipe(response);
};

const headers: Handler = (request, response) => {
  const seen = { method: request.method, target: request.url, headers: request.headers };
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify(seen, null, 2)}\n`);
};

const notFound: Handler = (_request, response, url) => {
  text(
    response,
    404,
    `nothing at ${url.pathname}; there are ${applicationPaths.map(({ path }) => path).join(' ')}\n`,
  );
};

function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(body);
}

function page(response: ServerResponse, instance: string): void {
  const rows = applicationPaths.map(({ path, says }) => `<li><a href="${path}">${path}</a> ${says}</li>`);
  const title = 'Meshlock demo';
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body>` +
      `<h1>${title}</h1><p>Answered by instance ${instance}. Reload: the proxy takes turns.</p>` +
      `<ul>${rows.join('')}</ul></body></html>\n`,
  );
}
