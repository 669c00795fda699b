/**
 * What a node, a service, a version or a release may be called, wherever the name comes from: it becomes part of keys,
 * log lines and labels, so it is short, has no control characters and is text that UTF-8 can carry.
 */
import type { Peer } from './viewpoint.ts';

/** Of UTF-8, per field. */
export const maxFieldBytes = 256;

/** Stands for all peers beyond the bound of a counter; no node may call itself so. */
export const otherPeer: Peer = Object.freeze({ node: '_other', service: '_other', version: '', release: '' });

// Control characters, and the separators that some log readers take for the end of a line.
const forbidden: RegExp = /[\p{Cc}\u2028\u2029]/u;
const allForbidden: RegExp = new RegExp(forbidden, 'gu');

export function isPeerField(value: unknown): value is string {
  return typeof value === 'string' && isAllowed(value);
}

function isAllowed(text: string): boolean {
  return (
    // A character has at least one byte: a long text is not walked through.
    text.length <= maxFieldBytes &&
    Buffer.byteLength(text) <= maxFieldBytes &&
    text.isWellFormed() &&
    !forbidden.test(text)
  );
}

/** The nearest that is allowed: cut at 256 bytes between characters, with `_` for what may not be in it. */
export function peerField(text: string): string {
  if (isAllowed(text)) return text;
  const plain = text.slice(0, maxFieldBytes).toWellFormed().replace(allForbidden, '_');
  const bytes = Buffer.from(plain);
  if (bytes.length <= maxFieldBytes) return plain;
  let end = maxFieldBytes;
  // 10xxxxxx goes on with a character that began before.
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** Has exactly three line ends when every field is allowed, so that no peer passes for another. */
export function peerKey({ node, service, version, release }: Peer): string {
  return `${node}\n${service}\n${version}\n${release}`;
}
