export type { Block, Metric, MetricType } from './block.ts';
export {
  ClusterSlot,
  clusterBlock,
  codeClassOf,
  durationBuckets,
  EndpointSlot,
  endpointBlock,
  ListenerSlot,
  listenerBlock,
  observe,
  RouteSlot,
  routeBlock,
  ThreadSlot,
  threadBlock,
} from './catalogue.ts';
export { CounterStore } from './counter-store.ts';
export { ResponseFlag, responseFlagNames } from './response-flag.ts';
export { type Entity, SlotDirectory } from './slot-directory.ts';
