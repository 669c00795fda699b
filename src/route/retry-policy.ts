/**
 * Whether a failed try is worth another one, and how long to wait before it. The conditions are Envoy's. The caller
 * sees to the rest: number of tries, budget, a body that can be sent again, and that no byte of the answer is out.
 */
import type { Random } from '../base/index.ts';
import type { RetryCondition, RetryConfig } from '../config/index.ts';
import { ResetReason } from '../protocol/index.ts';

/** Methods whose effect does not change when they are sent twice (RFC 9110 section 9.2.2). */
export function isIdempotentMethod(method: string): boolean {
  switch (method) {
    case 'GET':
    case 'HEAD':
    case 'PUT':
    case 'DELETE':
    case 'OPTIONS':
    case 'TRACE':
      return true;
    default:
      return false;
  }
}

/** Does an answer with this status call for another try? */
export function retriesStatus(policy: RetryConfig, status: number): boolean {
  for (const condition of policy.on) {
    switch (condition) {
      case '5xx':
        if (status >= 500 && status <= 599) return true;
        break;
      case 'gateway-error':
        if (status === 502 || status === 503 || status === 504) return true;
        break;
      case 'retriable-4xx':
        if (status === 409) return true;
        break;
      case 'retriable-status-codes':
        if (policy.statusCodes.includes(status)) return true;
        break;
      default:
        break;
    }
  }
  return false;
}

/**
 * Does a try that ended without an answer call for another one? `requestSent`: a byte of the request went to the
 * upstream. What this side decided itself is never retried: a circuit breaker's refusal, a client that has gone, the
 * route's timeout. Unlike Envoy, a request that was sent, may have been acted upon, and is not idempotent is not sent
 * again: RFC 9110 section 9.2.2 forbids it to a proxy.
 */
export function retriesReset(
  policy: RetryConfig,
  reason: ResetReason,
  requestSent: boolean,
  idempotentMethod: boolean,
): boolean {
  if (reason === ResetReason.Overflow || reason === ResetReason.LocalReset) return false;
  if (requestSent && !idempotentMethod && !neverProcessed(reason)) return false;
  for (const condition of policy.on) {
    if (coversReset(condition, reason, requestSent)) return true;
  }
  return false;
}

function coversReset(condition: RetryCondition, reason: ResetReason, requestSent: boolean): boolean {
  switch (condition) {
    case 'reset':
    case '5xx':
    case 'gateway-error':
      // The client would get a 502, 503 or 504 for each of them.
      return true;
    case 'reset-before-request':
      return !requestSent;
    case 'connect-failure':
      return reason === ResetReason.ConnectFailure || reason === ResetReason.ConnectTimeout;
    case 'refused-stream':
      return reason === ResetReason.RefusedStream;
    default:
      return false;
  }
}

/** The upstream's application cannot have seen the request. */
function neverProcessed(reason: ResetReason): boolean {
  return (
    reason === ResetReason.ConnectFailure ||
    reason === ResetReason.ConnectTimeout ||
    reason === ResetReason.RefusedStream
  );
}

/**
 * A kept-alive connection that the upstream closed while the request was on its way says nothing about the upstream:
 * without any configured retry the request may be sent once more, on a fresh connection, if it is idempotent (RFC 9112
 * section 9.3.1). Only once, and only with a body that can be sent again.
 */
export function mayReplayOnFreshConnection(method: string, reason: ResetReason): boolean {
  return reason === ResetReason.ClosedBeforeAnswer && isIdempotentMethod(method);
}

/** Milliseconds before retry `attempt` (from 1): at least 0, below min(max, base * 2^(attempt-1)), with a fraction. */
export function backoffMs(policy: RetryConfig, attempt: number, random: Random): number {
  // 2^30 times any base is far beyond every maximum; unbounded, 0 * Infinity would be NaN.
  const exponent = Math.min(Math.max(attempt - 1, 0), 30);
  return random.next() * Math.min(policy.backoffMaxMs, policy.backoffBaseMs * 2 ** exponent);
}
