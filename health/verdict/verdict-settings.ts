/** How sure a verdict must be, and how much it may do about it. */

export interface VerdictSettings {
  /** Chance that a good release is ever called bad, over its whole life and however often it is asked. */
  readonly alpha: number;
  /** Share of failing calls that a release must prove to stay below. */
  readonly margin: number;
  /** How sure a pass is that the failures are fewer than the margin. */
  readonly confidence: number;
  /** A pass is looked for after each so many epochs; the more often one looks, the luckier a bad release gets. */
  readonly stepEpochs: number;
  /** Calls that only the called application counted may make a pass: for fleets in which no proxy reports. */
  readonly applicationsSuffice: boolean;
  /** Fewer nodes than this in an arm: a bad version cannot be told from a bad node. */
  readonly minNodesPerArm: number;
  /** Largest share of a service's nodes, 0 to 1, that automatic actions may touch together. */
  readonly maxFleetShare: number;
  /** True: says what it would do and lets everything through. */
  readonly dryRun: boolean;
  /** Seconds for which an answer may be cached: an epoch, after which there may be a new one. */
  readonly ttlSeconds: number;
}

export const defaultVerdictSettings: VerdictSettings = {
  alpha: 0.01,
  margin: 0.01,
  confidence: 0.95,
  // A minute: 30 looks for a pass in half an hour, instead of 180.
  stepEpochs: 6,
  applicationsSuffice: false,
  minNodesPerArm: 2,
  // Beyond half, those that are left may not carry the load.
  maxFleetShare: 0.5,
  dryRun: true,
  ttlSeconds: 10,
};
