/** The one place where the outcome of an exchange is counted, logged and traced. */
import { formatAddress } from '../base/index.ts';
import {
  type AccessEntry,
  codeClassOf,
  durationBucketOf,
  ListenerSlot,
  observe,
  RouteSlot,
} from '../telemetry/index.ts';
import type { Exchange } from './exchange.ts';

export function recordExchange(exchange: Exchange): void {
  const { counters, slot, clock, accessLog, mesh } = exchange.context;
  const durationMs = clock.now() - exchange.startedMs;
  const seconds = durationMs / 1000;
  const bucket = durationBucketOf(seconds);
  const codeClass = codeClassOf(exchange.status);
  counters.add(slot + ListenerSlot.requestsActive, -1);
  counters.add(slot + ListenerSlot.requests + codeClass, 1);
  observe(counters, slot + ListenerSlot.duration, bucket, seconds);
  const { route } = exchange;
  if (route !== null) {
    counters.add(route.slot + RouteSlot.requests + codeClass, 1);
    observe(counters, route.slot + RouteSlot.duration, bucket, seconds);
  }
  if (mesh !== null) mesh.record(exchange);
  if (accessLog !== null) {
    fill(accessLog.entry, exchange, durationMs);
    accessLog.write();
  }
  exchange.trace?.end(exchange, durationMs);
}

function fill(entry: AccessEntry, exchange: Exchange, durationMs: number): void {
  const { head, connection, context, startedMs } = exchange;
  entry.startMs = context.clock.wall() - durationMs;
  entry.method = head?.method ?? '';
  entry.path = head?.target ?? '';
  entry.authority = head?.authority ?? '';
  entry.scheme = 'http';
  entry.protocol = head === null ? '' : `HTTP/1.${head.minorVersion}`;
  entry.requestHeaders = exchange.requestHeaders ?? [];
  entry.responseHeaders = exchange.responseHeaders ?? [];
  entry.status = exchange.status;
  entry.details = exchange.details;
  entry.flag = exchange.flag;
  entry.bytesReceived = exchange.bytesReceived;
  entry.bytesSent = exchange.bytesSent;
  entry.durationMs = durationMs;
  entry.requestDurationMs = exchange.requestEndedMs < 0 ? -1 : exchange.requestEndedMs - startedMs;
  entry.responseDurationMs = exchange.answerBegunMs < 0 ? -1 : exchange.answerBegunMs - startedMs;
  entry.upstreamHost = exchange.tries?.endpoint?.key ?? '';
  entry.upstreamCluster = exchange.tries?.clusterName ?? '';
  entry.upstreamLocalAddress = exchange.upstreamLocalAddress;
  entry.downstreamRemoteAddress = formatAddress({
    host: connection.remoteAddress,
    port: connection.remotePort,
  });
  entry.downstreamLocalAddress = exchange.localAddress;
  entry.routeName = exchange.route?.name ?? '';
  entry.virtualHost = exchange.route?.virtualHost ?? '';
  entry.attempts = exchange.tries?.count ?? 0;
  entry.connectionId = connection.id;
  entry.traceId = exchange.trace?.traceId ?? '';
}
