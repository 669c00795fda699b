/** What one HTTP connection and one request may take: bytes, counts and time. */
import type * as z from 'zod';
import { block, type Complaint, rule } from './block.ts';
import { httpLimitDefaults as defaults } from './defaults.ts';
import type { HttpLimits } from './model.ts';
import { defaultBytes } from './quantity.ts';
import { durationOrZero, integer, size } from './scalar-schema.ts';

const kibibyte = 1024;
const mebibyte = 1024 * 1024;

export const httpLimitsSchema: z.ZodType<HttpLimits> = block({
  max_head_size: size({ min: kibibyte, max: mebibyte })
    .prefault(defaults.max_head_size)
    .describe('Request line and all fields. Beyond: 431.'),
  max_request_line_size: size({ min: 64, max: mebibyte })
    .optional()
    .meta({ fileDefault: defaults.max_request_line_size })
    .describe('The request line alone. Beyond: 414. By default no more than `max_head_size`.'),
  max_header_count: integer(1, 10_000)
    .prefault(defaults.max_header_count)
    .describe('Fields of a request. Beyond: 431.'),
  max_body_size: size({ min: 0 })
    .prefault(defaults.max_body_size)
    .describe('Body of a request. Beyond: 413. 0: no limit.'),
  max_requests_per_connection: integer(0)
    .prefault(defaults.max_requests_per_connection)
    .describe('After this many the connection is closed. 0: no limit.'),
  head_timeout: durationOrZero()
    .prefault(defaults.head_timeout)
    .describe('From the first byte of a head, or from the accept, to its end; then 408. 0: none.'),
  idle_timeout: durationOrZero()
    .prefault(defaults.idle_timeout)
    .describe('A connection without a request is closed after this. 0: never.'),
  request_timeout: durationOrZero()
    .prefault(defaults.request_timeout)
    .describe('From the first byte of a request to the end of its body; then 408. 0: none.'),
  send_timeout: durationOrZero()
    .prefault(defaults.send_timeout)
    .describe('The caller has taken none of the waiting bytes for this long: closed. 0: none.'),
  stream_idle_timeout: durationOrZero()
    .prefault(defaults.stream_idle_timeout)
    .describe('Nothing of a started exchange moved in either direction for this long. 0: none.'),
})
  .check(rule(lineFitsHead))
  .transform(
    (value): HttpLimits => ({
      maxHeadBytes: value.max_head_size,
      maxRequestLineBytes:
        value.max_request_line_size ??
        Math.min(defaultBytes(defaults.max_request_line_size), value.max_head_size),
      maxHeaderCount: value.max_header_count,
      maxBodyBytes: value.max_body_size,
      maxRequestsPerConnection: value.max_requests_per_connection,
      headTimeoutMs: value.head_timeout,
      idleTimeoutMs: value.idle_timeout,
      requestTimeoutMs: value.request_timeout,
      sendTimeoutMs: value.send_timeout,
      streamIdleTimeoutMs: value.stream_idle_timeout,
    }),
  )
  .meta({
    id: 'limits',
    description: 'Bounds on what a caller of an http listener may send, and how slowly.',
  });

function lineFitsHead({
  max_head_size: head,
  max_request_line_size: line,
}: Record<string, unknown>): Complaint[] {
  const isTooLong = typeof head === 'number' && typeof line === 'number' && line > head;
  return isTooLong ? [{ path: ['max_request_line_size'], expected: 'no more than max_head_size' }] : [];
}
