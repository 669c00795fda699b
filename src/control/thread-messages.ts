/** Takes what data threads send to where it belongs: log, access logs, spans, outlier detection, counts of calls. */
import type { FromData, ToData } from '../data/index.ts';
import type { Log } from '../telemetry/control.ts';
import type { AccessLogs } from './access-logs.ts';
import type { ClusterManager } from './cluster-manager.ts';
import type { EdgeCounts } from './mesh/edge-counts.ts';
import type { SpanOutput } from './span-output.ts';

export interface MessageTargets {
  readonly log: Log;
  readonly accessLogs: AccessLogs;
  readonly spans: SpanOutput;
  readonly clusters: ClusterManager;
  readonly edges: EdgeCounts;
}

export function deliver(
  targets: MessageTargets,
  thread: number,
  message: FromData,
  reply: (message: ToData) => void,
): void {
  switch (message.kind) {
    case 'log':
      targets.log.write(message.level, message.message, { thread, ...message.fields });
      break;
    case 'access-log': {
      const { path, lines } = message;
      const bytes = lines.byteLength;
      targets.accessLogs.write(path, lines, () => reply({ kind: 'access-log-written', path, bytes }));
      break;
    }
    case 'edges':
      targets.edges.accept(thread, message);
      reply({ kind: 'edges-taken' });
      break;
    case 'spans':
      targets.spans.accept(message.spans);
      break;
    case 'outlier':
      targets.clusters.reportOutlier(message.cluster, message.endpoint, message.failure);
      break;
    case 'applied':
    case 'drained':
      break;
  }
}
