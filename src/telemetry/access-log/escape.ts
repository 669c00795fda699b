/**
 * What keeps traffic from writing log lines of its own: a value that came from a peer can neither end a line nor leave
 * the quotes it stands in. Everything outside printable ASCII is escaped, also bytes that some viewer or terminal might
 * obey (C1 controls, U+2028), so a line is ASCII as far as its values go.
 */

const unsafeText = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;
const everyUnsafeText = /[^\x20\x21\x23-\x5b\x5d-\x7e]/g;
const everyUnsafeJson = /[^\x20-\x7e]/g;

/** For a text line: `"`, `\` and what is not printable ASCII become `\xHH`, beyond one byte `\uHHHH`. */
export function escapeText(value: string): string {
  return unsafeText.test(value) ? value.replace(everyUnsafeText, escapeCharacter) : value;
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code.toString(16).toUpperCase();
  return code <= 0xff ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`;
}

/** A JSON string with its quotes, in ASCII. */
export function jsonString(value: string): string {
  if (!unsafeText.test(value)) return `"${value}"`;
  return JSON.stringify(fromUtf8(value)).replace(everyUnsafeJson, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Header values come with one character per byte; those that are UTF-8 are shown as what they say. */
function fromUtf8(value: string): string {
  if (!/[\x80-\xff]/.test(value) || /[^\0-\xff]/.test(value)) return value;
  try {
    return decoder.decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}
