/** Active health checks: what is asked of each endpoint, how often, and how many answers change the verdict. */
import * as z from 'zod';
import { authority } from './address-schema.ts';
import { block, choice, exclusive, list, reading } from './block.ts';
import { healthCheckDefaults as defaults } from './defaults.ts';
import type { HealthCheckConfig, HttpHealthCheck, TcpHealthCheck } from './model.ts';
import { type Reading, read, refuse } from './reading.ts';
import { duration, durationOrZero, integer, textOrNumber, word } from './scalar-schema.ts';

type StatusRange = readonly [number, number];

const statusRange = reading(
  textOrNumber(
    'a status such as 200, or a range such as 200-299 or 2xx',
    {},
    { type: 'integer', minimum: 100 },
  ),
  readStatusRange,
);

const target = reading(z.string({ error: 'a path such as /healthz' }).meta({ pattern: '^/' }), (value) =>
  /^\/[\x21-\x7e]*$/.test(value) ? read(value) : refuse('a path such as /healthz, with an optional query'),
);

const http = block({
  path: target.describe('Path that is requested; may carry a query.'),
  host: authority().optional().describe("`Host` of the request; by default the endpoint's address."),
  method: word(['GET', 'HEAD', 'OPTIONS']).prefault(defaults.method).describe('Method of the request.'),
  expected_statuses: list(statusRange, 'statuses')
    .min(1, { error: 'at least one status' })
    .prefault([...defaults.expected_statuses])
    .describe('Statuses that count as healthy: `200`, `200-299`, `2xx`.'),
})
  .transform(
    (value): HttpHealthCheck => ({
      kind: 'http',
      path: value.path,
      host: value.host ?? defaults.host,
      method: value.method,
      expectedStatuses: value.expected_statuses,
    }),
  )
  .meta({ id: 'http_check', description: 'Healthy when the answer has an expected status. Text is `path`.' });

const payload = z.string({ error: 'text' }).max(4096, { error: 'text of at most 4096 characters' });

const tcp = block({
  send: payload.prefault('').describe('Bytes to send once connected.'),
  receive: payload.prefault('').describe('What the answer must contain.'),
})
  .transform((value): TcpHealthCheck => ({ kind: 'tcp', send: value.send, receive: value.receive }))
  .meta({
    id: 'tcp_check',
    description: 'Healthy when it accepts a connection and, if asked for, answers as expected.',
  });

const pathAlone = target.transform((path) => http.parse({ path }));
const connectOnly = z
  .literal(true, { error: 'true' })
  .transform((): TcpHealthCheck => ({ kind: 'tcp', send: '', receive: '' }));

export const healthCheckSchema: z.ZodType<HealthCheckConfig> = block({
  interval: duration(10).prefault(defaults.interval).describe('Time between two checks of an endpoint.'),
  jitter: durationOrZero()
    .optional()
    .describe('Added to each interval, uniformly between 0 and this; by default a tenth of the interval.'),
  timeout: duration()
    .prefault(defaults.timeout)
    .describe('A check without an answer for this long has failed.'),
  healthy_threshold: integer(1, 1000)
    .prefault(defaults.healthy_threshold)
    .describe('Good answers in a row that make an unhealthy endpoint healthy.'),
  unhealthy_threshold: integer(1, 1000)
    .prefault(defaults.unhealthy_threshold)
    .describe('Failures in a row that make a healthy endpoint unhealthy.'),
  http: choice('a path, or a mapping', [pathAlone, http])
    .optional()
    .describe('Ask over HTTP; text is the path.'),
  tcp: choice('true, or a mapping', [connectOnly, tcp])
    .optional()
    .describe('Connect over TCP; `true` is connect only.'),
})
  .check(exclusive(['http', 'tcp']))
  .transform(
    (value): HealthCheckConfig => ({
      intervalMs: value.interval,
      jitterMs: value.jitter ?? Math.round(value.interval * defaults.jitter_of_interval),
      timeoutMs: value.timeout,
      healthyThreshold: value.healthy_threshold,
      unhealthyThreshold: value.unhealthy_threshold,
      // `exclusive` has seen to it that one of them is there.
      check: (value.http ?? value.tcp) as HttpHealthCheck | TcpHealthCheck,
    }),
  )
  .meta({ id: 'health_check', description: 'Active checks of every endpoint, from the control thread.' });

function readStatusRange(value: string | number): Reading<StatusRange> {
  const text = String(value);
  const hundreds = /^([1-5])xx$/i.exec(text)?.[1];
  if (hundreds !== undefined) return read([Number(hundreds) * 100, Number(hundreds) * 100 + 99]);
  const [, from, to] = /^(\d{3})(?:-(\d{3}))?$/.exec(text) ?? [];
  const range: StatusRange = [Number(from), Number(to ?? from)];
  const isSound = range[0] >= 100 && range[1] <= 599 && range[0] <= range[1];
  return isSound ? read(range) : refuse('a status such as 200, or a range such as 200-299 or 2xx');
}
