/**
 * The clusters: each with how many of its endpoints can be used. Only active health checks say that nobody is there, so
 * only for them a cluster without a usable endpoint keeps traffic from being opened; a name that does not resolve does not:
 * the requests for it fail, those for other clusters need not.
 */
import type { ComponentReport, ItemReport } from '../../../health/static.ts';
import { counted, reportOf } from './report.ts';

export interface ClusterFacts {
  readonly name: string;
  /** Its endpoints are checked actively. */
  readonly isChecked: boolean;
  /** A first look-up or health check has no result yet. */
  readonly warming: boolean;
  readonly endpoints: readonly {
    readonly health: 'healthy' | 'unhealthy' | 'checking';
    readonly ejected: boolean;
  }[];
  /** Why a name of it does not resolve; empty otherwise. */
  readonly lookupError: string;
}

/** `hasOpened`: traffic flows, and whoever is asked for it answers for other clusters too: then nothing is worse than degraded. */
export function clustersReport(clusters: readonly ClusterFacts[], hasOpened: boolean): ComponentReport {
  const items = clusters.map(clusterItem);
  return reportOf(
    hasOpened ? items.map((item) => ({ ...item, status: atWorstDegraded(item.status) })) : items,
    counted(clusters.length, 'cluster'),
  );
}

function atWorstDegraded(status: ItemReport['status']): ItemReport['status'] {
  return status === 'healthy' ? status : 'degraded';
}

function clusterItem({ name, isChecked, warming, endpoints, lookupError }: ClusterFacts): ItemReport {
  const usable = endpoints.filter(({ health, ejected }) => health === 'healthy' && !ejected).length;
  const figures = `${usable} of ${counted(endpoints.length, 'endpoint')} ${endpoints.length === 1 ? 'is' : 'are'} healthy`;
  const failed = lookupError === '' ? '' : `; ${lookupError}`;
  const item = (status: ItemReport['status'], detail: string): ItemReport => ({
    name,
    status,
    detail,
  });
  if (isChecked && endpoints.length > 0 && warming) {
    return item('starting', `${figures}: waits for its first health check`);
  }
  if (isChecked && endpoints.length > 0 && !endpoints.some(({ health }) => health === 'healthy')) {
    return item('unhealthy', `${figures}${failed}`);
  }
  if (warming) return item('degraded', 'waits for its first look-up');
  if (usable === endpoints.length && lookupError === '') {
    return item('healthy', endpoints.length === 0 ? 'it has no endpoints' : figures);
  }
  return item('degraded', `${figures}${failed}`);
}
