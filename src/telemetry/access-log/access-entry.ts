/**
 * What is known of one finished exchange when its line is written. A data thread keeps one and fills it for each
 * exchange; nothing of it is kept after `write`. Strings that are not known are empty, numbers that are not known -1.
 */
import { ResponseFlag } from '../response-flag.ts';

export interface AccessEntry {
  /** When the first byte of the request came, Unix milliseconds with a fraction. */
  startMs: number;
  method: string;
  /** The request target as the client sent it, query included. */
  path: string;
  authority: string;
  /** `http` or `https`. */
  scheme: string;
  /** Such as `HTTP/1.1`; empty for plain TCP. */
  protocol: string;
  /** Parallel to the `requestHeaders` of the formatters that were compiled together; values as they came. */
  requestHeaders: (string | undefined)[];
  /** Parallel to their `responseHeaders`; of the answer that was sent downstream. */
  responseHeaders: (string | undefined)[];
  /** Status sent downstream; 0 when no answer was sent. */
  status: number;
  /** Why the status is what it is, such as `via_upstream` or `route_not_found`. */
  details: string;
  flag: ResponseFlag;
  /** Bytes of the request body. */
  bytesReceived: number;
  /** Bytes of the answer's body. */
  bytesSent: number;
  /** From the first byte of the request to the last byte of the answer, milliseconds. */
  durationMs: number;
  /** From the first to the last byte of the request, milliseconds; -1 when it did not end. */
  requestDurationMs: number;
  /** From the first byte of the request to the first byte of the upstream's answer; -1 when none came. */
  responseDurationMs: number;
  /** `ip:port`, as all addresses here. */
  upstreamHost: string;
  upstreamCluster: string;
  upstreamLocalAddress: string;
  downstreamRemoteAddress: string;
  downstreamLocalAddress: string;
  routeName: string;
  virtualHost: string;
  /** From TLS, lower case. */
  serverName: string;
  /** Tries that were started, the first one included. */
  attempts: number;
  /** Counts the connections of one data thread. */
  connectionId: number;
  /** 32 hex digits. */
  traceId: string;
}

export function createAccessEntry(): AccessEntry {
  return {
    startMs: 0,
    method: '',
    path: '',
    authority: '',
    scheme: '',
    protocol: '',
    requestHeaders: [],
    responseHeaders: [],
    status: 0,
    details: '',
    flag: ResponseFlag.None,
    bytesReceived: 0,
    bytesSent: 0,
    durationMs: 0,
    requestDurationMs: -1,
    responseDurationMs: -1,
    upstreamHost: '',
    upstreamCluster: '',
    upstreamLocalAddress: '',
    downstreamRemoteAddress: '',
    downstreamLocalAddress: '',
    routeName: '',
    virtualHost: '',
    serverName: '',
    attempts: 0,
    connectionId: 0,
    traceId: '',
  };
}
