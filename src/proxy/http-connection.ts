/** Puts a downstream connection together: its HTTP/1.1 codec, and an exchange for each request. */
import type { Connection } from '../net/index.ts';
import { Http1Downstream } from '../protocol/index.ts';
import type { ProxyContext } from './context.ts';
import { Exchange } from './exchange.ts';
import { Caller } from './mesh/caller.ts';
import { refuseRequest } from './refusal.ts';
import { ForwardedLines } from './request-edit.ts';

export interface HttpConnectionOptions {
  readonly connection: Connection;
  /** The listener's context at this moment: an exchange keeps the one it began with. */
  readonly context: () => ProxyContext;
  readonly draining: () => boolean;
}

export function openHttpConnection(options: HttpConnectionOptions): Http1Downstream {
  const { connection, draining } = options;
  const context = options.context();
  let forwarded: ForwardedLines | null = null;
  let forwardedFor = context.http;
  let caller: Caller | null = null;
  return new Http1Downstream({
    connection,
    limits: context.http.limits,
    clock: context.clock,
    wheel: context.net.wheel,
    draining,
    open(stream) {
      const current = options.context();
      if (forwarded === null || forwardedFor !== current.http) {
        forwardedFor = current.http;
        forwarded = linesFor(connection, current);
        caller = current.mesh === null ? null : new Caller(current.mesh, connection);
      }
      return new Exchange({ context: current, stream, connection, forwarded, caller });
    },
    refuse: (refusal) => refuseRequest(options.context(), connection, refusal),
  });
}

function linesFor(connection: Connection, context: ProxyContext): ForwardedLines {
  const { forwarded, via } = context.http;
  return new ForwardedLines({
    config: forwarded,
    via,
    remoteAddress: connection.remoteAddress,
    scheme: 'http',
    introduction: context.mesh?.requestLine ?? '',
  });
}
