/** What nodes count of clusters and endpoints, as expressions. */
import { ofNodes, perSecond, sumBy, withNode } from '../kit/selector.ts';

export const theCluster = 'cluster=~"$cluster"';

export const ofCluster = (metric: string, ...matchers: readonly string[]): string =>
  ofNodes(metric, theCluster, ...matchers);

/** Over all chosen nodes: what each of them counts of a cluster adds up. */
export const byCluster = (
  counter: string,
  labels: readonly string[] = [],
  ...matchers: readonly string[]
): string =>
  sumBy(
    ['cluster', ...labels],
    withNode(sumBy(['job', 'instance', 'cluster', ...labels], perSecond(ofCluster(counter, ...matchers)))),
  );

export const requests: string = byCluster('meshlock_cluster_requests_total');

export const errors: string = byCluster('meshlock_cluster_requests_total', [], 'code_class=~"5xx|none"');

export const retries: string = byCluster('meshlock_cluster_retries_total');

export const endpointLabels: readonly string[] = ['job', 'instance', 'cluster', 'endpoint'];

export const ofEndpoint = (gauge: string): string => sumBy(endpointLabels, ofCluster(gauge));

export const healthy: string = ofEndpoint('meshlock_endpoint_healthy');

export const ejected: string = ofEndpoint('meshlock_endpoint_ejected');

/** 1 where requests go to, 0 where they do not. */
export const inUse: string = `(${healthy} * (1 - ${ejected}))`;

/** `endpointMeanings`: 2 whom health checks find ill, else 1 who was put out, else 0. */
export const endpointNumber: string = `(2 * (1 - ${healthy}) + ${healthy} * ${ejected})`;

export const endpointRate = (counter: string, ...matchers: readonly string[]): string =>
  sumBy(endpointLabels, perSecond(ofCluster(counter, ...matchers)));

export const endpointRequests: string = endpointRate('meshlock_endpoint_requests_total');

export const endpointErrors: string = endpointRate(
  'meshlock_endpoint_requests_total',
  'code_class=~"5xx|none"',
);

/** Mean duration of a try. */
export const endpointDuration: string = `(${endpointRate('meshlock_endpoint_request_duration_seconds_sum')} / (${endpointRate('meshlock_endpoint_request_duration_seconds_count')} > 0))`;

export const endpointLegend = '{{node_id}} to {{endpoint}} ({{cluster}})';
