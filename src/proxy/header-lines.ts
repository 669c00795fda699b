/** Header fields as text, each line with its CRLF: what configuration and filters add, and what that replaces. */
import type { HeaderPair } from '../config/index.ts';

export function linesOf(pairs: readonly HeaderPair[]): string {
  let lines = '';
  for (const { name, value } of pairs) lines += `${name}: ${value}\r\n`;
  return lines;
}

/** `lines` without the fields called `names`, which are in lower case. */
export function withoutFields(lines: string, names: readonly string[]): string {
  if (names.length === 0 || lines === '') return lines;
  let kept = '';
  for (let at = 0; at < lines.length; ) {
    const end = lines.indexOf('\r\n', at) + 2;
    const name = lines.slice(at, lines.indexOf(':', at)).toLowerCase();
    if (!names.includes(name)) kept += lines.slice(at, end);
    at = end;
  }
  return kept;
}

/** What this hop may add to a request by itself. */
const ownFields: ReadonlySet<string> = new Set([
  'via',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-request-id',
  'max-forwards',
  'traceparent',
  'tracestate',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
  'x-meshlock-peer',
]);

/** Whether one of these names, in lower case, is that of a field that this hop may add. */
export function nameOwnField(names: readonly string[]): boolean {
  for (const name of names) if (ownFields.has(name)) return true;
  return false;
}
