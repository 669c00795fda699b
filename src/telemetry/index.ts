export { type AccessEntry, createAccessEntry } from './access-log/access-entry.ts';
export { AccessLogBatch } from './access-log/batch.ts';
export {
  type AccessLogFormatter,
  compileAccessLog,
  defaultAccessLogFormat,
  HeaderCapture,
} from './access-log/formatter.ts';
export { accessLogProblems } from './access-log/template.ts';
export type { Metric } from './block.ts';
export {
  ClusterSlot,
  clusterBlock,
  codeClassOf,
  durationBucketOf,
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
export type { SpanRecord } from './span-record.ts';
export { IdSource } from './trace/id-source.ts';
export { TraceContext, TraceSource } from './trace/trace-context.ts';
export { Tracer } from './trace/tracer.ts';
