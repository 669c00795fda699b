/** Which of an exchange's limits of time counts when. The exchange asks for the next one, and when woken for a passed one. */
import type { ForwardAction } from '../config/index.ts';

export const TimeLimit = {
  None: 0,
  /** The whole exchange. */
  Duration: 1,
  /** To the first byte of the answer, over all tries. */
  Answer: 2,
  /** The same for one try. */
  Try: 3,
  /** Nothing moves. */
  Idle: 4,
} as const;
export type TimeLimit = (typeof TimeLimit)[keyof typeof TimeLimit];

/** Where an exchange stands in time; all in milliseconds of the turn's clock, -1 for what has not happened. */
export interface ExchangeTimes {
  readonly startedMs: number;
  readonly requestEndedMs: number;
  readonly answerBegunMs: number;
  readonly tryStartedMs: number;
  /** When it was last seen that something had moved. */
  readonly movedMs: number;
  /** A request is with an upstream and its answer has not begun. */
  readonly isTrying: boolean;
  /** Bytes pass unframed: only idleness counts. */
  readonly isTunnel: boolean;
}

/** Milliseconds until the next limit that counts now; infinite without one. `forward`: of the route, if it is known. */
export function nextLimitMs(
  times: ExchangeTimes,
  forward: ForwardAction | null,
  idleMs: number,
  now: number,
): number {
  let left = idleMs > 0 ? quietSinceMs(times) + idleMs - now : Number.POSITIVE_INFINITY;
  if (times.isTunnel || forward === null) return left;
  const { timeoutMs, maxDurationMs, retry } = forward;
  if (maxDurationMs > 0) left = Math.min(left, times.startedMs + maxDurationMs - now);
  if (times.answerBegunMs >= 0) return left;
  if (timeoutMs > 0 && times.requestEndedMs >= 0)
    left = Math.min(left, times.requestEndedMs + timeoutMs - now);
  if (retry.perTryTimeoutMs > 0 && times.isTrying) {
    left = Math.min(left, times.tryStartedMs + retry.perTryTimeoutMs - now);
  }
  return left;
}

/** The limit that has passed, the widest first. */
export function passedLimit(
  times: ExchangeTimes,
  forward: ForwardAction | null,
  idleMs: number,
  now: number,
): TimeLimit {
  if (forward !== null && !times.isTunnel) {
    const { timeoutMs, maxDurationMs, retry } = forward;
    if (maxDurationMs > 0 && now >= times.startedMs + maxDurationMs) return TimeLimit.Duration;
    if (times.answerBegunMs < 0) {
      const { requestEndedMs, tryStartedMs, isTrying } = times;
      if (timeoutMs > 0 && requestEndedMs >= 0 && now >= requestEndedMs + timeoutMs) return TimeLimit.Answer;
      if (retry.perTryTimeoutMs > 0 && isTrying && now >= tryStartedMs + retry.perTryTimeoutMs)
        return TimeLimit.Try;
    }
  }
  return idleMs > 0 && now >= quietSinceMs(times) + idleMs ? TimeLimit.Idle : TimeLimit.None;
}

/** Nothing is known to have moved since, and no phase has begun. */
function quietSinceMs({
  movedMs,
  tryStartedMs,
  answerBegunMs,
  requestEndedMs,
  startedMs,
}: ExchangeTimes): number {
  return Math.max(movedMs, tryStartedMs, answerBegunMs, requestEndedMs, startedMs);
}
