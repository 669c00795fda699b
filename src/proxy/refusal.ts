/** A request that is refused before there is an exchange: answered, counted and logged like any other. */
import { formatAddress } from '../base/index.ts';
import type { Connection } from '../net/index.ts';
import type { RefusalText, RequestHead } from '../protocol/index.ts';
import {
  codeClassOf,
  createAccessEntry,
  ListenerSlot,
  ResponseFlag,
  ThreadSlot,
} from '../telemetry/index.ts';
import type { ProxyContext } from './context.ts';
import { proxyStatusLine, replyText } from './local-reply.ts';

export interface Refusal {
  readonly status: number;
  /** One sentence without a full stop. */
  readonly reason: string;
  /** Where it could be read. */
  readonly head: RequestHead | null;
}

/** Takes note of the refusal and says what the client is told. */
export function refuseRequest(context: ProxyContext, connection: Connection, refusal: Refusal): RefusalText {
  const { counters, slot } = context;
  const flag = flagOf(refusal.status);
  counters.add(slot + ListenerSlot.requests + codeClassOf(refusal.status), 1);
  counters.add(slot + ListenerSlot.malformed, 1);
  counters.add(ThreadSlot.localReplies + flag, 1);
  log(context, connection, refusal, flag);
  return { lines: proxyStatusLine(flag, refusal.reason), body: replyText(flag, refusal.reason) };
}

function flagOf(status: number): ResponseFlag {
  if (status === 408) return ResponseFlag.DownstreamTimeout;
  return status === 413 ? ResponseFlag.PayloadLimit : ResponseFlag.DownstreamProtocolError;
}

function log(context: ProxyContext, connection: Connection, refusal: Refusal, flag: ResponseFlag): void {
  const { accessLog, clock } = context;
  if (accessLog === null) return;
  const { status, reason, head } = refusal;
  const { entry } = accessLog;
  // The entry still holds the exchange that was logged last.
  Object.assign(entry, createAccessEntry());
  if (head !== null) {
    entry.method = head.method;
    entry.path = head.target;
    entry.authority = head.authority;
    entry.requestHeaders = accessLog.captureRequest(head);
  }
  entry.startMs = clock.wall();
  entry.scheme = 'http';
  entry.status = status;
  entry.flag = flag;
  entry.details = reason.replaceAll(' ', '_');
  entry.connectionId = connection.id;
  entry.downstreamRemoteAddress = formatAddress({
    host: connection.remoteAddress,
    port: connection.remotePort,
  });
  entry.downstreamLocalAddress = formatAddress({ host: connection.localAddress, port: connection.localPort });
  accessLog.write();
}
