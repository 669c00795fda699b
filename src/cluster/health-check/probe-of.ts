/** The probe that a cluster's health check asks for. */
import type { ClusterConfig } from '../../config/index.ts';
import { httpProbe } from './http-probe.ts';
import type { Probe } from './probe.ts';
import { tcpProbe } from './tcp-probe.ts';

/** `null` for a cluster without active health checks. */
export function probeOf(cluster: ClusterConfig): Probe | null {
  const check = cluster.healthCheck?.check;
  if (check === undefined) return null;
  return check.kind === 'http'
    ? httpProbe(check, cluster.proxyProtocol)
    : tcpProbe(check, cluster.proxyProtocol);
}
