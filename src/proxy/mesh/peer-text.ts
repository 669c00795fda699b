/**
 * How a node introduces itself to the other end of a call:
 *
 *     x-meshlock-peer: node=cart-7f9;service=cart;version=1.4.2;release=2026-11-20.3
 *
 * Percent-encoded, empty fields left out. `meshlock/health` writes and reads the same form for programs that take part
 * without a proxy; the data path imports nothing of it, so the grammar stands here once more and a test compares the two.
 */

export const peerHeader = 'x-meshlock-peer';

/** Who takes part in a call; empty text where it is not known. */
export interface MeshPeer {
  readonly node: string;
  readonly service: string;
  readonly version: string;
  readonly release: string;
}

export const unknownPeer: MeshPeer = { node: '', service: '', version: '', release: '' };

/** Everybody beyond the bound of a table. */
export const otherPeer: MeshPeer = { node: '_other', service: '_other', version: '', release: '' };

const fieldNames = ['node', 'service', 'version', 'release'] as const;
type FieldName = (typeof fieldNames)[number];

/** Of the whole value: four fields of the longest with every byte as `%xx`, and room for fields of later versions. */
export const maxPeerText = 4096;
const maxFieldBytes = 256;
const maxFields = 16;
// It becomes part of keys, log lines and labels.
const unprintable: RegExp = /[\p{Cc}\u2028\u2029]/u;

/** The header's value; empty when nothing is known of the peer. A field is cut at 256 bytes. */
export function formatPeer(peer: MeshPeer): string {
  let text = '';
  for (const name of fieldNames) {
    const value = printable(peer[name]);
    if (value === '') continue;
    text += `${text === '' ? '' : ';'}${name}=${encodeURIComponent(value)}`;
  }
  return text;
}

/** `null`: not an introduction, or one that cannot be relied on. Never throws; time grows with the length only. */
export function parsePeer(text: string): MeshPeer | null {
  if (text.length > maxPeerText) return null;
  const parts = text.split(';', maxFields + 1);
  if (parts.length > maxFields) return null;
  const values = new Map<string, string>();
  for (const part of parts) {
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(0, at)).trim();
    if (name === '' || values.has(name)) return null;
    const value = isFieldName(name) ? decode(part.slice(at + 1).trim()) : '';
    if (value === null) return null;
    values.set(name, value);
  }
  const peer = {
    node: values.get('node') ?? '',
    service: values.get('service') ?? '',
    version: values.get('version') ?? '',
    release: values.get('release') ?? '',
  };
  return fieldNames.some((name) => peer[name] !== '') ? peer : null;
}

function isFieldName(name: string): name is FieldName {
  return (fieldNames as readonly string[]).includes(name);
}

function decode(text: string): string | null {
  if (!/^(?:[\w.!~*'()-]|%[0-9a-f]{2})*$/i.test(text)) return null;
  try {
    const value = decodeURIComponent(text);
    return Buffer.byteLength(value) <= maxFieldBytes && !unprintable.test(value) ? value : null;
  } catch {
    // The bytes are no UTF-8.
    return null;
  }
}

/** What a header may say of a name from the configuration. */
function printable(text: string): string {
  let kept = '';
  let bytes = 0;
  for (const character of text.toWellFormed()) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxFieldBytes) break;
    kept += unprintable.test(character) ? '_' : character;
  }
  return kept;
}
