/**
 * The admin API's HTTP server on the control thread: sockets, limits, and an orderly end. What is answered is decided in
 * `dispatcher.ts`. node:http is fast enough here: nothing of the traffic passes through it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Clock, formatAddress, MeshlockError, systemClock } from '../base/index.ts';
import type { SocketAddress } from '../config/index.ts';
import { type AdminLog, Dispatcher } from './dispatcher.ts';
import { adminTable } from './endpoint/table.ts';
import { checkExposure } from './guard.ts';
import { type AdminLimits, defaultLimits } from './limits.ts';
import type { AdminReply } from './reply.ts';
import { hasUnreadBody, readBody } from './request-body.ts';
import type { AdminRoute } from './route.ts';

import type { AdminSource } from './source.ts';

export interface AdminServerOptions {
  /** An IP literal; port 0 takes a free one. */
  readonly address: SocketAddress;
  /** Empty: none, which only a loopback address may have. A secret. */
  readonly token: string;
  readonly source: AdminSource;
  readonly log: AdminLog;
  /** Endpoints of other rooms, beside the built-in ones. */
  readonly routes?: readonly AdminRoute[];
  readonly clock?: Clock;
  readonly limits?: Partial<AdminLimits>;
}

const maxHeadBytes = 16_384;
/** Of the warning about too many connections. */
const warnEveryMs = 10_000;

export class AdminServer {
  readonly #address: SocketAddress;
  readonly #log: AdminLog;
  readonly #clock: Clock;
  readonly #limits: AdminLimits;
  readonly #dispatcher: Dispatcher;
  readonly #server: Server;
  #closed: Promise<void> | null = null;
  #warnedAtMs = Number.NEGATIVE_INFINITY;

  /** Throws a `MeshlockError` ADMIN_UNPROTECTED for an address that others reach when there is no token. */
  constructor(options: AdminServerOptions) {
    checkExposure(options.address, options.token);
    const clock = options.clock ?? systemClock;
    const table = adminTable(options.source, clock, options.routes ?? []);
    this.#address = options.address;
    this.#log = options.log;
    this.#clock = clock;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#dispatcher = new Dispatcher({ token: options.token, table, log: options.log, clock });
    this.#server = this.#createServer();
  }

  /** Resolves with where it listens. Rejects with ADDRESS_IN_USE or ADDRESS_UNAVAILABLE. Once only. */
  listen(): Promise<SocketAddress> {
    const server = this.#server;
    const { host, port } = this.#address;
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => reject(listenError(this.#address, error));
      server.once('error', onError);
      server.listen({ host, port }, () => {
        server.off('error', onError);
        server.on('error', (error) => this.#log.error({ err: error }, 'the admin API cannot accept'));
        const bound = server.address();
        resolve({ host, port: bound === null || typeof bound === 'string' ? port : bound.port });
      });
    });
  }

  /** Stops accepting, lets running replies finish within the grace, then cuts what is left. Never rejects. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      const cut = this.#clock.after(this.#limits.closeGraceMs, () => this.#server.closeAllConnections());
      this.#server.close(() => {
        cut.cancel();
        resolve();
      });
    });
    return this.#closed;
  }

  #createServer(): Server {
    const limits = this.#limits;
    const server = createServer(
      {
        headersTimeout: limits.headersTimeoutMs,
        requestTimeout: limits.requestTimeoutMs,
        connectionsCheckingInterval: limits.checkIntervalMs,
        keepAliveTimeout: limits.keepAliveTimeoutMs,
        maxHeaderSize: maxHeadBytes,
        noDelay: true,
      },
      (request, response) => void this.#serve(request, response),
    );
    server.maxConnections = limits.maxConnections;
    server.setTimeout(limits.inactivityTimeoutMs);
    server.on('drop', () => this.#warnDropped());
    return server;
  }

  /** Never rejects: whatever goes wrong ends this connection, not the process. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response);
    } catch (error) {
      this.#log.error({ err: error, path: pathOf(request) }, 'an admin reply cannot be written');
      response.destroy();
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Reset by the caller while the reply is made or written: nobody is left to tell.
    response.on('error', () => {});
    const reply = await this.#dispatcher.reply({
      method: request.method ?? 'GET',
      target: request.url ?? '',
      header: (name) => headerOf(request, name),
      remote: request.socket.remoteAddress ?? '',
      readBody: () => readBody(request),
    });
    if (reply === null) return;
    if (response.destroyed) {
      this.#finish(reply, request);
      return;
    }
    response.once('close', () => this.#finish(reply, request));
    if (hasUnreadBody(request) || this.#closed !== null) response.setHeader('connection', 'close');
    write(response, reply);
  }

  /** The connection of a reply that was under way at `close()` has turned idle only now. */
  #finish(reply: AdminReply, request: IncomingMessage): void {
    if (this.#closed !== null) this.#server.closeIdleConnections();
    try {
      reply.after?.();
    } catch (error) {
      this.#log.error({ err: error, path: pathOf(request) }, 'admin request failed after its reply');
    }
  }

  #warnDropped(): void {
    const now = this.#clock.now();
    if (now - this.#warnedAtMs < warnEveryMs) return;
    this.#warnedAtMs = now;
    const { maxConnections } = this.#limits;
    this.#log.warn({ maxConnections }, 'admin connections are refused: too many are open');
  }
}

const fixedHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
};
/** For a page whose endpoint brings no policy of its own. */
const strictPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/** `end` leaves the body out for `HEAD` by itself; the length is that of the body all the same (RFC 9110 9.3.2). */
function write(response: ServerResponse, reply: AdminReply): void {
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  const page = reply.contentType.startsWith('text/html');
  response.writeHead(reply.status, {
    ...fixedHeaders,
    ...(page ? { 'content-security-policy': strictPolicy } : {}),
    'content-type': reply.contentType,
    'content-length': String(body.length),
    ...reply.headers,
  });
  response.end(body);
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Without parameters, short: for the log. */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').slice(0, 100).split('?', 1)[0]!;
}

function listenError(address: SocketAddress, error: NodeJS.ErrnoException): MeshlockError {
  const where = formatAddress(address);
  const path = 'admin.address';
  if (error.code === 'EADDRINUSE') {
    return new MeshlockError(
      'ADDRESS_IN_USE',
      `the admin API cannot listen on ${where}: another process does`,
      [{ path, expected: 'a free port', got: where, hint: 'stop that process, or choose another port' }],
      error,
    );
  }
  return new MeshlockError(
    'ADDRESS_UNAVAILABLE',
    `the admin API cannot listen on ${where}: ${error.code ?? error.message}`,
    [{ path, expected: 'an address of this machine that this user may listen on', got: where }],
    error,
  );
}
