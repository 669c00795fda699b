/** When and how a failed try is repeated. `retry: 2` is two attempts under the default conditions. */
import * as z from 'zod';
import { block, choice, list, rule } from './block.ts';
import { retryDefaults } from './defaults.ts';
import { RetryCondition, type RetryConfig } from './model.ts';
import { defaultMs } from './quantity.ts';
import { duration, durationOrZero, integer, size, word } from './scalar-schema.ts';

const mostAttempts = 100;

/** Several conditions as Envoy writes them: `connect-failure,5xx`. */
const commaSeparated = z
  .string()
  .transform((value): unknown[] => value.split(',').map((part) => part.trim()))
  .pipe(list(word(RetryCondition), 'retry conditions'));

const conditions = choice('a list of retry conditions', [
  commaSeparated,
  list(word(RetryCondition), 'retry conditions'),
]);

/** The upper bound follows a longer base, as Envoy's does. */
const backoff = block({
  base: duration()
    .prefault(retryDefaults.backoff_base)
    .describe('Bound of the first wait; it doubles each time.'),
  max: duration()
    .optional()
    .meta({ fileDefault: retryDefaults.backoff_max })
    .describe('Bound of every wait; by default ten times `base`.'),
})
  .check(
    rule(({ base, max }) =>
      typeof base === 'number' && typeof max === 'number' && max < base
        ? [{ path: ['max'], expected: 'a duration no shorter than base' }]
        : [],
    ),
  )
  .meta({ id: 'backoff', description: 'Waits between tries: a random share of a bound that doubles.' });

const retryBlock = block({
  on: conditions
    .prefault([...retryDefaults.on])
    .describe(`Which failures are repeated: ${RetryCondition.join(', ')}.`),
  attempts: integer(0, mostAttempts).prefault(retryDefaults.attempts).describe('Tries after the first.'),
  per_try_timeout: durationOrZero()
    .prefault(retryDefaults.per_try_timeout)
    .describe("For each try, to the head of its answer. 0: only the route's timeout."),
  backoff: backoff.prefault({}).describe('Waits between tries.'),
  status_codes: list(integer(100, 599), 'statuses')
    .prefault([])
    .describe('Statuses that `retriable-status-codes` repeats.'),
  max_body_size: size({ min: 0, max: 16 * 1024 * 1024 })
    .prefault(retryDefaults.max_body_size)
    .describe(
      'A request body up to this size is kept for another try; a larger one is not repeated once begun.',
    ),
})
  .check(rule(codesNeedTheirCondition))
  .transform(
    (value): RetryConfig => ({
      on: [...new Set(value.on)],
      statusCodes: value.status_codes,
      attempts: value.attempts,
      perTryTimeoutMs: value.per_try_timeout,
      backoffBaseMs: value.backoff.base,
      backoffMaxMs: value.backoff.max ?? value.backoff.base * 10,
      maxBodyBytes: value.max_body_size,
    }),
  )
  .meta({ id: 'retry', description: 'When and how a failed try is repeated.' });

const attemptsAlone = integer(0, mostAttempts).transform((attempts) =>
  attempts === 0 ? neverRetry : retryBlock.parse({ attempts }),
);

export const retrySchema: z.ZodType<RetryConfig> = choice('a number of attempts, or a mapping', [
  attemptsAlone,
  retryBlock,
]);

/** Without `retry`: nothing is repeated, so no body is kept either. */
export const neverRetry: RetryConfig = {
  on: [],
  statusCodes: [],
  attempts: 0,
  perTryTimeoutMs: 0,
  backoffBaseMs: defaultMs(retryDefaults.backoff_base),
  backoffMaxMs: defaultMs(retryDefaults.backoff_max),
  maxBodyBytes: 0,
};

function codesNeedTheirCondition(
  value: Readonly<Record<string, unknown>>,
): { path: string[]; expected: string; got?: string }[] {
  const condition: RetryCondition = 'retriable-status-codes';
  const isOn = Array.isArray(value['on']) && value['on'].includes(condition);
  const hasCodes = Array.isArray(value['status_codes']) && value['status_codes'].length > 0;
  if (isOn === hasCodes) return [];
  return isOn
    ? [{ path: ['status_codes'], expected: `the statuses that ${condition} repeats`, got: 'none' }]
    : [{ path: ['status_codes'], expected: `${condition} in \`on\` when status_codes are given` }];
}
