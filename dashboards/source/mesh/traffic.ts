/** Requests, errors and durations of services, as expressions: of what comes in through inbound listeners and gateways. */
import { ofNodes, perSecond, sumBy, withNode } from '../kit/selector.ts';

/** Listeners through which a service is called. What a node sends out for its own application is counted by who answers. */
const served = 'role=~"inbound|gateway"';

const byService = (expression: string): string =>
  sumBy(['node_service'], withNode(sumBy(['job', 'instance'], expression), ['node_service']));

export const requests: string = byService(perSecond(ofNodes('meshlock_listener_requests_total', served)));

export const errors: string = byService(
  perSecond(ofNodes('meshlock_listener_requests_total', served, 'code_class="5xx"')),
);

export const unanswered: string = byService(
  perSecond(ofNodes('meshlock_listener_requests_total', served, 'code_class="none"')),
);

const durations = withNode(
  sumBy(
    ['job', 'instance', 'le'],
    perSecond(ofNodes('meshlock_listener_request_duration_seconds_bucket', served)),
  ),
  ['node_service'],
);

export const duration = (quantile: number, ...labels: readonly string[]): string =>
  `histogram_quantile(${quantile}, ${sumBy([...labels, 'le'], durations)})`;
