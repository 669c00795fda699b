/** The control thread's door to this room: what needs prom-client, pino or OpenTelemetry. */
export { AccessLogWriter } from './access-log/writer.ts';
export { Collector, type CollectorOptions, type Sample } from './exposition/collector.ts';
export {
  ControlMetrics,
  type DnsResult,
  type EjectionCause,
  type EndpointHealth,
  type HealthCheckResult,
  type SpanFigures,
  type ThreadReplacementReason,
  type WriterFigures,
} from './exposition/control-metrics.ts';
export { Exposition, type Rendered } from './exposition/exposition.ts';
export type { HistogramStat, NameFilter, Stat } from './exposition/stats.ts';
export { createLog, type Log, type LogFields } from './log/log.ts';
export { type LogDestination, openDestination } from './log/destination.ts';
export { SpanExporter } from './trace/span-exporter.ts';
