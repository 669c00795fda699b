/** The rules of holmes: when a reading is worth a capture. Each is written in the unit of its reading. */
import type * as z from 'zod';
import { block, type Complaint, rule } from './block.ts';
import { holmesRuleDefaults } from './defaults.ts';
import type { HolmesRuleConfig, HolmesRuleName } from './model.ts';
import { defaultBytes, defaultGrowth, defaultMs, defaultRatio } from './quantity.ts';
import { durationOrZero, flag, growth, integer, ratio, size } from './scalar-schema.ts';
import { switchable } from './switchable.ts';

const weekMs: number = 7 * 24 * 3_600_000;

/** How a reading is written: as a schema, where 0 is allowed, and as a default. */
interface Quantity {
  readonly schema: () => z.ZodType<number>;
  readonly fallback: (value: string | number) => number;
}

const share: Quantity = { schema: ratio, fallback: defaultRatio };
const delay: Quantity = { schema: durationOrZero, fallback: defaultMs };
const bytes: Quantity = { schema: () => size({ min: 0 }), fallback: defaultBytes };
const count: Quantity = { schema: () => integer(0), fallback: Number };

export const cpuRule: z.ZodType<HolmesRuleConfig> = ruleSchema('cpu', share, {
  reading: 'CPU time, of a thread as a share of one core, of the process as a share of what it is granted',
  capture: 'a CPU profile',
});
export const delayRule: z.ZodType<HolmesRuleConfig> = ruleSchema('event_loop_delay', delay, {
  reading: 'by how much timers come late (99th percentile between two samples)',
  capture: 'a CPU profile',
});
export const gcRule: z.ZodType<HolmesRuleConfig> = ruleSchema('gc', share, {
  reading: 'the share of time that goes into garbage collection',
  capture: 'a heap profile',
});
export const heapRule: z.ZodType<HolmesRuleConfig> = ruleSchema('heap', share, {
  reading: 'the JavaScript heap, as a share of its limit',
  capture: 'a heap profile',
});
export const externalRule: z.ZodType<HolmesRuleConfig> = ruleSchema('external', bytes, {
  reading: 'buffers outside the JavaScript heap',
  capture: 'a handle profile',
});
export const rssRule: z.ZodType<HolmesRuleConfig> = ruleSchema('rss', share, {
  reading: "the process's resident memory, as a share of its limit",
  capture: 'heap profiles',
});
export const handlesRule: z.ZodType<HolmesRuleConfig> = ruleSchema('handles', count, {
  reading: 'active handles and requests: sockets, servers, timers',
  capture: 'a handle profile',
});
export const descriptorsRule: z.ZodType<HolmesRuleConfig> = ruleSchema('descriptors', share, {
  reading: 'open file descriptors, as a share of their limit',
  capture: 'handle profiles',
});

/** What a person reads of a rule. */
interface RuleWords {
  readonly reading: string;
  readonly capture: string;
}

function ruleSchema(
  name: HolmesRuleName,
  { schema, fallback }: Quantity,
  words: RuleWords,
): z.ZodType<HolmesRuleConfig> {
  const defaults = holmesRuleDefaults[name];
  const mapping = block({
    enabled: flag().prefault(true).describe('Whether this rule captures.'),
    min: schema().optional().meta({ fileDefault: defaults.min }).describe('Below it nothing happens.'),
    diff: growth()
      .optional()
      .meta({ fileDefault: defaults.diff })
      .describe('Captures when so much above the average of the ten readings before; may be above 100%.'),
    abs: schema()
      .optional()
      .meta({ fileDefault: defaults.abs })
      .describe('Captures at or above it whatever the average. 0: none.'),
    max: schema()
      .optional()
      .meta({ fileDefault: defaults.max })
      .describe('Captures nothing at or above it, because that would make matters worse. 0: none.'),
    cooldown: durationOrZero(1, weekMs)
      .prefault(defaults.cooldown)
      .describe('After a capture by this rule of one subject, so long none by it there. 0: none.'),
  })
    .check(rule((given) => disorder(given, { ...defaults, read: fallback })))
    .transform(
      (value): HolmesRuleConfig => ({
        enabled: value.enabled,
        min: value.min ?? fallback(defaults.min),
        diff: value.diff ?? defaultGrowth(defaults.diff),
        abs: unlessZero(value.abs ?? fallback(defaults.abs)),
        max: unlessZero(value.max ?? fallback(defaults.max)),
        cooldownMs: value.cooldown,
      }),
    )
    .meta({
      id: `holmes_${name}`,
      description: `Watches ${words.reading}; captures ${words.capture}. \`false\` is no such rule, \`true\` all defaults.`,
    });
  return switchable(mapping);
}

interface Defaults {
  readonly min: string | number;
  readonly abs: string | number;
  readonly max: string | number;
  readonly read: (value: string | number) => number;
}

/** A rule that could never speak, or would always: `min` up to `abs` up to `max`. Said of a limit that was given. */
function disorder(given: Readonly<Record<string, unknown>>, defaults: Defaults): Complaint[] {
  const valueOf = (key: 'min' | 'abs' | 'max'): number => {
    const value = given[key];
    return typeof value === 'number' ? value : defaults.read(defaults[key]);
  };
  const [min, abs, max] = [valueOf('min'), unlessZero(valueOf('abs')), unlessZero(valueOf('max'))];
  const complaints: Complaint[] = [];
  const complain = (lower: 'min' | 'abs', upper: 'abs' | 'max'): void => {
    const isUpper = given[upper] !== undefined;
    const other = isUpper ? lower : upper;
    const bound = given[other] === undefined ? `${other}, ${defaults[other]}` : other;
    const expected = `${isUpper ? 'no less' : 'no more'} than ${bound}`;
    complaints.push({ path: [isUpper ? upper : lower], expected });
  };
  if (abs !== Number.POSITIVE_INFINITY && min > abs) complain('min', 'abs');
  else if (abs !== Number.POSITIVE_INFINITY && abs > max) complain('abs', 'max');
  else if (min > max) complain('min', 'max');
  return complaints;
}

function unlessZero(limit: number): number {
  return limit === 0 ? Number.POSITIVE_INFINITY : limit;
}
