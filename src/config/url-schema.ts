/** The URL of a server that something is pushed to; paths are put behind it. */
import * as z from 'zod';
import { reading } from './block.ts';
import { type Reading, read, refuse } from './reading.ts';

/** Without a slash at its end. A user and a password in it are refused: beside it there is a token. */
export function baseUrl(example: string): z.ZodType<string> {
  const expected = `a URL such as ${example}`;
  return reading(z.string({ error: expected }), (value) => readBaseUrl(value, expected));
}

function readBaseUrl(value: string, expected: string): Reading<string> {
  const url = URL.parse(value);
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === null || !isHttp || /\s/.test(value))
    return refuse(expected, /^[^/]+:\d+$/.test(value) ? 'put http:// in front' : undefined);
  if (url.username !== '' || url.password !== '')
    return refuse(`${expected}, without user and password`, 'use token_file');
  // A URL does not tell `/?` from `/`, but what is put behind it would end up in the query.
  return !/[?#]/.test(value)
    ? read(value.replace(/\/$/, ''))
    : refuse(`${expected}, without query and fragment`);
}
