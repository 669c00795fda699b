/** What HTTP lets a name and a value consist of (RFC 9110, sections 5.1, 5.5, 5.6.2), as checked in the configuration. */

/** A field name or a method. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);
}

/** What is wrong with a field value, in words that do not repeat it: it may be a credential. */
export function fieldValueFault(value: string): string | undefined {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code === 0x0d) return `a carriage return at character ${index + 1}`;
    if (code === 0x0a) return `a line feed at character ${index + 1}`;
    if (code === 0x00) return `a NUL at character ${index + 1}`;
    if ((code < 0x20 && code !== 0x09) || code === 0x7f)
      return `a control character at character ${index + 1}`;
    if (code > 0xff) return `a character beyond ISO 8859-1 at character ${index + 1}`;
  }
  return value === value.trim() ? undefined : 'white space at an end';
}

/**
 * Fields that say where a message ends or belong to one connection. The proxy writes them itself; a configured one
 * would make the two sides disagree about the message, which is request smuggling.
 */
export const framingFields: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
