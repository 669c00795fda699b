/** What each setting may be. The type makes sure that a new setting cannot be left out. */
import { readingTable } from './reading.ts';
import { RuleName, ruleTable, type Rule, type Rules } from './rule/rule.ts';
import type { PyroscopeSettings, Settings } from './settings.ts';

export interface Field {
  /** Behind `expected`: `a whole number from 100 to 3,600,000`. */
  readonly expected: string;
  accepts(value: unknown): boolean;
  /** May be `Infinity`, in JSON `null`: no limit. */
  readonly unlimited: boolean;
  /** Its value is never shown. */
  readonly secret: boolean;
}

export interface Section {
  readonly fields: Readonly<Record<string, Field | Section>>;
  /** Given whole or not at all, and `null` switches it off; otherwise a part may be given. */
  readonly whole: boolean;
}

type SectionFields<T> = { readonly [Key in keyof T]-?: Field | Section };

/** Stands for a token that is set, where settings are shown; given back it leaves the token as it is. */
export const hiddenToken = '[hidden]';

const day = 24 * 3600 * 1000;

const share: Field = numbers({ min: 0, max: 1, what: 'a share from 0 to 1 (80 % is 0.8)' });
const flag: Field = field('true or false', (value) => typeof value === 'boolean');

export const settingsShape: Section = section<Settings>({
  intervalMs: whole(100, 3_600_000),
  rules: section<Rules>(
    Object.fromEntries(RuleName.map((name) => [name, ruleSection(name)])) as SectionFields<Rules>,
  ),
  maxCpu: orNone(share),
  stall: section<Settings['stall']>({
    enabled: flag,
    // Beats come every 100 ms and one of them may be late.
    afterMs: whole(200, 3_600_000),
    cooldownMs: whole(0, 7 * day),
  }),
  nearOutOfMemory: field(
    'at most 10 shares above 0 and up to 1',
    (value) =>
      Array.isArray(value) && value.length <= 10 && value.every((level) => share.accepts(level) && level > 0),
  ),
  recorder: section<Settings['recorder']>({
    intervalUs: whole(1000, 1_000_000),
    windowMs: whole(1000, 300_000),
    beforeMs: whole(0, 300_000),
    afterMs: whole(0, 120_000),
    armMs: whole(0, 120_000),
  }),
  limits: section<Settings['limits']>({
    maxBytes: whole(1, Number.MAX_SAFE_INTEGER),
    maxCount: whole(1, 100_000),
    maxAgeMs: whole(1, 3650 * day),
  }),
  maxCapturesPerMinute: whole(0, 1000),
  pyroscope: {
    ...section<PyroscopeSettings>({
      // One that is refused may have a password in it.
      url: {
        ...field('an http or https URL without a user, a password or a query', isPlainUrl),
        secret: true,
      },
      application: field('a name of 1 to 200 characters', (value) => isText(value, 1, 200)),
      token: {
        ...field('a token of at most 8,192 visible ASCII characters, or an empty text for none', isToken),
        secret: true,
      },
      timeoutMs: whole(100, 60_000),
    }),
    whole: true,
  },
});

function ruleSection(name: RuleName): Section {
  const value =
    readingTable[ruleTable[name].reading].unit === 'share'
      ? share
      : numbers({ min: 0, max: Number.MAX_VALUE, what: 'a number from 0' });
  return section<Rule>({
    enabled: flag,
    min: value,
    diff: orNone(numbers({ min: 0, max: 1000, what: 'a share of growth from 0 to 1,000 (25 % is 0.25)' })),
    abs: orNone(value),
    max: orNone(value),
    cooldownMs: whole(0, 7 * day),
  });
}

function section<T>(fields: SectionFields<T>): Section {
  return { fields, whole: false };
}

function field(expected: string, accepts: (value: unknown) => boolean): Field {
  return { expected, accepts, unlimited: false, secret: false };
}

function numbers({ min, max, what }: { min: number; max: number; what: string }): Field {
  // NaN is in no range.
  return field(what, (value) => typeof value === 'number' && value >= min && value <= max);
}

function whole(min: number, max: number): Field {
  const text = (limit: number) => limit.toLocaleString('en');
  const range = numbers({ min, max, what: `a whole number from ${text(min)} to ${text(max)}` });
  return field(range.expected, (value) => Number.isInteger(value) && range.accepts(value));
}

function orNone(limited: Field): Field {
  return {
    ...limited,
    expected: `${limited.expected}, or none (null in JSON)`,
    accepts: (value) => value === Number.POSITIVE_INFINITY || limited.accepts(value),
    unlimited: true,
  };
}

function isText(value: unknown, min: number, max: number): value is string {
  return typeof value === 'string' && value.trim().length >= min && value.length <= max;
}

function isToken(value: unknown): boolean {
  return isText(value, 0, 8192) && /^[\x21-\x7e]*$/.test(value);
}

function isPlainUrl(value: unknown): boolean {
  if (!isText(value, 1, 2048) || !URL.canParse(value)) return false;
  const { protocol, username, password, search, hash } = new URL(value);
  return ['http:', 'https:'].includes(protocol) && username + password + search + hash === '';
}
