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
