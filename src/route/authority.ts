/**
 * Where the host of an authority ends and its port begins (RFC 3986 section 3.2), without cutting the string: the
 * matcher runs for every request and most authorities never need a copy. An IPv6 address stands in brackets.
 */

const COLON = 0x3a;
const ZERO = 0x30;
const NINE = 0x39;
const CLOSE_BRACKET = 0x5d;
const MAX_PORT = 65_535;

/** No port was given, or an empty one (`host:`), which RFC 3986 section 3.2.3 reads the same way. */
export const NO_PORT = -1;

/**
 * Index of the colon before the port, or the length when there is none. What follows the last colon is a port only if
 * it is all digits and in range; anything else belongs to the host, which then matches no configured name.
 */
export function hostEnd(authority: string): number {
  const length = authority.length;
  let port = 0;
  let scale = 1;
  for (let i = length - 1; i >= 0; i--) {
    const code = authority.charCodeAt(i);
    if (code === COLON) return port <= MAX_PORT && unambiguous(authority, i) ? i : length;
    if (code < ZERO || code > NINE) return length;
    port += (code - ZERO) * scale;
    scale *= 10;
  }
  return length;
}

/** A colon before the last one is a bracketed address, or no host at all. */
function unambiguous(authority: string, colon: number): boolean {
  return authority.charCodeAt(colon - 1) === CLOSE_BRACKET || authority.indexOf(':') === colon;
}

/** The port behind `end`, which `hostEnd` returned; `NO_PORT` when there is none. */
export function portAfter(authority: string, end: number): number {
  if (end + 1 >= authority.length) return NO_PORT;
  let port = 0;
  for (let i = end + 1; i < authority.length; i++) port = port * 10 + (authority.charCodeAt(i) - ZERO);
  return port;
}

/** True when a character A-Z is in it. Cheaper than `toLowerCase`, which copies also what is lower case already. */
export function hasUpperCase(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x41 && code <= 0x5a) return true;
  }
  return false;
}
