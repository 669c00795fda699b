import { ResetReason } from '../protocol/index.ts';
import { ResponseFlag } from '../telemetry/index.ts';

/** What the end of a try means for the exchange when there is no further try. */
export function flagOfReset(reason: ResetReason): ResponseFlag {
  switch (reason) {
    case ResetReason.ConnectFailure:
    case ResetReason.ConnectTimeout:
      return ResponseFlag.UpstreamConnectionFailure;
    case ResetReason.Overflow:
      return ResponseFlag.UpstreamOverflow;
    case ResetReason.UpstreamProtocolError:
      return ResponseFlag.UpstreamProtocolError;
    case ResetReason.PerTryTimeout:
      return ResponseFlag.UpstreamRequestTimeout;
    case ResetReason.LocalReset:
      return ResponseFlag.LocalReset;
    default:
      return ResponseFlag.UpstreamConnectionTermination;
  }
}

/** The same in words, without a full stop. */
export function describeReset(reason: ResetReason): string {
  switch (reason) {
    case ResetReason.ConnectFailure:
    case ResetReason.ConnectTimeout:
      return 'the upstream cannot be reached';
    case ResetReason.Overflow:
      return 'the upstream is at its limit';
    case ResetReason.UpstreamProtocolError:
      return "the upstream's answer is malformed";
    case ResetReason.PerTryTimeout:
      return 'the upstream did not answer in time';
    default:
      return 'the upstream closed the connection before it answered';
  }
}

/** Error type of RFC 9209 section 2.3, where the reason says more than its flag. */
export function errorOfReset(reason: ResetReason): string | undefined {
  return reason === ResetReason.ConnectTimeout ? 'connection_timeout' : undefined;
}
