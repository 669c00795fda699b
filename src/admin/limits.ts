/** What one caller can take of the admin API. Not configurable by users: tests shorten the times. */
export interface AdminLimits {
  readonly maxConnections: number;
  /** From the accept, or the end of the request before, to the end of a head. */
  readonly headersTimeoutMs: number;
  /** To the end of the request with its body. */
  readonly requestTimeoutMs: number;
  /** How often the two above are enforced. */
  readonly checkIntervalMs: number;
  /** A connection between two requests. */
  readonly keepAliveTimeoutMs: number;
  /** No byte in either direction, while a reply is made or read. */
  readonly inactivityTimeoutMs: number;
  /** At close, running replies may take this long. */
  readonly closeGraceMs: number;
}

export const defaultLimits: AdminLimits = {
  // A few scrapers, probes and people; more is a mistake or an attack.
  maxConnections: 100,
  // A slow request holds one of few connections.
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  checkIntervalMs: 2_000,
  // Longer than the usual pause of a probe, shorter than a scrape interval: idle connections are not hoarded.
  keepAliveTimeoutMs: 5_000,
  // Longer than any reload, and than the longest capture that can be asked for (120 s) with what follows it.
  inactivityTimeoutMs: 180_000,
  closeGraceMs: 2_000,
};
