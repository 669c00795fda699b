/** A configuration that may be shown: as it is in the model, without its secrets. */
import type { Config } from './model.ts';
import { isSecretName, redacted, withoutUserinfo } from './sensitive.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * The model's own shape and names (milliseconds, bytes), every default filled in. Replaced by `[redacted]`: the
 * admin token, users and passwords in URLs, the values that a route sets or matches in headers such as
 * `Authorization` and `Cookie`, and keys of filter options whose names say secret, token, password, credential or key.
 */
export function redactConfig(config: Config): { readonly [key: string]: Json } {
  return redactMapping(config);
}

function redactValue(value: unknown): Json {
  if (typeof value === 'string') return withoutUserinfo(value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(redactValue);
  return typeof value === 'object' && value !== null ? redactMapping(value) : null;
}

function redactMapping(mapping: object): { readonly [key: string]: Json } {
  // A header pair or match carries its name beside the value.
  const isSecretPair = 'name' in mapping && typeof mapping.name === 'string' && isSecretName(mapping.name);
  const entries = Object.entries(mapping).map(([key, value]): [string, Json] => {
    const isSecret = isSecretName(key) || (isSecretPair && key === 'value');
    return [key, isSecret ? hide(value) : redactValue(value)];
  });
  return Object.fromEntries(entries);
}

/** An empty secret is shown as what it is: none. */
function hide(value: unknown): Json {
  return value === '' || value === null || value === undefined ? '' : redacted;
}
