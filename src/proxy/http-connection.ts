/** Puts a downstream connection together: its HTTP/1.1 codec, and an exchange for each request. */
import type { Connection } from '../net/index.ts';
import { type HeadError, Http1Downstream, refusals } from '../protocol/index.ts';
import { codeClassOf, ListenerSlot, ResponseFlag, ThreadSlot } from '../telemetry/index.ts';
import type { ProxyContext } from './context.ts';
import { Exchange } from './exchange.ts';
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
      }
      return new Exchange({ context: current, stream, connection, forwarded });
    },
    onRefused: (status, error) => countRefusal(options.context(), status, error),
  });
}

function linesFor(connection: Connection, context: ProxyContext): ForwardedLines {
  const { forwarded, via } = context.http;
  return new ForwardedLines({
    config: forwarded,
    via,
    remoteAddress: connection.remoteAddress,
    scheme: 'http',
  });
}

/** A request that never became an exchange still shows in the counts and the log. */
function countRefusal(context: ProxyContext, status: number, error: HeadError): void {
  const { counters, slot, accessLog } = context;
  counters.add(slot + ListenerSlot.requests + codeClassOf(status), 1);
  counters.add(slot + ListenerSlot.malformed, 1);
  counters.add(ThreadSlot.localReplies + ResponseFlag.DownstreamProtocolError, 1);
  if (accessLog === null) return;
  const { entry } = accessLog;
  Object.assign(entry, {
    method: '',
    path: '',
    authority: '',
    protocol: '',
    requestHeaders: [],
    responseHeaders: [],
  });
  Object.assign(entry, {
    upstreamHost: '',
    upstreamCluster: '',
    routeName: '',
    virtualHost: '',
    traceId: '',
  });
  entry.startMs = context.clock.wall();
  entry.status = status;
  entry.flag = ResponseFlag.DownstreamProtocolError;
  entry.details = refusals[error]!.reason.replaceAll(' ', '_');
  entry.durationMs = 0;
  accessLog.write();
}
