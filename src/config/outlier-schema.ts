/** Outlier detection: endpoints that fail real traffic are left out for a while. Envoy's rules and defaults. */
import type * as z from 'zod';
import { block, type Complaint, choice, rule } from './block.ts';
import { outlierDetectionDefaults as defaults } from './defaults.ts';
import type { OutlierDetectionConfig } from './model.ts';
import { defaultMs } from './quantity.ts';
import { decimal, duration, flag, integer, ratio } from './scalar-schema.ts';

const detection = block({
  interval: duration(100).prefault(defaults.interval).describe('How often success rates are compared.'),
  base_ejection_time: duration()
    .prefault(defaults.base_ejection_time)
    .describe('An ejection lasts this long times the number of ejections so far.'),
  max_ejection_time: duration()
    .optional()
    .meta({ fileDefault: defaults.max_ejection_time })
    .describe('Longest ejection; no shorter than `base_ejection_time`.'),
  max_ejection_ratio: ratio()
    .prefault(defaults.max_ejection_ratio)
    .describe('Share of the endpoints that may be out at once, but always at least one.'),
  consecutive_5xx: integer(1)
    .prefault(defaults.consecutive_5xx)
    .describe('Answers 5xx in a row (or local failures) that eject.'),
  enforce_consecutive_5xx: ratio()
    .prefault(defaults.enforce_consecutive_5xx)
    .describe('Share of these detections that do eject; 0 only counts them.'),
  consecutive_gateway_failure: integer(1)
    .prefault(defaults.consecutive_gateway_failure)
    .describe('Answers 502, 503 or 504 in a row that eject.'),
  enforce_consecutive_gateway_failure: ratio()
    .prefault(defaults.enforce_consecutive_gateway_failure)
    .describe('Share of these detections that do eject.'),
  consecutive_local_origin_failure: integer(1)
    .prefault(defaults.consecutive_local_origin_failure)
    .describe('Failed connects, resets or timeouts in a row that eject, with `split_local_origin`.'),
  enforce_consecutive_local_origin_failure: ratio()
    .prefault(defaults.enforce_consecutive_local_origin_failure)
    .describe('Share of these detections that do eject.'),
  split_local_origin: flag()
    .prefault(defaults.split_local_origin)
    .describe("Tell failures to reach an endpoint from the endpoint's own answers."),
  enforce_success_rate: ratio()
    .prefault(defaults.enforce_success_rate)
    .describe('Share of the endpoints found by their success rate that are ejected.'),
  success_rate_minimum_endpoints: integer(1)
    .prefault(defaults.success_rate_minimum_endpoints)
    .describe('With fewer endpoints that have enough requests, success rates are not compared.'),
  success_rate_request_volume: integer(1)
    .prefault(defaults.success_rate_request_volume)
    .describe('Requests in an interval that an endpoint needs to be compared.'),
  success_rate_stdev_factor: decimal(0, 100)
    .prefault(defaults.success_rate_stdev_factor)
    .describe('Ejected below the mean minus this many standard deviations.'),
})
  .check(rule(longestIsNoShorter))
  .transform(
    (value): OutlierDetectionConfig => ({
      intervalMs: value.interval,
      baseEjectionMs: value.base_ejection_time,
      maxEjectionMs:
        value.max_ejection_time ?? Math.max(defaultMs(defaults.max_ejection_time), value.base_ejection_time),
      maxEjectionRatio: value.max_ejection_ratio,
      consecutive5xx: value.consecutive_5xx,
      enforceConsecutive5xx: value.enforce_consecutive_5xx,
      consecutiveGatewayFailure: value.consecutive_gateway_failure,
      enforceConsecutiveGatewayFailure: value.enforce_consecutive_gateway_failure,
      consecutiveLocalOriginFailure: value.consecutive_local_origin_failure,
      enforceConsecutiveLocalOriginFailure: value.enforce_consecutive_local_origin_failure,
      splitLocalOrigin: value.split_local_origin,
      enforceSuccessRate: value.enforce_success_rate,
      successRateMinimumEndpoints: value.success_rate_minimum_endpoints,
      successRateRequestVolume: value.success_rate_request_volume,
      successRateStdevFactor: value.success_rate_stdev_factor,
    }),
  )
  .meta({
    id: 'outlier_detection',
    description: 'Leaves out endpoints that fail real traffic. `true` is all defaults.',
  });

const switched = flag().transform((isOn) => (isOn ? detection.parse({}) : null));

export const outlierDetectionSchema: z.ZodType<OutlierDetectionConfig | null> = choice(
  'true, false or a mapping',
  [switched, detection],
);

function longestIsNoShorter({
  base_ejection_time: base,
  max_ejection_time: max,
}: Record<string, unknown>): Complaint[] {
  const isShorter = typeof base === 'number' && typeof max === 'number' && max < base;
  return isShorter
    ? [{ path: ['max_ejection_time'], expected: 'a duration no shorter than base_ejection_time' }]
    : [];
}
