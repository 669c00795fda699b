/** `/metrics` and `/stats/prometheus`: the exposition for Prometheus. */
import { selectFamilies } from '../exposition.ts';
import type { AdminReply } from '../reply.ts';
import type { AdminParameter, AdminRequest, AdminRoute } from '../route.ts';
import type { AdminSource } from '../source.ts';

const parameters: readonly AdminParameter[] = [
  { name: 'usedonly', summary: 'Leave out families whose every sample is 0.', value: 'flag' },
  { name: 'filter', summary: 'Only families in whose name this pattern is found.', value: 'pattern' },
];

export function metricsRoutes(source: AdminSource): readonly AdminRoute[] {
  const handle = (request: AdminRequest): Promise<AdminReply> => exposition(source, request);
  return [
    {
      method: 'GET',
      path: '/metrics',
      summary: 'Metrics for Prometheus; OpenMetrics when Accept asks for it.',
      formats: ['prometheus'],
      parameters,
      handle,
    },
    {
      method: 'GET',
      path: '/stats/prometheus',
      summary: "The same, at Envoy's path.",
      formats: ['prometheus'],
      parameters,
      handle,
    },
  ];
}

export async function exposition(source: AdminSource, request: AdminRequest): Promise<AdminReply> {
  const { contentType, body } = await source.metrics(request.accept);
  const usedOnly = request.query.flag('usedonly');
  const filter = request.query.pattern('filter');
  const whole = !usedOnly && filter === null;
  return { status: 200, contentType, body: whole ? body : selectFamilies(body, { usedOnly, filter }) };
}
