/**
 * The pieces every schema is built of. A schema's `error` text is always the *expected* half of a problem
 * (`a duration such as 15s`), never a sentence; `shape-problems.ts` adds where, what was found and what to do.
 */
import * as z from 'zod';
import type { Reading } from './reading.ts';

const keysLead = 'one of the keys ';

/** The expectation behind an unknown key, and back again: the candidates for "did you mean". */
function keysExpected(keys: readonly string[]): string {
  return keysLead + keys.join(', ');
}

export function keysOf(expected: string): readonly string[] {
  return expected.startsWith(keysLead) ? expected.slice(keysLead.length).split(', ') : [];
}

/** A mapping with exactly these keys. */
export function block<const Shape extends z.core.$ZodShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? keysExpected(Object.keys(shape)) : 'a mapping'),
  });
}

/** One of several spellings. `expected` is said when the value has the type of none of them. */
export function choice<const Options extends readonly z.ZodType[]>(
  expected: string,
  options: Options,
): z.ZodUnion<Options> {
  return z.union(options, { error: expected });
}

export function list<Item extends z.ZodType>(item: Item, what: string): z.ZodArray<Item> {
  return z.array(item, { error: `a list of ${what}` });
}

/** A scalar that is read by a function: the function's refusal becomes the problem. */
export function reading<In, Out>(
  input: z.ZodType<In>,
  readValue: (value: In) => Reading<Out>,
): z.ZodType<Out> {
  return input.transform((value, context) => {
    const outcome = readValue(value);
    if (outcome.ok) return outcome.value;
    const params = outcome.hint === undefined ? {} : { hint: outcome.hint };
    context.issues.push({ code: 'custom', message: outcome.expected, params, input: value });
    return z.NEVER;
  });
}

/** Something wrong with a mapping as a whole, found by a `rule`. */
export interface Complaint {
  /** Relative to the mapping. */
  readonly path: readonly (string | number)[];
  readonly expected: string;
  /** Without it, what stands at the path is described. */
  readonly got?: string;
  readonly hint?: string;
}

/**
 * A rule over several keys of one mapping. It also runs when a single key is already wrong, so that one reading shows
 * all problems; for that reason it sees unknown values and must ask before it trusts one.
 */
export function rule(
  find: (value: Readonly<Record<string, unknown>>) => readonly Complaint[],
): z.core.$ZodCheck<unknown> {
  return z.superRefine<unknown>(
    (value, context) => {
      for (const complaint of find(value as Readonly<Record<string, unknown>>)) {
        context.addIssue({
          code: 'custom',
          message: complaint.expected,
          path: [...complaint.path],
          params: { got: complaint.got, hint: complaint.hint },
        });
      }
    },
    { when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value) },
  );
}

/** Of these keys exactly one (or, with `atLeastOne` false, at most one) may be given. */
export function exclusive(keys: readonly string[], atLeastOne = true): z.core.$ZodCheck<unknown> {
  return rule((value) => {
    const given = keys.filter((key) => value[key] !== undefined);
    if (given.length === 1 || (given.length === 0 && !atLeastOne)) return [];
    const expected = `${atLeastOne ? 'exactly' : 'at most'} one of ${keys.join(', ')}`;
    if (given.length === 0) return [{ path: [], expected, got: 'none of them' }];
    return [{ path: [given[1] as string], expected, got: given.join(' and ') }];
  });
}
