/** How a try towards an endpoint ended, as far as balancing and outlier detection care. */
export const Outcome = {
  /** An answer came; its status says the rest. A TCP exchange that was connected ends so with status 0. */
  Success: 0,
  /** No complete answer because of something seen on this side: connect failure, timeout, reset, broken protocol. */
  LocalOriginFailure: 1,
  /** The client went away or this side gave up: says nothing about the endpoint. */
  Cancelled: 2,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** A run of consecutive failures that a data thread reports to the control thread. */
export type OutlierFailure = 'consecutive-5xx' | 'consecutive-gateway' | 'consecutive-local-origin';
