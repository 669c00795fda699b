/**
 * A hash that grows by one character, so that every prefix (or, walking backwards, every suffix) of a text is looked up
 * in one pass and without cutting a string. Only configured texts are put into tables keyed by it, and every hit is
 * compared in full, so a request cannot attack it.
 */

export const EMPTY_HASH = 0x2a;

/** Stays within 30 bits: a small integer in V8, never a number on the heap. */
export function extendHash(hash: number, code: number): number {
  return (Math.imul(hash, 0x01000193) ^ code ^ (hash >>> 15)) & 0x3fffffff;
}

export function hashForward(text: string): number {
  let hash = EMPTY_HASH;
  for (let i = 0; i < text.length; i++) hash = extendHash(hash, text.charCodeAt(i));
  return hash;
}

export function hashBackward(text: string): number {
  let hash = EMPTY_HASH;
  for (let i = text.length - 1; i >= 0; i--) hash = extendHash(hash, text.charCodeAt(i));
  return hash;
}
