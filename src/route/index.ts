export { HeaderPatch } from './header-patch.ts';
export {
  backoffMs,
  isIdempotentMethod,
  mayReplayOnFreshConnection,
  retriesReset,
  retriesStatus,
} from './retry-policy.ts';
export { type DirectReply, Route } from './route.ts';
export { RouteTable, type RouteTableOptions } from './route-table.ts';
export { WeightedClusters } from './weighted-clusters.ts';
