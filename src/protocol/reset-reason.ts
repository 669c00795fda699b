/** Why a try towards an upstream ended without a complete answer. */
export const ResetReason = {
  /** The connect was refused or unreachable. */
  ConnectFailure: 1,
  ConnectTimeout: 2,
  /** A circuit breaker refused the connection or the place in the queue. */
  Overflow: 3,
  /** A kept-alive connection was closed by the upstream before any byte of the answer, before or as the request went out. */
  ClosedBeforeAnswer: 4,
  /** The upstream closed or reset the connection after the answer had begun, or on a fresh connection. */
  UpstreamReset: 5,
  /** The upstream's bytes break the protocol. */
  UpstreamProtocolError: 6,
  /** No answer head within the per-try timeout. */
  PerTryTimeout: 7,
  /** This side gave up: client gone, route timeout, shutdown. */
  LocalReset: 8,
  /** The upstream refused the stream without processing it (HTTP/2 REFUSED_STREAM, GOAWAY). */
  RefusedStream: 9,
} as const;
export type ResetReason = (typeof ResetReason)[keyof typeof ResetReason];
