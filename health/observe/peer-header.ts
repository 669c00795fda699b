/**
 * How the two ends of a call introduce themselves over HTTP:
 *
 *     x-meshlock-peer: node=cart-7f9;service=cart;version=1.4.2;release=2026-11-20.3
 *
 * Values are percent-encoded as encodeURIComponent does, empty ones are left out, unknown names are passed over so that
 * later versions may add some. What does not fit is no introduction at all: half a name could blame the wrong node.
 */
import { isPeerField, maxFieldBytes, peerField } from './peer-field.ts';
import type { Peer } from './viewpoint.ts';

export const peerHeader = 'x-meshlock-peer';

const names = ['node', 'service', 'version', 'release'] as const;
/** Four fields of 256 bytes with each byte written as `%xx` and their names; the rest is for fields of later versions. */
export const maxHeaderLength: number = 4096;
const maxFields = 16;
/** What encodeURIComponent lets through, and what it writes for the others. */
const encoded: RegExp = /^(?:[\w.!~*'()-]|%[0-9a-f]{2})*$/i;

/** The header's value; empty when nothing is known of the peer. Fields are cut at 256 bytes. */
export function formatPeer(peer: Peer): string {
  return names
    .filter((name) => peer[name] !== '')
    .map((name) => `${name}=${encodeURIComponent(peerField(peer[name]))}`)
    .join(';');
}

/**
 * `null`: it is no introduction (too long, not encoded, a field twice, a field that `isPeerField` refuses, or no field
 * that says anything). Takes time in proportion to the length and looks at 4,096 characters at most. Never throws.
 */
export function parsePeer(text: string): Peer | null {
  if (text.length > maxHeaderLength) return null;
  // One more than allowed, to see that there is one more.
  const fields = text.split(';', maxFields + 1);
  if (fields.length > maxFields) return null;
  const peer = { node: '', service: '', version: '', release: '' };
  const seen = new Set<string>();
  for (const field of fields) {
    const equals = field.indexOf('=');
    const name = field.slice(0, Math.max(equals, 0)).trim();
    if (name === '' || seen.has(name)) return null;
    seen.add(name);
    const known = names.find((one) => one === name);
    if (known === undefined) continue;
    const value = decodeField(field.slice(equals + 1).trim());
    if (value === null) return null;
    peer[known] = value;
  }
  return names.some((name) => peer[name] !== '') ? peer : null;
}

function decodeField(text: string): string | null {
  if (text.length > maxFieldBytes * 3 || !encoded.test(text)) return null;
  try {
    const value = decodeURIComponent(text);
    return isPeerField(value) ? value : null;
  } catch {
    // Bytes that are no UTF-8.
    return null;
  }
}
