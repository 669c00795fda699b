/**
 * From a request to its reply: guard, route, parameters, handler. Knows nothing of sockets: the server hands it the parts
 * of a request and writes what it answers. Never rejects: what a handler throws becomes a reply.
 */
import { randomUUID } from 'node:crypto';
import { type Clock, MeshlockError } from '../base/index.ts';
import { type Caller, Guard } from './guard.ts';
import { accepts, parseQuery } from './query.ts';
import { type AdminReply, type Format, negotiate, refuse, refuseError } from './reply.ts';
import { maxBodyBytes } from './request-body.ts';
import type { AdminParameter, AdminRequest, AdminRoute, RouteTable } from './route.ts';
import { parseTarget, type Target } from './target.ts';

/** Like pino's: fields first. */
export interface AdminLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A request as the server saw it. */
export interface Call {
  readonly method: string;
  /** The request target, not taken apart. */
  readonly target: string;
  readonly header: (name: string) => string | undefined;
  /** For the log. */
  readonly remote: string;
  /** Called once, when the request is allowed and its path known. */
  readonly readBody: () => Promise<Uint8Array | 'too-large' | 'aborted'>;
}

export interface DispatcherOptions {
  readonly token: string;
  readonly table: RouteTable;
  readonly log: AdminLog;
  readonly clock: Clock;
}

const defaultFormats: readonly Format[] = ['text', 'json'];

export class Dispatcher {
  readonly #guard: Guard;
  readonly #token: boolean;
  readonly #table: RouteTable;
  readonly #log: AdminLog;
  readonly #clock: Clock;

  constructor(options: DispatcherOptions) {
    this.#guard = new Guard(options.token);
    this.#token = options.token !== '';
    this.#table = options.table;
    this.#log = options.log;
    this.#clock = options.clock;
  }

  /** `null` when nobody is left to answer. */
  async reply(call: Call): Promise<AdminReply | null> {
    const target = parseTarget(call.target);
    const format = wishedFormat(call, target);
    try {
      if (target === null) return refuse(format, 400, 'the request target is not a path');
      return this.#refusal(call, target, format) ?? (await this.#route(call, target, format));
    } catch (error) {
      return this.#failure(error, format, call, target?.path ?? '');
    }
  }

  #refusal(call: Call, target: Target, format: Format): AdminReply | null {
    const refusal = this.#guard.check(callerOf(call, target));
    if (refusal === null) return null;
    this.#log.warn(
      { remote: call.remote, status: refusal.status },
      `admin request refused: ${refusal.message}`,
    );
    return refuse(format, refusal.status, refusal.message, refusal.headers);
  }

  async #route(call: Call, target: Target, format: Format): Promise<AdminReply | null> {
    const method = call.method === 'HEAD' ? 'GET' : call.method;
    const match = this.#table.match(method, target.path);
    if (match.kind === 'unknown') {
      const path = JSON.stringify(target.path.slice(0, 100));
      const near = match.nearest === undefined ? '' : `the nearest path is ${match.nearest}, `;
      return refuse(format, 404, `there is no ${path}; ${near}all paths are at /help`);
    }
    if (match.kind === 'method') return this.#wrongMethod(call, target, format, match.allowed);
    const changing = method === 'GET' ? this.#table.sibling(match.route, 'POST') : null;
    if (changing !== null && meansToChange(target.search, match.route, changing)) {
      return this.#wrongMethod(call, target, format, ['GET', 'POST']);
    }
    const body = await call.readBody();
    if (body === 'aborted') return null;
    if (body === 'too-large') return refuse(format, 413, `the body is larger than ${maxBodyBytes} bytes`);
    return this.#handle(call, target, match.route, match.params, body);
  }

  async #handle(
    call: Call,
    target: Target,
    route: AdminRoute,
    params: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): Promise<AdminReply> {
    const { method, path } = route;
    const formats = route.formats ?? defaultFormats;
    const accept = call.header('accept') ?? '';
    const given = parametersOf(call, target, route, body);
    const query = parseQuery(given, parametersWithFormat(route), this.#clock);
    const format = formats.find((known) => known === query.text('format')) ?? negotiate(accept, formats);
    const request: AdminRequest = { method, path: target.path, params, query, format, accept, body };
    const reply = await route.handle(request);
    if (method === 'POST') {
      const parameters = given.toString().slice(0, 500);
      const fields = { path: target.path, parameters, remote: call.remote, status: reply.status };
      this.#log.info(fields, `admin change: ${path}`);
    }
    return reply;
  }

  #wrongMethod(
    call: Call,
    target: Target,
    format: Format,
    allowed: readonly AdminRoute['method'][],
  ): AdminReply {
    const allow = allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    if (!allowed.includes('POST')) {
      return refuse(format, 405, `${target.path} is only read: call it with GET`, { allow });
    }
    const token = this.#token ? " -H 'Authorization: Bearer <token>'" : '';
    const url = `http://${call.header('host') ?? '<address>'}${target.path}`;
    const message = `${target.path} changes this process, so it needs POST: curl -X POST${token} '${url}'`;
    return refuse(format, 405, message, { allow });
  }

  #failure(error: unknown, format: Format, call: Call, path: string): AdminReply {
    if (error instanceof MeshlockError && (error.code === 'USAGE' || error.code === 'CONFIG_INVALID')) {
      return refuseError(format, 400, error);
    }
    const id = randomUUID();
    this.#log.error(
      { id, err: error, method: call.method, path: path.slice(0, 100) },
      'admin request failed',
    );
    if (error instanceof MeshlockError) return refuseError(format, 500, error);
    return refuse(format, 500, `this request failed inside the proxy; the log says why under id ${id}`);
  }
}

function callerOf(call: Call, target: Target): Caller {
  return {
    mutating: call.method !== 'GET' && call.method !== 'HEAD',
    authorization: call.header('authorization'),
    host: target.authority ?? call.header('host'),
    origin: call.header('origin'),
    fetchSite: call.header('sec-fetch-site'),
  };
}

/** For replies that come before a route is known, or in its place. */
function wishedFormat(call: Call, target: Target | null): Format {
  if (target?.search.get('format') === 'json') return 'json';
  return negotiate(call.header('accept') ?? '', defaultFormats);
}

/** A form sends its fields as the body of its POST. Any other body is left to the handler. */
function parametersOf(call: Call, target: Target, route: AdminRoute, body: Uint8Array): URLSearchParams {
  const given = new URLSearchParams(target.search);
  const type = call.header('content-type') ?? '';
  if (route.method !== 'POST' || route.ownBody || !/^application\/x-www-form-urlencoded\b/i.test(type))
    return given;
  for (const [name, value] of new URLSearchParams(Buffer.from(body).toString('utf8')))
    given.append(name, value);
  return given;
}

function parametersWithFormat(route: AdminRoute): readonly AdminParameter[] {
  const format: AdminParameter = {
    name: 'format',
    summary: 'Form of the answer.',
    value: route.formats ?? defaultFormats,
  };
  return [...(route.parameters ?? []), format];
}

/** `GET /logging?level=debug`: parameters that only the changing route knows. */
function meansToChange(search: URLSearchParams, reading: AdminRoute, changing: AdminRoute): boolean {
  const readable = parametersWithFormat(reading);
  return [...search.keys()].some(
    (name) => !accepts(name, readable) && accepts(name, changing.parameters ?? []),
  );
}
