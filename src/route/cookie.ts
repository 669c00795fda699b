/** Reads one cookie out of a `Cookie` field (RFC 6265 section 5.4: `a=1; b=2`). */

const SPACE = 0x20;
const TAB = 0x09;
const EQUALS = 0x3d;
const QUOTE = 0x22;

/** The first value of cookie `name`, without surrounding space and quotes. Names are compared with case. */
export function cookieValue(field: string, name: string): string | undefined {
  let at = 0;
  while (at < field.length) {
    const separator = field.indexOf(';', at);
    const stop = separator === -1 ? field.length : separator;
    while (at < stop && isSpace(field.charCodeAt(at))) at++;
    const after = at + name.length;
    if (after < stop && field.startsWith(name, at) && field.charCodeAt(after) === EQUALS) {
      return trimmed(field, after + 1, stop);
    }
    at = stop + 1;
  }
  return undefined;
}

function trimmed(field: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isSpace(field.charCodeAt(start))) start++;
  while (end > start && isSpace(field.charCodeAt(end - 1))) end--;
  const quoted = end - start >= 2 && field.charCodeAt(start) === QUOTE && field.charCodeAt(end - 1) === QUOTE;
  return quoted ? field.slice(start + 1, end - 1) : field.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB;
}
