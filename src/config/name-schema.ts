/** Names, header fields, paths and regular expressions as schemas. */
import { RE2JS } from 're2js';
import * as z from 'zod';
import { reading } from './block.ts';
import { fieldValueFault, isToken } from './http-grammar.ts';
import { type Reading, read, refuse } from './reading.ts';

const namePattern = '^[A-Za-z0-9_][A-Za-z0-9_.:/|~@-]{0,127}$';

/** Of a listener or cluster: it becomes a metric label and a path segment. */
export function name(): z.ZodType<string> {
  const error =
    'a name of 1 to 128 letters, digits and _ . : / | ~ @ -, beginning with a letter, a digit or _';
  return z.string({ error }).regex(new RegExp(namePattern), { error });
}

/** As written; comparing names ignores case. */
export function headerName(): z.ZodType<string> {
  return reading(z.string({ error: 'a header name' }), (value) =>
    isToken(value) ? read(value) : refuse('a header name (letters, digits and - are safe)'),
  );
}

/** The fault is named without the value, which may be a credential. */
export function headerValue(): z.ZodType<string> {
  const input = z.string({ error: 'a header value as text' });
  return input.transform((value, context) => {
    const fault = fieldValueFault(value);
    if (fault === undefined) return value;
    const message = 'a header value without control characters or white space at its ends';
    context.issues.push({ code: 'custom', message, params: { got: fault }, input: value });
    return z.NEVER;
  });
}

/** RE2 syntax: matching time is linear in the text, whatever the expression. */
export function regex(): z.ZodType<string> {
  return reading(
    z.string({ error: 'a regular expression' }).meta({ maxLength: 1024, minLength: 1 }),
    readRegex,
  );
}

function readRegex(value: string): Reading<string> {
  if (value === '' || value.length > 1024) return refuse('a regular expression of 1 to 1024 characters');
  try {
    RE2JS.compile(value);
    return read(value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refuse(
      'a regular expression in RE2 syntax',
      `${reason}; RE2 has no look-around and no back-references`,
    );
  }
}

/** `/path`; also `*`, the target of a server-wide OPTIONS. */
export function path(): z.ZodType<string> {
  const input = z.string({ error: 'a path that begins with /' }).meta({ pattern: '^(/|\\*$)' });
  return reading(input, (value) => {
    if (value !== '*' && !value.startsWith('/'))
      return refuse('a path that begins with /', `write /${value}`);
    return /[\s\p{Cc}?#]/u.test(value) ? refuse('a path without white space, ? or #') : read(value);
  });
}

/** RFC 9110 token. */
export function token(what: string): z.ZodType<string> {
  return reading(z.string({ error: what }), (value) => (isToken(value) ? read(value) : refuse(what)));
}

/** Pseudonym in `Via` (RFC 9110, 7.6.3), or empty. */
export function pseudonym(): z.ZodType<string> {
  const expected = 'a name of letters, digits and -, or empty text';
  return reading(z.string({ error: expected }), (value) =>
    value === '' || isToken(value) ? read(value) : refuse(expected),
  );
}
