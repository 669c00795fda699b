/**
 * Keeps secrets out of the log. By the name of a field, at any depth that is written; and in texts by their shape,
 * because an address or an error message may carry one.
 */
const secretName = /token|passw|secret|authorization|cookie|credential|private_?key|api_?key/i;
const mask = '[redacted]';
const maxDepth = 6;
const maxItems = 200;

/** A copy that can be written as JSON: bounded in depth and size, errors with their causes, cycles cut. */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, redacted(name, value, 1)]));
}

/** `Bearer ...` and `Basic ...`, and the user information of a URL. */
export function redactText(text: string): string {
  return text
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, `$1 ${mask}`)
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/\s@"']+@/gi, `$1${mask}@`);
}

function redacted(name: string, value: unknown, depth: number): unknown {
  if (secretName.test(name) && value !== null && value !== undefined && typeof value !== 'boolean')
    return mask;
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) return '[deeper]';
  if (value instanceof Error) return describeError(value, depth);
  if (Array.isArray(value)) return value.slice(0, maxItems).map((item) => redacted('', item, depth + 1));
  if (value instanceof Map || value instanceof Set) return redacted('', [...value], depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, maxItems)
      .map(([key, inner]) => [key, redacted(key, inner, depth + 1)]),
  );
}

function describeError(error: Error, depth: number): Record<string, unknown> {
  const { code } = error as NodeJS.ErrnoException;
  return {
    type: error.name,
    message: redactText(error.message),
    ...(code === undefined ? {} : { code }),
    stack: redactText(error.stack ?? ''),
    ...(error.cause === undefined ? {} : { cause: redacted('', error.cause, depth + 1) }),
  };
}
