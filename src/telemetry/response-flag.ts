/**
 * Why an exchange ended as it did, in Envoy's short names, so that a person who knows Envoy's access log can read ours.
 * One flag per exchange: the first cause wins.
 */
export const ResponseFlag = {
  None: 0,
  /** No route matched. */
  NoRoute: 1,
  /** The route names a cluster that does not exist. */
  NoCluster: 2,
  NoHealthyUpstream: 3,
  /** A circuit breaker refused it. */
  UpstreamOverflow: 4,
  UpstreamConnectionFailure: 5,
  /** The upstream closed or reset the connection during the exchange. */
  UpstreamConnectionTermination: 6,
  /** The upstream's bytes break the protocol. */
  UpstreamProtocolError: 7,
  UpstreamRequestTimeout: 8,
  UpstreamRetryLimitExceeded: 9,
  /** The client went away. */
  DownstreamConnectionTermination: 10,
  DownstreamProtocolError: 11,
  /** The client was too slow with its request. */
  DownstreamTimeout: 12,
  StreamIdleTimeout: 13,
  DurationTimeout: 14,
  /** A filter answered instead of the upstream. */
  FilterReply: 15,
  /** The route answers by itself: redirect or direct reply. */
  RouteReply: 16,
  /** The request body is larger than allowed. */
  PayloadLimit: 17,
  /** The proxy is shutting down or overloaded. */
  Overload: 18,
  LocalReset: 19,
} as const;
export type ResponseFlag = (typeof ResponseFlag)[keyof typeof ResponseFlag];

/** Indexed by `ResponseFlag`: what the access log and the metrics print. */
export const responseFlagNames: readonly string[] = [
  '-',
  'NR',
  'NC',
  'UH',
  'UO',
  'UF',
  'UC',
  'UPE',
  'UT',
  'URX',
  'DC',
  'DPE',
  'DT',
  'SI',
  'UMSDR',
  'FI',
  'RR',
  'PL',
  'OM',
  'LR',
];
