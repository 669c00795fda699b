/** What the nodes send requests to: who is healthy, who was put out, and what is retried, refused or late. */
import { firing } from '../kit/annotation.ts';
import { type ClassicDashboard, frame } from '../kit/frame.ts';
import { further } from '../kit/variable.ts';
import { checks } from './checks.ts';
import { clusters } from './clusters.ts';
import { endpoints } from './endpoints.ts';
import { figures } from './figures.ts';
import { trouble } from './trouble.ts';

export const upstreams: ClassicDashboard = frame({
  name: 'upstreams',
  title: 'Upstreams',
  description:
    'Clusters and their endpoints: health, ejections, latency, retries, timeouts, connect failures and circuit breakers.',
  variables: [further.cluster],
  annotations: [firing],
  sections: [figures, clusters, endpoints, checks, trouble],
});
