/**
 * The command operators of an access-log format, Envoy's names and meanings. One line here makes an operator known to
 * the formatter, to the check of the configuration and to the test that compares it with the documentation.
 */
import { responseFlagNames } from '../response-flag.ts';
import type { AccessEntry } from './access-entry.ts';

/** A value of the entry; `undefined` or an empty string means absent. */
export type Reader = (entry: AccessEntry) => string | number | undefined;

export interface Operator {
  /** `header`: `X?Y`, required; `time`: a strftime format, optional. */
  readonly argument: 'none' | 'header' | 'time';
  /** Text, which can be cut with `:length`. */
  readonly truncates: boolean;
  /** How to read it; `null` for those that depend on their argument or on the machine. */
  readonly read: Reader | null;
}

export const operators: Readonly<Record<string, Operator>> = {
  START_TIME: { argument: 'time', truncates: false, read: null },
  REQ: { argument: 'header', truncates: true, read: null },
  RESP: { argument: 'header', truncates: true, read: null },
  TRAILER: { argument: 'header', truncates: true, read: () => undefined },
  HOSTNAME: { argument: 'none', truncates: true, read: null },
  PROTOCOL: text((entry) => entry.protocol),
  RESPONSE_CODE: figure((entry) => entry.status),
  RESPONSE_CODE_DETAILS: text((entry) => entry.details),
  RESPONSE_FLAGS: text((entry) => responseFlagNames[entry.flag]),
  BYTES_RECEIVED: figure((entry) => entry.bytesReceived),
  BYTES_SENT: figure((entry) => entry.bytesSent),
  DURATION: figure((entry) => wholeMs(entry.durationMs)),
  REQUEST_DURATION: figure((entry) => wholeMs(entry.requestDurationMs)),
  RESPONSE_DURATION: figure((entry) => wholeMs(entry.responseDurationMs)),
  UPSTREAM_HOST: text((entry) => entry.upstreamHost),
  UPSTREAM_CLUSTER: text((entry) => entry.upstreamCluster),
  UPSTREAM_LOCAL_ADDRESS: text((entry) => entry.upstreamLocalAddress),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: figure((entry) => entry.attempts),
  DOWNSTREAM_REMOTE_ADDRESS: text((entry) => entry.downstreamRemoteAddress),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: text((entry) => withoutPort(entry.downstreamRemoteAddress)),
  DOWNSTREAM_LOCAL_ADDRESS: text((entry) => entry.downstreamLocalAddress),
  ROUTE_NAME: text((entry) => entry.routeName),
  VIRTUAL_HOST_NAME: text((entry) => entry.virtualHost),
  REQUESTED_SERVER_NAME: text((entry) => entry.serverName),
  CONNECTION_ID: figure((entry) => entry.connectionId),
  TRACE_ID: text((entry) => entry.traceId),
};

function text(read: Reader): Operator {
  return { argument: 'none', truncates: true, read };
}

function figure(read: Reader): Operator {
  return { argument: 'none', truncates: false, read };
}

function wholeMs(ms: number): number | undefined {
  return ms < 0 ? undefined : Math.floor(ms);
}

function withoutPort(address: string): string {
  const colon = address.lastIndexOf(':');
  if (colon === -1) return address;
  return address.startsWith('[') ? address.slice(1, colon - 1) : address.slice(0, colon);
}
