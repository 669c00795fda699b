/** Which bytes may stand where in an HTTP/1.1 head (RFC 9110 section 5, RFC 9112 section 2 to 5). */

export const CR = 13;
export const LF = 10;
export const SP = 32;
export const TAB = 9;
export const COLON = 58;
export const SEMICOLON = 59;

/** Bits of `characterClass`. */
export const CharacterClass = {
  /** token: method names and field names. */
  Token: 1,
  /** field-vchar, obs-text, SP and HTAB: field values and reason phrases. */
  Value: 2,
  /** Request targets: visible characters except `#`, and bytes above 127, which clients do send unescaped. */
  Target: 4,
  /** reg-name, IP literal and port of `Host`. */
  Host: 8,
  Digit: 16,
} as const;

/** Indexed by byte. */
export const characterClass: Uint8Array = buildClasses();

function buildClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const character = String.fromCharCode(byte);
    let bits = 0;
    if (/[A-Za-z0-9!#$%&'*+\-.^_`|~]/.test(character)) bits |= CharacterClass.Token;
    if (byte === TAB || (byte >= SP && byte !== 127)) bits |= CharacterClass.Value;
    if (byte > SP && byte !== 127 && character !== '#') bits |= CharacterClass.Target;
    if (/[A-Za-z0-9\-._~%!$&'()*+,;=:[\]]/.test(character)) bits |= CharacterClass.Host;
    if (byte >= 48 && byte <= 57) bits |= CharacterClass.Digit;
    classes[byte] = bits;
  }
  return classes;
}
