/**
 * Answers that the proxy gives in place of an upstream: which status, which flag, and in words what happened. The
 * `Proxy-Status` field (RFC 9209) carries the cause to whoever reads the answer, the access log carries the flag.
 */
import { ResponseFlag, responseFlagNames } from '../telemetry/index.ts';

interface Cause {
  readonly status: number;
  /** Error type of RFC 9209 section 2.3. */
  readonly error: string;
}

const causes: Readonly<Partial<Record<ResponseFlag, Cause>>> = {
  [ResponseFlag.NoRoute]: { status: 404, error: 'destination_not_found' },
  [ResponseFlag.NoCluster]: { status: 503, error: 'proxy_configuration_error' },
  [ResponseFlag.NoHealthyUpstream]: { status: 503, error: 'destination_unavailable' },
  [ResponseFlag.UpstreamOverflow]: { status: 503, error: 'connection_limit_reached' },
  [ResponseFlag.UpstreamConnectionFailure]: { status: 503, error: 'connection_refused' },
  [ResponseFlag.UpstreamConnectionTermination]: { status: 503, error: 'connection_terminated' },
  [ResponseFlag.UpstreamProtocolError]: { status: 502, error: 'http_protocol_error' },
  [ResponseFlag.UpstreamRequestTimeout]: { status: 504, error: 'http_response_timeout' },
  [ResponseFlag.UpstreamRetryLimitExceeded]: { status: 503, error: 'connection_terminated' },
  [ResponseFlag.DownstreamProtocolError]: { status: 400, error: 'http_request_error' },
  [ResponseFlag.DownstreamTimeout]: { status: 408, error: 'http_request_error' },
  [ResponseFlag.StreamIdleTimeout]: { status: 504, error: 'connection_read_timeout' },
  [ResponseFlag.DurationTimeout]: { status: 504, error: 'http_response_timeout' },
  [ResponseFlag.PayloadLimit]: { status: 413, error: 'http_request_error' },
  [ResponseFlag.Overload]: { status: 503, error: 'proxy_internal_error' },
};

const unknownCause: Cause = { status: 500, error: 'proxy_internal_error' };

export function statusOfFlag(flag: ResponseFlag): number {
  return (causes[flag] ?? unknownCause).status;
}

/** The `Proxy-Status` line with its CRLF. `reason` is one sentence without a full stop. */
export function proxyStatusLine(
  flag: ResponseFlag,
  reason: string,
  error: string = (causes[flag] ?? unknownCause).error,
): string {
  const details = `${responseFlagNames[flag]!}: ${reason}`
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/["\\]/g, '\\$&');
  return `proxy-status: meshlock; error=${error}; details="${details}"\r\n`;
}

/** The body of the answer. */
export function replyText(flag: ResponseFlag, reason: string): string {
  return `${reason} (${responseFlagNames[flag]!})\n`;
}
