/**
 * What one exchange, or a try of it that another one followed, was, as a count of calls sees it: did it fail towards
 * downstream, did it fail towards upstream, who is to blame and why. Packed into one small number, so that equal outcomes
 * share a tally and nothing is allocated.
 */
import { Outcome } from '../../cluster/index.ts';
import { Method } from '../../protocol/index.ts';
import { ResponseFlag, responseFlagNames } from '../../telemetry/index.ts';

/** Where the failure arose, as far as this node can tell. */
export const CallOrigin = ['upstream', 'local', 'client'] as const;
export type CallOrigin = (typeof CallOrigin)[number];

const [fromUpstream, fromHere, fromClient] = [0, 1, 2] as const;

const downstreamFailedBit = 1;
const upstreamFailedBit = 2;
const triedBit = 4;
const originShift = 3;
const reasonShift = 5;
const reasonMask = 63;
/** Only a try has ended, the call goes on with another. */
const retriedBit = 1 << 11;
/** Larger than any packed outcome. */
export const outcomeLimit: number = 1 << 12;

/** Behind the flags: an answer with such a status came from the upstream. */
const status5xx: number = responseFlagNames.length;

/** What is asked of an exchange that has ended. */
export interface EndedCall {
  readonly status: number;
  readonly flag: ResponseFlag;
  readonly head: { readonly methodKind: Method } | null;
  readonly tries: {
    readonly count: number;
    readonly lastOutcome: Outcome;
    readonly lastStatus: number;
  } | null;
}

export interface CallOutcome {
  /** False for a try that was given up for another: its upstream was asked, the call has not ended. */
  readonly ended: boolean;
  /** What downstream was given: a status of 500 and above, or half an answer that was not its own fault. */
  readonly downstreamFailed: boolean;
  /** What the try got: a status of 500 and above, a reset, a timeout, no connection. */
  readonly upstreamFailed: boolean;
  /** Whether the call went, or should have gone, to an upstream at all. */
  readonly tried: boolean;
  /** Without meaning where `reason` is empty. */
  readonly origin: CallOrigin;
  /** The response flag's short text, or `5xx`; empty: nothing went wrong. */
  readonly reason: string;
}

/** Flags with which an exchange is broken off although its answer had begun with a good status. */
const breaking: ReadonlySet<ResponseFlag> = new Set([
  ResponseFlag.UpstreamConnectionFailure,
  ResponseFlag.UpstreamConnectionTermination,
  ResponseFlag.UpstreamProtocolError,
  ResponseFlag.UpstreamRequestTimeout,
  ResponseFlag.StreamIdleTimeout,
  ResponseFlag.DurationTimeout,
  ResponseFlag.LocalReset,
]);

/**
 * `isTryCounted`: the last try was counted when another one was to follow, which never began: the client went away
 * meanwhile, the time was up, nobody was left to ask.
 */
export function packOutcome(call: EndedCall, isTryCounted: boolean = false): number {
  const { status, flag, tries } = call;
  const hasTried = tries !== null && tries.count > 0;
  // Nobody was asked because nobody can be: that is the upstream's failure, not this node's.
  const isDeserted = flag === ResponseFlag.NoHealthyUpstream;
  const tried = hasTried || isDeserted ? triedBit : 0;
  // How long a tunnel lasts and who ends it is the business of those who talk through it.
  if (isTunnel(call)) return tried;
  const origin = originOf(call, hasTried);
  const brokenOff = origin !== fromClient && breaking.has(flag);
  const upstreamFailed = hasTried ? tryFailed(tries.lastOutcome, tries.lastStatus) : isDeserted;
  const reason = flag === ResponseFlag.None && (status >= 500 || upstreamFailed) ? status5xx : flag;
  const upstream = (upstreamFailed ? upstreamFailedBit : 0) | tried;
  return (
    (status >= 500 || brokenOff ? downstreamFailedBit : 0) |
    (isTryCounted ? 0 : upstream) |
    (reason === ResponseFlag.None ? 0 : origin << originShift) |
    (reason << reasonShift)
  );
}

/** `flag`: how the try was cut off; `None`: it got an answer, which is not passed on. */
export function packRetriedTry(
  { lastOutcome, lastStatus }: NonNullable<EndedCall['tries']>,
  flag: ResponseFlag,
): number {
  // An answer may also be refused that is no failure, such as 409.
  if (!tryFailed(lastOutcome, lastStatus)) return retriedBit | triedBit;
  const reason = flag === ResponseFlag.None ? status5xx : flag;
  const origin = fromUpstream << originShift;
  return retriedBit | upstreamFailedBit | triedBit | origin | (reason << reasonShift);
}

export function unpackOutcome(packed: number): CallOutcome {
  const reason = (packed >> reasonShift) & reasonMask;
  return {
    ended: (packed & retriedBit) === 0,
    downstreamFailed: (packed & downstreamFailedBit) !== 0,
    upstreamFailed: (packed & upstreamFailedBit) !== 0,
    tried: (packed & triedBit) !== 0,
    origin: CallOrigin[(packed >> originShift) & 3]!,
    reason: reason === ResponseFlag.None ? '' : (responseFlagNames[reason] ?? '5xx'),
  };
}

function isTunnel({ status, flag, head }: EndedCall): boolean {
  if (status === 101) return true;
  return status === 200 && head?.methodKind === Method.Connect && flag !== ResponseFlag.RouteReply;
}

function tryFailed(outcome: Outcome, status: number): boolean {
  return outcome === Outcome.LocalOriginFailure || (outcome === Outcome.Success && status >= 500);
}

function originOf({ flag, tries }: EndedCall, hasTried: boolean): number {
  switch (flag) {
    case ResponseFlag.NoRoute:
    case ResponseFlag.NoCluster:
    case ResponseFlag.UpstreamOverflow:
    case ResponseFlag.FilterReply:
    case ResponseFlag.RouteReply:
    case ResponseFlag.Overload:
    case ResponseFlag.LocalReset:
      return fromHere;
    case ResponseFlag.DownstreamConnectionTermination:
    case ResponseFlag.DownstreamProtocolError:
    case ResponseFlag.DownstreamTimeout:
    case ResponseFlag.PayloadLimit:
      return fromClient;
    case ResponseFlag.UpstreamRequestTimeout:
    case ResponseFlag.StreamIdleTimeout:
    case ResponseFlag.DurationTimeout:
      // The time was up: while a filter held the request, or because the client kept everybody waiting.
      if (!hasTried) return fromHere;
      return tries!.lastOutcome === Outcome.Cancelled ? fromClient : fromUpstream;
    default:
      return fromUpstream;
  }
}
