/**
 * The aggregator over HTTP. Every answer is made from memory, in one turn of the loop; what a request may take (body,
 * time, connections) is bounded before it is taken.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.ts';
import type { HealthLog } from '../log.ts';
import { Access } from './access.ts';
import type { Aggregator } from './aggregator.ts';
import { type Answer, problem } from './answer.ts';
import { discardBody, hasBody, readJson } from './request-body.ts';
import { aggregateRoutes, type Route } from './routes.ts';
import type { AggregateSettings } from './settings.ts';

/** For a request to arrive whole, and for those under way at the end. */
const requestMs = 15_000;
const farewellMs = 2000;
const maxUrlLength = 4096;

export interface AggregateServerOptions {
  /** Opened and closed by whoever made it. */
  readonly aggregator: Aggregator;
  readonly settings: AggregateSettings;
  readonly clock: Clock;
  readonly log: HealthLog;
  /**
   * Further ones, behind the same token unless `open`. Those of the aggregator win where both match; to GET belongs HEAD.
   */
  readonly routes?: readonly Route[];
}

export class AggregateServer {
  readonly #options: AggregateServerOptions;
  readonly #access: Access;
  readonly #routes: readonly Route[];
  readonly #server: Server;

  constructor(options: AggregateServerOptions) {
    this.#options = options;
    this.#access = new Access(options.settings.token);
    this.#routes = [...aggregateRoutes(options), ...(options.routes ?? [])];
    this.#server = createServer(
      { requestTimeout: requestMs, headersTimeout: requestMs, connectionsCheckingInterval: 5000 },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.maxConnections = options.settings.limits.maxConnections;
  }

  /** Answers with the address that it listens on. Rejects when that cannot be had. */
  async listen(): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port } = this.#options.settings.listen;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen(port, host, resolve);
    await promise;
    this.#server.off('error', reject);
    const address = this.#server.address() as AddressInfo;
    return { host: address.address, port: address.port };
  }

  /** Takes no further connections; requests under way get two seconds. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeIdleConnections();
    const timer = this.#options.clock.after(farewellMs, () => this.#server.closeAllConnections());
    await promise;
    timer.cancel();
  }

  /** Never rejects. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer;
    try {
      answer = await this.#answer(request);
    } catch (error) {
      this.#options.log.warn('a request could not be answered', { url: request.url, reason: String(error) });
      answer = problem(500, 'internal error');
    }
    const { status, type, body, headers } = answer;
    const isUnread = hasBody(request) && !request.complete;
    if (isUnread) await discardBody(request, this.#options.settings.limits.maxReportBytes);
    // A body that was not read to its end cannot be followed by another request.
    const ends: Readonly<Record<string, string>> =
      isUnread && !request.complete ? { connection: 'close' } : {};
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'x-content-type-options': 'nosniff',
      ...headers,
      ...ends,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const target = request.url ?? '';
    const url = target.length > maxUrlLength ? null : URL.parse(target, 'http://aggregator');
    if (url === null || !target.startsWith('/')) return problem(400, 'the address cannot be read');
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const here = this.#routes.filter(({ pattern }) => pattern.test(url.pathname));
    const route = here.find((one) => one.method === method);
    if (route?.open !== true && !this.#access.allows(request.headers.authorization))
      return problem(401, 'a bearer token is asked for', {
        // Basic first: Chromium looks at the first challenge of a line only, and would never ask.
        'www-authenticate': 'Basic realm="meshlock", charset="UTF-8", Bearer realm="meshlock"',
      });
    if (here.length === 0) return problem(404, `there is nothing at ${url.pathname}`);
    if (route === undefined) {
      const allow = [...new Set(here.map((one) => one.method))].join(', ');
      return problem(405, `${url.pathname} takes ${allow}`, { allow });
    }
    const parts = partsOf(route, url.pathname);
    if (parts === null) return problem(400, 'the address has a broken escape');
    const query = url.searchParams;
    const { headers } = request;
    if (route.method === 'GET') return route.answer({ parts, query, headers, body: null });
    const read = await readJson(request, route.maxBodyBytes);
    return read.ok ? route.answer({ parts, query, headers, body: read.value }) : read.answer;
  }
}

/** `null`: not UTF-8. */
function partsOf({ pattern }: Route, path: string): readonly string[] | null {
  try {
    return (pattern.exec(path) ?? []).slice(1).map(decodeURIComponent);
  } catch {
    return null;
  }
}
