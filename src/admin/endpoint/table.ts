/** The table of one server: the endpoints that every process has, and those that other rooms hand in. */
import type { Clock } from '../../base/index.ts';
import { type AdminRoute, RouteTable } from '../route.ts';
import type { AdminSource } from '../source.ts';
import { clusterRoutes } from './clusters.ts';
import { configDumpRoutes } from './config-dump.ts';
import { helpRoutes } from './help.ts';
import { lifeCycleRoutes } from './life-cycle.ts';
import { listenerRoutes } from './listeners.ts';
import { loggingRoutes } from './logging.ts';
import { metricsRoutes } from './metrics.ts';
import { processRoutes } from './process.ts';
import { readinessRoutes } from './readiness.ts';
import { statsRoutes } from './stats.ts';

/** `added` beside the built-in ones; throws for one that is there already. */
export function adminTable(source: AdminSource, clock: Clock, added: readonly AdminRoute[]): RouteTable {
  const table: RouteTable = new RouteTable([
    ...helpRoutes(() => table.routes),
    ...readinessRoutes(source),
    ...statsRoutes(source),
    ...metricsRoutes(source),
    ...clusterRoutes(source),
    ...listenerRoutes(source),
    ...configDumpRoutes(source),
    ...loggingRoutes(source),
    ...lifeCycleRoutes(source),
    ...processRoutes(source, clock),
    ...added,
  ]);
  return table;
}
